"""Backends: which one is chosen, what it overrides, and that nothing depends on them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import byhand
from byhand import ArgumentError, DenseLayer, backend, kernels
from byhand.kernels import in_place
from byhand.training.optimizers import SGD

HAVE_NUMBA = importlib.util.find_spec("numba") is not None
needs_numba = pytest.mark.skipif(not HAVE_NUMBA, reason="Numba is not installed")
FASTEST = "numba" if HAVE_NUMBA else "numpy"


@pytest.fixture(autouse=True)
def put_back():
    before = backend.active()
    yield
    backend.use(before)


def ask(code, **environment):
    """Return the output of a fresh interpreter, or the last line of its error."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"BYHAND_KERNELS", "NUMBA_DISABLE_JIT"}
    }
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, env=inherited | environment, check=False,
    )  # fmt: skip
    return run.stdout.strip() or run.stderr.strip().splitlines()[-1]


# --- switching ----------------------------------------------------------------------------------


IN_PLACE = "kernels.in_place"


def module_of(owner, name):
    return getattr(owner, name).__module__


@pytest.mark.parametrize(
    ("name", "dense", "sgd", "update_statistics"),
    [
        ("plain", "network.layers.dense", "training.optimizers", "network.layers.batch_norm"),
        ("numpy", f"{IN_PLACE}.layers", f"{IN_PLACE}.updates", f"{IN_PLACE}.layers"),
        pytest.param(
            "numba", "kernels.compiled", "kernels.updates", f"{IN_PLACE}.layers", marks=needs_numba
        ),
    ],
)
def test_a_backend_puts_its_functions_in_place(name, dense, sgd, update_statistics):
    backend.use(name)

    assert backend.active() == name
    assert module_of(DenseLayer, "forward") == f"byhand.{dense}"
    assert module_of(SGD, "step") == f"byhand.{sgd}"
    assert module_of(byhand.BatchNormLayer, "update_statistics") == f"byhand.{update_statistics}"


def state():
    """Return the function at every place that a backend overrides."""
    return {key: vars(key[0]).get(key[1]) for key in in_place.OVERRIDES}


def test_plain_restores_what_stood_there_before(kernel_set):
    backend.use("plain")
    before = state()

    for name in (kernel_set, kernel_set, "numpy", kernel_set, "plain"):
        backend.use(name)

    assert state() == before
    assert not backend._originals


def test_a_method_that_a_class_inherits_is_restored_by_deleting_the_override():
    class Base:
        @backend.overridable
        def value(self):
            return "plain"

    class Derived(Base):
        pass

    try:
        backend._install({(Derived, "value"): lambda self: "fast"})
        assert Derived().value() == "fast"
        assert Base().value() == "plain"
    finally:
        backend.use("plain")

    assert Derived().value() == "plain"
    assert "value" not in vars(Derived)


def test_only_what_is_marked_can_be_overridden():
    with pytest.raises(TypeError, match=r"DenseLayer\.n_out is not marked as overridable"):
        backend._install({(DenseLayer, "n_out"): lambda *_: 0})


def test_an_unknown_backend_is_refused_and_nothing_changes():
    backend.use("numpy")
    before = state()

    with pytest.raises(ArgumentError, match=r"unknown backend 'numbra'.*'numba'\?"):
        backend.use("numbra")

    assert backend.active() == "numpy"
    assert state() == before


def test_without_numba_its_backend_is_refused_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setattr(backend.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ArgumentError, match=r'needs Numba.*pip install "byhand\[fast\]"'):
        backend.use("numba")


def test_without_the_folder_of_kernels_a_fast_backend_is_refused(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        backend.importlib.util, "find_spec", lambda n: None if n == "byhand.kernels" else find(n)
    )

    with pytest.raises(ArgumentError, match="folder byhand/kernels is missing"):
        backend.use("numpy")


def test_kernels_offers_the_switch_as_well():
    kernels.use("plain")

    assert kernels.active() == backend.active() == "plain"
    assert kernels.BACKENDS == backend.BACKENDS


@pytest.mark.parametrize("name", ["plain", "numpy"])
def test_only_numba_has_a_pool(name):
    backend.use(name)

    assert backend.pool() is None


def test_threads_that_start_together_choose_once(monkeypatch):
    backend.use("plain")
    before = state()
    monkeypatch.setattr(backend, "_active", None)
    monkeypatch.setattr(backend, "_default", lambda: "numpy")
    together = threading.Barrier(8)

    def begin():
        together.wait(300)
        backend.active()

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert backend.active() == "numpy"
    backend.use("plain")
    assert state() == before


# --- the environment ----------------------------------------------------------------------------

ACTIVE = "from byhand import backend; print(backend.active())"


@pytest.mark.parametrize("wanted", ["plain", "numpy", "NumPy", " numpy "])
def test_the_environment_can_ask_for_a_backend(wanted):
    assert ask(ACTIVE, BYHAND_KERNELS=wanted) == wanted.strip().lower()


@needs_numba
def test_the_environment_can_ask_for_numba():
    assert ask(ACTIVE, BYHAND_KERNELS="numba") == "numba"


@needs_numba
def test_numba_is_chosen_by_itself_where_it_is_installed():
    assert ask(ACTIVE) == "numba"
    assert ask(ACTIVE, BYHAND_KERNELS="") == "numba"


@needs_numba
def test_numba_is_not_chosen_where_it_must_not_compile():
    assert ask(ACTIVE, NUMBA_DISABLE_JIT="1") == "numpy"


def test_without_numba_numpy_is_chosen():
    hide = "import importlib.util as u; f = u.find_spec\n"
    hide += "u.find_spec = lambda name, *rest: None if name == 'numba' else f(name, *rest)\n"

    assert ask(hide + ACTIVE) == "numpy"


def test_the_environment_cannot_ask_for_what_does_not_exist():
    answer = ask(ACTIVE, BYHAND_KERNELS="cuda")

    assert "unknown backend 'cuda'" in answer
    assert "plain, numpy, numba" in answer


BUILD = """
import sys
import numpy as np
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, backend
net = MultiLayerPerceptron([InputLayer(4, "none"), DenseLayer(2, "softmax")], seed=0)
"""


def test_the_first_pass_chooses_and_nothing_before_it_does():
    code = BUILD + "print(backend._active); net.predict(np.zeros((1, 4))); print(backend._active)"

    assert ask(code).split() == ["None", FASTEST]


def test_the_first_state_of_an_optimizer_chooses():
    code = (
        BUILD + "from byhand import SGD; SGD().init_state(net.parameters); print(backend._active)"
    )

    assert ask(code) == FASTEST


@pytest.mark.parametrize(("wanted", "loaded"), [("plain", []), ("numpy", ["byhand.kernels"])])
def test_a_backend_loads_no_more_than_it_needs(wanted, loaded):
    code = BUILD + (
        "net.fit(np.zeros((4, 4)), [0, 1, 0, 1], epochs=1, verbose=0)\n"
        "print([name for name in ('byhand.kernels', 'numba') if name in sys.modules])"
    )

    assert ask(code, BYHAND_KERNELS=wanted) == str(loaded)


# --- without the folder -------------------------------------------------------------------------

COMPLETE = """
import sys
from pathlib import Path
import numpy as np
import byhand
from byhand import BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, MultiLayerPerceptron
from byhand import backend, load_dataset

assert Path(byhand.__file__).is_relative_to(Path.cwd()), byhand.__file__
train = load_dataset("digits").train
layers = [InputLayer(64), DenseLayer(30), BatchNormLayer("relu"), DropoutLayer(0.1)]
net = MultiLayerPerceptron([*layers, DenseLayer(10, "softmax")], seed=0)
net.fit(train.images, train.labels, epochs=10, validation_split=0.2, l2=1e-4, verbose=0)
net.save("model.safetensors")
again = MultiLayerPerceptron.load("model.safetensors")
assert np.array_equal(again.predict(train.images), net.predict(train.images))
assert again.evaluate(train.images, train.labels)["accuracy"] > 0.9
assert backend.active() == "plain"
assert backend.pool() is None
assert not any(name.startswith("byhand.kernels") for name in sys.modules)
"""


@pytest.fixture
def without_kernels(tmp_path):
    """A copy of the package without the folder kernels/, and a function that runs Python on it."""
    package = Path(byhand.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__", "kernels")
    shutil.copytree(package, tmp_path / "byhand", ignore=ignored)
    environment = {name: v for name, v in os.environ.items() if name != "BYHAND_KERNELS"}

    def run(*arguments, **more):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path, env=environment | {"PYTHONPATH": str(tmp_path)} | more,
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip

    return run


def test_the_library_is_complete_without_the_folder_of_kernels(without_kernels):
    library = without_kernels("-c", COMPLETE)
    assert library.returncode == 0, library.stderr

    command = without_kernels(
        "-m", "byhand", "evaluate", "model.safetensors", "--dataset", "digits"
    )
    assert command.returncode == 0, command.stdout + command.stderr
    assert "accuracy" in command.stdout


def test_without_the_folder_the_environment_cannot_ask_for_it(without_kernels):
    answer = without_kernels("-c", ACTIVE, BYHAND_KERNELS="numpy")

    assert answer.returncode != 0
    assert "folder byhand/kernels is missing" in answer.stderr


# --- users' own classes -------------------------------------------------------------------------


def test_a_layer_of_your_own_keeps_its_own_formula(kernel_set):
    class Doubled(DenseLayer):
        def forward(self, placed, buffers, training, rng):
            super().forward(placed, buffers, training, rng)
            buffers.a *= 2

    def outputs(kind):
        layers = [byhand.InputLayer(3, "none"), kind(2)]
        net = byhand.MultiLayerPerceptron(layers, seed=0, dtype=np.float64)
        return net.predict_proba(np.ones((4, 3)))

    np.testing.assert_allclose(outputs(Doubled), 2 * outputs(DenseLayer))


# --- packages that do not fit -------------------------------------------------------------------

MISFIT = """
import sys
from importlib.machinery import ModuleSpec
class Misfit:
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec("numba", self) if name == "numba" else None
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        raise ImportError("Numba needs NumPy 2.0 or less. Got NumPy 2.4.")
sys.meta_path.insert(0, Misfit())
"""


def test_a_numba_that_refuses_this_numpy_means_numpy_alone():
    warned = ask(MISFIT + ACTIVE)

    assert warned.splitlines()[-1] == "numpy"


def test_a_numba_that_refuses_this_numpy_cannot_be_chosen():
    answer = ask(MISFIT + ACTIVE, BYHAND_KERNELS="numba")

    assert "Numba needs NumPy 2.0 or less" in answer
    assert "byhand[fast]" in answer
