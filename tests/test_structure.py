"""The structure of the package: one-way imports, light start-up, good names, plain formulas."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import byhand
from byhand import errors

ROOT = Path(__file__).parents[1]
SOURCE = Path(byhand.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
MATHEMATICS = [
    path
    for path in MODULES
    if path.relative_to(SOURCE).parts[0] in {"network", "kernels", "training"}
]


def name_of(path):
    return str(path.relative_to(SOURCE))


def top_level_imports(tree):
    """The packages imported when the module is, without those for type checkers only."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting += [
                child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)
            ]


def all_imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def foreign(names):
    """The packages that are neither ours nor Python's."""
    packages = {name.split(".")[0] for name in names}
    return packages - set(sys.stdlib_module_names) - {"byhand", ""}


# --- imports ------------------------------------------------------------------------------------


def test_imports_run_one_way():
    lint_imports = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    if lint_imports is None:
        pytest.skip("import-linter is not installed")

    result = subprocess.run(
        [lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr


COMPILED = {  # what is imported only where Numba is installed, and what these import
    "kernels/cache.py": {"numba"},
    "kernels/compiled.py": {"numba"},
    "kernels/parallel/machine.py": {"numba", "llvmlite"},
    "kernels/parallel/pool.py": {"numba", "llvmlite"},
}


@pytest.mark.parametrize("path", MATHEMATICS, ids=name_of)
def test_the_mathematics_imports_numpy_only(path):
    allowed = {"numpy"} | COMPILED.get(name_of(path), set())

    assert foreign(top_level_imports(ast.parse(path.read_text()))) <= allowed


LATE = {  # what is imported when it is used, and where
    "threads.py": {"threadpoolctl"},
    "kernels/parallel/blas.py": {"threadpoolctl"},
    "training/progress.py": {"rich"},
    **COMPILED,
    "model_file.py": {"safetensors"},
    "interop/torch_module.py": {"torch"},
    "interop/torch_normalise.py": {"torch"},
}


@pytest.mark.parametrize(
    "path",
    [*MATHEMATICS, *sorted((SOURCE / "interop").glob("*.py")), *sorted(SOURCE.glob("*.py"))],
    ids=name_of,
)
def test_nothing_else_is_imported_within_a_function(path):
    allowed = {"numpy"} | LATE.get(name_of(path), set())

    assert foreign(all_imports(ast.parse(path.read_text()))) <= allowed


HEAVY = (
    "numba", "pydantic", "rich", "typer", "pooch", "matplotlib", "PIL", "torch", "sklearn", "scipy",
    "safetensors", "threadpoolctl",
)  # fmt: skip


def loaded_by(code):
    """Which heavy packages a fresh interpreter has loaded after some code."""
    report = f"import json, sys; print(json.dumps([p for p in {HEAVY!r} if p in sys.modules]))"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_by("import byhand") == set()


def test_importing_the_package_does_not_even_load_numpy():
    code = "import sys, byhand; assert 'numpy' not in sys.modules"

    assert loaded_by(code) == set()


@pytest.mark.parametrize("name", ["MultiLayerPerceptron", "Adam", "load_dataset", "gradient_check"])
def test_using_a_name_loads_nothing_heavy(name):
    assert loaded_by(f"from byhand import {name}") == set()


def test_making_a_network_and_predicting_loads_nothing_but_the_kernels():
    code = """
import os; os.environ["BYHAND_KERNELS"] = "numpy"
import numpy as np
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
net = MultiLayerPerceptron([InputLayer(4), DenseLayer(2, "softmax")])
net.predict(np.ones((3, 4)))
"""

    assert loaded_by(code) == set()


# --- names --------------------------------------------------------------------------------------


def test_every_exported_name_can_be_imported_and_is_documented():
    missing = []
    for name in byhand.__all__:
        try:
            value = getattr(byhand, name)
        except errors.MissingPackageError:
            missing.append(name)
            continue
        if callable(value):
            assert inspect.getdoc(value), name
        else:
            assert isinstance(value, (str, dict)), name
    assert missing == ([] if importlib.util.find_spec("anywidget") else ["DrawingBox"])


def test_the_exported_names_are_sorted_and_listed_by_dir():
    assert list(byhand.__all__) == sorted(set(byhand.__all__))
    assert set(byhand.__all__) <= set(dir(byhand))


def _public(module):
    found = importlib.import_module(module)
    return set(getattr(found, "__all__", None) or [n for n in vars(found) if n[0] != "_"])


def test_what_type_checkers_see_is_what_is_exported():
    tree = ast.parse((SOURCE / "__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {"__version__"}
    for node in block.body:
        for alias in node.names:
            seen |= _public(node.module) if alias.name == "*" else {alias.asname or alias.name}

    assert set(byhand.__all__) <= seen


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'byhand' has no attribute 'Perceptron'"):
        byhand.Perceptron  # noqa: B018


def test_the_package_says_that_it_is_typed():
    assert (SOURCE / "py.typed").is_file()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_and_every_public_thing_in_it_has_a_docstring(path):
    tree = ast.parse(path.read_text())
    things = [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    ]
    inner = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for child in ast.walk(node)
        if child is not node
    }
    private = {
        child
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name.startswith("_")
        for child in ast.walk(node)
    }

    assert ast.get_docstring(tree)
    without = [n.name for n in things if n not in inner | private and not ast.get_docstring(n)]
    assert without == []


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "parents"),
    [
        (errors.ArgumentError, (ValueError,)),
        (errors.DataError, (ValueError,)),
        (errors.FormatError, (errors.DataError, ValueError)),
        (errors.FileError, (OSError,)),
        (errors.DivergedError, (ArithmeticError,)),
    ],
)
def test_every_error_is_ours_and_one_that_old_habits_catch(error, parents):
    assert issubclass(error, errors.ByhandError)
    for parent in parents:
        assert issubclass(error, parent)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("reul", " Did you mean 'relu'?"), ("RELU", " Did you mean 'relu'?"), ("zzz", ""), (3, "")],
)
def test_an_unknown_name_gets_the_nearest_right_one(name, hint):
    error = errors.unknown_name("activation", name, ["relu", "tanh"])

    assert str(error) == f"unknown activation {name!r}.{hint} Choose from: relu, tanh."


# --- habits -------------------------------------------------------------------------------------

RANDOM = {"Generator", "PCG64", "SeedSequence", "BitGenerator"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_randomness_comes_from_generators_and_never_from_a_global_state(path):
    tree = ast.parse(path.read_text())
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node.value) in {"np.random", "numpy.random"}
    }

    if "sklearn" in path.parts:  # scikit-learn's estimators take its kind of generator
        used -= {"RandomState"}
    assert used <= RANDOM | {"default_rng"}
    assert "random" not in set(all_imports(tree))


UNPICKLES = {"kernels/cache.py"}  # Numba keeps compiled code in pickles; no file of users is one


@pytest.mark.parametrize(
    "path", [path for path in MODULES if name_of(path) not in UNPICKLES], ids=name_of
)
def test_no_pickle_anywhere(path):
    source = path.read_text()
    imported = {name.split(".")[0] for name in all_imports(ast.parse(source))}

    assert not imported & {"pickle", "cPickle", "joblib", "dill", "shelve", "marshal"}
    assert "allow_pickle=True" not in source


PICKLE = {  # what each function must know about pickles
    "np.load": "False",
    "np.save": "False",
    "np.savez": None,  # below NumPy 2.2 the option would be saved as an array of that name
    "np.savez_compressed": None,
}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrays_are_loaded_and_saved_without_pickle(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PICKLE:
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            expected = PICKLE[ast.unparse(node.func)]
            assert options.get("allow_pickle") == expected, f"line {node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_executed_from_a_string(path):
    called = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    }

    assert not called & {"eval", "exec", "os.system", "__import__"}
