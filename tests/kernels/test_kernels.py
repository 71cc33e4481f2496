"""Which kernels are in use, who says so, and that nobody else has to know."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys

import pytest

from byhand import ArgumentError, kernels
from byhand.kernels import reference


@pytest.fixture(autouse=True)
def put_back():
    before = kernels.active()
    yield
    kernels.use(before)


def ask(code, **environment):
    """What a fresh interpreter prints."""
    inherited = {name: value for name, value in os.environ.items() if name != "BYHAND_KERNELS"}
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, env=inherited | environment, check=False,
    )  # fmt: skip
    return run.stdout.strip() or run.stderr.strip().splitlines()[-1]


def test_the_reference_has_every_kernel_and_each_says_what_it_computes():
    for name in kernels.NAMES:
        function = getattr(reference, name)
        assert "=" in inspect.getdoc(function)


def test_the_reference_has_no_public_function_that_is_not_a_kernel():
    public = {
        name
        for name, function in inspect.getmembers(reference, inspect.isfunction)
        if function.__module__ == reference.__name__ and not name.startswith("_")
    }

    assert public == set(kernels.NAMES)


def test_using_a_set_puts_its_functions_in_place(kernel_set):
    kernels.use(kernel_set)

    assert kernels.active() == kernel_set
    module = {"numpy": "reference", "numba": "compiled"}[kernel_set]
    assert kernels.gather.__module__ == f"byhand.kernels.{module}"


def test_an_unknown_set_is_refused_and_nothing_changes():
    kernels.use("numpy")

    with pytest.raises(ArgumentError, match=r"unknown set of kernels 'numbra'.*'numba'\?"):
        kernels.use("numbra")

    assert kernels.active() == "numpy"


def test_without_numba_its_kernels_are_refused_with_the_way_to_get_them(monkeypatch):
    monkeypatch.setattr(kernels.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ArgumentError, match=r'need Numba.*pip install "byhand\[fast\]"'):
        kernels.use("numba")


def test_an_unknown_kernel_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'relu'"):
        kernels.relu  # noqa: B018


ACTIVE = "from byhand import kernels; print(kernels.active())"


@pytest.mark.parametrize("wanted", ["numpy", "NumPy", " numpy "])
def test_the_environment_can_ask_for_numpy(wanted):
    assert ask(ACTIVE, BYHAND_KERNELS=wanted) == "numpy"


def test_the_environment_can_ask_for_numba():
    pytest.importorskip("numba", reason="Numba is not installed")

    assert ask(ACTIVE, BYHAND_KERNELS="numba") == "numba"


def test_numba_is_picked_up_by_itself_where_it_is_installed():
    pytest.importorskip("numba", reason="Numba is not installed")

    assert ask(ACTIVE) == "numba"
    assert ask(ACTIVE, BYHAND_KERNELS="") == "numba"


def test_without_numba_the_reference_is_used():
    hide = "import importlib.util as u; f = u.find_spec\n"
    hide += "u.find_spec = lambda name, *rest: None if name == 'numba' else f(name, *rest)\n"

    assert ask(hide + ACTIVE) == "numpy"


def test_the_environment_cannot_ask_for_what_does_not_exist():
    answer = ask(ACTIVE, BYHAND_KERNELS="cuda")

    assert "unknown set of kernels 'cuda'" in answer
    assert "numpy, numba" in answer


def test_the_first_use_settles_the_set_and_numpy_does_not_load_numba():
    code = "import sys; from byhand import kernels; kernels.sgd; print('numba' in sys.modules)"

    assert ask(code, BYHAND_KERNELS="numpy") == "False"
