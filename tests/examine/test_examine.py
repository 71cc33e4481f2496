"""A learner's network runs in a separate process; whatever it does, the answer is clear."""

from __future__ import annotations

import pytest
from benchmarks.examine.planting import TUNED, UNSEEN
from tests.examine.conftest import source_of

from byhand.examine.page.page import page
from byhand.examine.result import FOLLOWS, RIGHT, WRONG

DICT = source_of("dict_functions")


def status(result):
    return {check.name: check.status for check in result.checks}


# The benchmark counts the scripts; some of them need an adapter or have no biases.
@pytest.mark.parametrize("name", [*TUNED, *UNSEEN])
def test_a_correct_network_of_any_style_is_found_and_not_accused(examined, name):
    result = examined(source_of(name), name=name)

    assert result.error is None
    assert result.causes == ()
    assert WRONG not in status(result).values()
    assert status(result)["dW2"] == status(result)["new b1"] == RIGHT


def test_the_first_wrong_number_is_crossed_and_the_later_ones_follow(examined):
    result = examined(DICT, ('dA1 * (cache["Z1"] > 0)', "dA1"))

    assert [cause.name for cause in result.causes] == ["slope_missing"]
    assert result.causes[0].shows_in == "dW1"
    found = status(result)
    assert found["dW2"] == found["Z2"] == found["loss"] == RIGHT
    assert (found["dW1"], found["db1"], found["new W1"]) == (WRONG, FOLLOWS, FOLLOWS)


def test_mistakes_in_different_stages_are_all_found(examined):
    result = examined(
        DICT,
        ("np.maximum(0, Z)", "np.minimum(0, Z)"),
        ("(A2 - Y) / m", "A2 - Y"),
        ("- learning_rate", "+ learning_rate"),
    )

    names = [cause.name for cause in result.causes]
    assert names[0] == "relu_minimum"
    assert set(names) >= {"mean_missing", "uphill"}


def test_two_mistakes_in_the_gradient_are_told_apart(examined):
    result = examined(DICT, ("(A2 - Y) / m", "A2 - Y"), (' * (cache["Z1"] > 0)', ""))

    assert {cause.name for cause in result.causes} == {"mean_missing", "slope_missing"}


def test_a_bias_gradient_that_is_one_number_is_seen_in_a_list_of_pairs(examined):
    result = examined(source_of("rows_out_in"), ("delta.sum(axis=0)", "delta.sum()"))

    assert [cause.name for cause in result.causes] == ["bias_summed_over_everything"]
    assert result.causes[0].shows_in == "db2"


def test_a_difference_that_no_mistake_explains_is_reported_as_unexplained(examined):
    result = examined(DICT, ("A1.T @ dZ2", "A1.T @ dZ2 + 0.1234"))

    assert [cause.certain for cause in result.causes] == [False]
    assert result.causes[0].shows_in == "dW2"
    assert "a constant is added" in result.causes[0].text


def test_gradients_that_the_update_corrects_are_not_a_mistake(examined):
    result = examined(
        DICT,
        ("(A2 - Y) / m", "A2 - Y"),
        ("learning_rate * ", "learning_rate / 64 * "),
        ("learning_rate / 64 * grads", "learning_rate / grads['m'] * grads"),
        ('"db2": db2}', '"db2": db2, "m": m}'),
    )

    assert result.causes == ()
    assert "the step is right" in result.notes[0]


GLOBALS = """
import numpy as np
lr = 0.5
w1 = np.random.randn(64, 20) * 0.1
b1 = np.zeros((1, 20))
w2 = np.random.randn(20, 10) * 0.1
b2 = np.zeros((1, 10))

def forward(x):
    h = np.tanh(x @ w1 + b1)
    z = h @ w2 + b2
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return h, e / e.sum(axis=1, keepdims=True)

def train(x, y):
    global w1, b1, w2, b2
    h, out = forward(x)
    error = out - np.eye(10)[y]
    dh = error @ w2.T * (1 - h ** 2)
    w2 -= lr * h.T @ error
    b2 -= lr * error.sum(axis=0)
    w1 -= lr * x.T @ dh
    b1 -= lr * dh.sum(axis=0)
"""


def test_parameters_in_global_variables_are_found(examined):
    wrong = examined(GLOBALS)
    right = examined(GLOBALS, ("np.eye(10)[y]", "np.eye(10)[y]\n    error /= len(x)"))

    assert [cause.name for cause in wrong.causes] == ["mean_missing"]
    assert right.passed


def test_a_script_at_the_top_level_is_not_run(examined):
    result = examined(DICT + "\nfor _ in range(10**12):\n    train(X_train, Y_train, {})\n")

    assert result.passed


def test_an_endless_loop_is_stopped(examined):
    result = examined(
        DICT, ("    E = np.exp", "    while True:\n        pass\n    E = np.exp"), seconds=3
    )

    assert "no result after 3 s" in result.error


def test_endless_printing_does_no_harm(examined):
    result = examined(DICT, ("    E = np.exp", "    print('x' * 1000)\n    E = np.exp"))

    assert result.passed


def test_too_much_memory_is_an_error_of_the_code(examined):
    result = examined(DICT, ("    E = np.exp", "    np.ones((1 << 17, 1 << 17))\n    E = np.exp"))

    assert "MemoryError" in result.causes[0].text


def test_a_crash_of_the_interpreter_is_reported(examined):
    result = examined(DICT, ("    E = np.exp", "    import os; os._exit(7)\n    E = np.exp"))

    assert "code 7" in result.error


def test_sys_exit_and_a_syntax_error_are_reported_with_their_line(examined):
    left = examined(DICT, ("    E = np.exp", "    raise SystemExit(3)\n    E = np.exp"))
    broken = examined(DICT, ("def relu(Z):", "def relu(Z)"))

    assert "SystemExit" in left.causes[0].text
    assert "`def relu(Z)`: SyntaxError" in broken.error


def test_a_missing_package_matters_only_where_it_is_used(examined):
    unused = examined("import no_such_package as nsp\n" + DICT)
    used = examined(
        "import no_such_package as nsp\n" + DICT, ("    E = np.exp", "    nsp.f()\n    E = np.exp")
    )

    assert unused.passed
    assert "no_such_package is not installed" in used.causes[0].text


def test_shapes_that_do_not_fit_are_reported_with_the_line(examined):
    result = examined(DICT, ('dZ2 @ parameters["W2"].T', 'dZ2 @ parameters["W2"]'))

    assert result.causes[0].name == "shapes"
    assert "transposed" in result.causes[0].text
    assert 'dA1 = dZ2 @ parameters["W2"]' in result.causes[0].text


def test_a_name_that_the_skipped_script_defines_is_explained(examined):
    text = DICT.replace("+ 1e-12", "+ EPS") + "\nEPS = make_eps()\n"

    result = examined(text)

    assert result.causes == ()
    assert any(f"line {text.count(chr(10))} defines it" in note for note in result.notes)


def test_where_nothing_is_found_an_adapter_is_offered(examined):
    result = examined("import numpy as np\n\ndef hello(world):\n    return world\n")

    assert "no function or class that makes the weights" in result.error
    assert "import my_network as mine  # it has: hello" in result.advice
    compile(result.advice, "adapter.py", "exec")


ADAPTER = """
import numpy as np
import my_network as mine

SIZES = [64, 16, 10]

def parameters(weights, biases):
    return {"W1": weights[0], "b1": biases[0], "W2": weights[1], "b2": biases[1]}

def forward(state, X):
    return mine.forward_propagation(X, state)[1]

def loss(state, X, labels):
    return mine.compute_cost(forward(state, X)["A2"], np.eye(10)[labels])

def gradients(state, X, labels):
    g = mine.backward_propagation(state, forward(state, X), X, np.eye(10)[labels])
    return [(g["dW1"], g["db1"]), (g["dW2"], g["db2"])]

def step(state, X, labels, rate):
    g = mine.backward_propagation(state, forward(state, X), X, np.eye(10)[labels])
    p = mine.update_parameters(state, g, rate)
    return [(p["W1"], p["b1"]), (p["W2"], p["b2"])]
"""


def test_an_adapter_finds_the_same_mistake(examined, tmp_path):
    (tmp_path / "adapter.py").write_text(ADAPTER)

    right = examined(DICT, adapter=tmp_path / "adapter.py")
    wrong = examined(DICT, ("(A2 - Y) / m", "(A2 - Y)"), adapter=tmp_path / "adapter.py")

    assert right.passed
    assert status(right)["new W1"] == RIGHT
    assert [cause.name for cause in wrong.causes] == ["mean_missing"]


def test_an_adapter_that_lacks_something_is_reported(examined, tmp_path):
    (tmp_path / "adapter.py").write_text("SIZES = [64, 16, 10]\n")

    result = examined(DICT, adapter=tmp_path / "adapter.py")

    assert result.error == "adapter.py has no parameters; every adapter needs it"


@pytest.mark.parametrize(
    ("cause", "old", "new"),
    [
        ("not_shuffled", "np.random.permutation(len(X))", "np.arange(len(X))"),
        ("labels_apart_from_inputs", "X, Y = X[order], Y[order]", "X = X[order]"),
        ("weights_all_equal", "rng.standard_normal((n_x, n_h))", "np.ones((n_x, n_h))"),
        ("softmax_overflow", " - Z.max(axis=1, keepdims=True)", ""),
        ("log_of_zero", " + 1e-12", ""),
        ("inputs_not_scaled", "X / 255.0", "X"),
    ],
)
def test_habits_are_seen(examined, cause, old, new):
    assert [one.name for one in examined(DICT, (old, new)).causes] == [cause]


def test_the_page_is_complete_and_shows_names_as_text(examined):
    result = examined(DICT, ('dA1 * (cache["Z1"] > 0)', "dA1"), name="a<b>&c")

    text = page(result)

    assert "<h1>a&lt;b&gt;&amp;c.py</h1>" in text
    assert "default-src 'none'" in text
    assert text.count("✗") >= 2
    assert "http://" not in text.replace("http://www.w3.org/", "")
