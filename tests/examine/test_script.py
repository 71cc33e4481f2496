"""A script that does everything in one place is run, recorded and compared."""

from __future__ import annotations

import ast
import contextlib
import io
import sys

import numpy as np
import pytest

from byhand.examine.result import RIGHT
from byhand.examine.script.chains import chains_of, pairs_of
from byhand.examine.script.data_files import Digits
from byhand.examine.script.guard import guarded
from byhand.examine.script.instrument import RECORDER, instrumented
from byhand.examine.script.recorder import Finished, Recorder
from byhand.examine.script.worker import examine_script

SCRIPT = """
import numpy as np

np.random.seed(0)
points = np.random.randn(60, 5)
kinds = np.arange(60) % 3
V = np.random.randn(5, 8) * 0.3
v = np.zeros(8)
U = np.random.randn(8, 3) * 0.3
u = np.zeros(3)
speed = 0.2
for turn in range(100):
    inner = np.maximum(points @ V + v, 0)
    scores = np.exp(inner @ U + u)
    share = scores / scores.sum(axis=1, keepdims=True)
    delta = share.copy()
    delta[range(60), kinds] -= 1
    delta /= 60
    back = delta @ U.T
    back[inner <= 0] = 0
    U -= speed * inner.T @ delta
    u -= speed * delta.sum(axis=0)
    V -= speed * points.T @ back
    v -= speed * back.sum(axis=0)
"""


@pytest.fixture
def replied(tmp_path):
    """Examine a script; (old, new) pairs are replaced first."""

    def reply(text, *changes):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "my_script.py"
        path.write_text(text, "utf-8")
        return examine_script(path)

    return reply


def test_every_gradient_of_a_bare_script_is_compared(examined):
    result = examined(SCRIPT)

    right = {check.name for check in result.checks if check.status == RIGHT}
    assert result.passed
    assert {"Z1", "A1", "Z2", "A2", "dW1", "db1", "dW2", "db2", "new W1", "new b2"} <= right


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("slope_missing", "    back[inner <= 0] = 0\n", ""),
        ("gradient_sign", "delta /= 60", "delta /= -60"),
        ("biases_not_updated", "    u -= speed * delta.sum(axis=0)\n", ""),
    ],
)
def test_a_mistake_in_a_bare_script_is_named(examined, name, old, new):
    changes = [(old, new)]
    if name == "biases_not_updated":
        changes.append(("    v -= speed * back.sum(axis=0)\n", ""))

    result = examined(SCRIPT, *changes)

    assert result.causes[0].name == name


def test_something_unknown_is_not_called_a_mistake(examined):
    result = examined(SCRIPT, ("back[inner <= 0] = 0", "back *= 0.5 + 0.1 * np.sin(inner)"))

    assert not result.causes


def test_a_penalty_is_taken_into_account(replied):
    reply = replied(
        SCRIPT,
        ("inner.T @ delta", "(inner.T @ delta + 0.01 * U)"),
        ("points.T @ back", "(points.T @ back + 0.01 * V)"),
    )

    assert reply["complete"]
    assert any("penalty of 0.01" in note for note in reply["notes"])


ONE_VECTOR = """
import numpy as np

np.random.seed(0)
points = np.random.randn(60, 5)
kinds = np.eye(3)[np.arange(60) % 3]
theta = np.random.randn(8 * 6 + 3 * 9) * 0.3


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cost_and_gradient(theta):
    T1, T2 = theta[:48].reshape(8, 6), theta[48:].reshape(3, 9)
    a1 = np.c_[np.ones(60), points]
    a2 = np.c_[np.ones(60), sigmoid(a1 @ T1.T)]
    a3 = sigmoid(a2 @ T2.T)
    J = -(kinds * np.log(a3) + (1 - kinds) * np.log(1 - a3)).sum() / 60
    d3 = a3 - kinds
    d2 = (d3 @ T2 * a2 * (1 - a2))[:, 1:]
    G1, G2 = d2.T @ a1 / 60, d3.T @ a2 / 60
    G1[:, 1:] += 0.6 / 60 * T1[:, 1:]
    G2[:, 1:] += 0.6 / 60 * T2[:, 1:]
    return J, np.concatenate([G1.ravel(), G2.ravel()])


for turn in range(100):
    J, gradient = cost_and_gradient(theta)
    theta -= 0.5 * gradient
"""
"""All parameters in one vector, biases inside the matrices, with a penalty."""


def test_parameters_in_one_vector_are_compared(replied):
    reply = replied(ONE_VECTOR)

    assert reply["complete"]
    assert reply["problem"]["rate"] == pytest.approx(0.5)
    assert {"loss", "new W1", "new b2"} <= set(reply["views"][0]["values"])
    assert reply["notes"] == [
        "the update contains an L2 penalty of 0.01, which was taken into account."
    ]


@pytest.mark.parametrize(
    ("names", "old", "new"),
    [
        ({"slope_missing"}, " * a2 * (1 - a2)", ""),
        ({"uphill", "gradient_sign"}, "theta -=", "theta +="),  # the same step
        ({"uphill", "gradient_sign"}, "a3 - kinds", "kinds - a3"),
    ],
)
def test_a_mistake_beside_a_penalty_is_named(examined, names, old, new):
    result = examined(ONE_VECTOR, (old, new))

    assert result.causes[0].name in names


def test_a_script_without_a_network_is_not_judged(replied):
    reply = replied("print(sum(range(10)))\n")

    assert "no update" in reply["error"]


def test_an_error_of_the_script_is_told(replied):
    reply = replied("import numpy as np\nx = np.ones(3) @ np.ones(4)\n")

    assert "line 2" in reply["error"]


# --- the parts ----------------------------------------------------------------------------------


def test_an_instrumented_script_computes_the_same():
    text = "a = 2 + 3 * 4\nb = [one ** 2 for one in range(4)]\nb[1] += a\nc = max(b)\n"
    plain, reported = {}, {RECORDER: Recorder(lambda _: None)}
    exec(text, plain)  # noqa: S102

    exec(compile(instrumented(ast.parse(text)), "script", "exec"), reported)  # noqa: S102

    assert {name: reported[name] for name in "abc"} == {name: plain[name] for name in "abc"}


def test_a_forward_pass_before_and_after_an_update_is_found():
    record = Recorder(lambda _: None)
    code = compile(instrumented(ast.parse(SCRIPT)), "script", "exec")
    with contextlib.suppress(Finished):
        exec(code, {RECORDER: record})  # noqa: S102

    before, after = next(pairs_of(chains_of(record)))

    assert [layer.W.shape for layer in before.layers] == [(5, 8), (8, 3)]
    assert before.layers[0].activation.name == "relu"
    assert not after.has_weights_of(before)


def test_a_script_cannot_write(tmp_path):
    path = tmp_path / "weights.txt"
    with guarded(tmp_path, Digits(20)), path.open("w") as file:
        file.write("1")

    assert not path.exists()


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train.csv", "mnist.npz"])
def test_files_of_digits_are_there_without_being_there(name):
    content = Digits(20).file(name)

    assert content is not None
    if name.endswith(".csv"):
        read = np.loadtxt(io.BytesIO(content), delimiter=",", skiprows=1)
        assert read.shape == (20, 785)


def test_data_are_given_by_the_names_of_variables():
    (x, y), x_test = Digits(20).named((("x_train", "y_train"), "X_test"), False, True)

    assert x.shape == (20, 784)
    assert y.shape == (20, 10)
    assert x_test.shape == (3, 784)
    assert Digits(20).named("optimizer", False, False) is None


def test_packages_that_were_loaded_before_are_the_same_afterwards(replied):
    """A package in C that is loaded twice breaks whatever else uses it."""
    fonts = pytest.importorskip("matplotlib.font_manager")

    before = dict(sys.modules)

    replied("import matplotlib.pyplot as plt\nplt.show()\n" + SCRIPT)

    assert {name for name, one in before.items() if sys.modules.get(name) is not one} == set()
    assert fonts is sys.modules["matplotlib.font_manager"]


LIBRARY = """
import random
import numpy as np
from mnist_loader import load_data_wrapper

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sgd(training_data, epochs, mini_batch_size, eta, test_data):
    W1, b1 = np.random.randn(30, 784) * 0.05, np.zeros((30, 1))
    W2, b2 = np.random.randn(10, 30) * 0.2, np.zeros((10, 1))
    for _ in range(epochs):
        random.shuffle(training_data)
        for start in range(0, len(training_data), mini_batch_size):
            pairs = training_data[start : start + mini_batch_size]
            x, y = np.hstack([one for one, _ in pairs]), np.hstack([one for _, one in pairs])
            a1 = sigmoid(np.einsum("ij,jk->ik", W1, x) + b1)
            a2 = sigmoid(np.dot(W2, a1) + b2)
            d2 = (a2 - y) * a2 * (1 - a2) / len(pairs)
            d1 = np.dot(W2.T, d2) * a1 * (1 - a1)
            W2, b2 = W2 - eta * np.dot(d2, a1.T), b2 - eta * d2.sum(axis=1, keepdims=True)
            W1, b1 = W1 - eta * np.dot(d1, x.T), b1 - eta * d1.sum(axis=1, keepdims=True)
"""


def test_a_training_function_may_take_pairs(replied):
    reply = replied(LIBRARY)

    assert reply["complete"]
    assert reply["sizes"] == [784, 30, 10]


def test_a_loader_that_is_not_there_gives_pairs(replied):
    called = "\ntraining_data, _, test_data = load_data_wrapper()\n"

    reply = replied(LIBRARY + called + "sgd(training_data, 2, 10, 0.5, test_data)\n")

    assert reply["complete"]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_numpys_old_names_are_there(replied):
    were_here = hasattr(np, "mat")  # NumPy 1 has it

    reply = replied(SCRIPT, ("inner.T @ delta", "np.mat(inner).T * np.mat(delta)"))

    assert reply["complete"]
    assert hasattr(np, "mat") == were_here


def test_a_script_that_needs_more_time_is_told_how_to_get_it(tmp_path):
    path = tmp_path / "slow.py"
    path.write_text("total = 0\nwhile True:\n    total = abs(total + 1.0)\n")

    reply = examine_script(path, 2.0)

    assert "stopped after 1 s" in reply["error"]
    assert "--seconds 8" in reply["error"]


def test_tables_have_names_of_columns_or_not():
    named, bare = (Digits(20, "float(x)", bare).file("my_mnist.csv") for bare in (False, True))

    assert named.startswith(b"label,pixel0")
    assert bare == named.partition(b"\n")[2]
    assert Digits(20).file("train_labels.csv").split()[1:] == [
        b"%d" % y for y in Digits(20).train[1]
    ]


def test_a_file_of_a_network_is_not_data():
    assert Digits(20).file("models/dropout.pkl") is None
    assert Digits(20).file("my_weights.npz") is None
    assert Digits(20).file("data/mnist.npz") is not None
