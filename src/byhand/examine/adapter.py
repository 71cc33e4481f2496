"""Adapters: a few lines that tell byhand how to call a network it does not recognise.

An adapter is a Python file with `SIZES`, `parameters` and `forward`, and optionally `loss`,
`gradients` and `step`, to compare these as well. It follows byhand's conventions: examples in rows,
W (n_in, n_out), labels as numbers.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from byhand.course.values import encode
from byhand.examine.convention import Convention, View
from byhand.examine.problem import Problem, extreme, make_problem
from byhand.learner.explain import explain

TEMPLATE = '''\
"""Tells byhand how to call {file}: examples in rows, W (n_in, n_out), labels as numbers."""

{imports}

SIZES = [64, 16, 10]  # units: inputs, hidden layers, classes


def parameters(weights, biases):
    """Put these into your network; return what the functions below need."""
    (W1, W2), (b1, b2) = weights, biases
    return {{"W1": W1, "b1": b1, "W2": W2, "b2": b2}}  # W1.T if your W is (n_out, n_in)


def forward(state, X):
    """Return the outputs (n, classes), or a dictionary with Z1, A1, Z2, A2."""
    return mine.forward(X, state)  # X.T, and .T around it, if your examples are columns


def loss(state, X, labels):  # remove what you do not have
    """Return the mean loss."""
    return mine.loss(forward(state, X), np.eye(SIZES[-1])[labels])


def gradients(state, X, labels):
    """Return [(dW1, db1), (dW2, db2)]."""
    raise NotImplementedError


def step(state, X, labels, rate):
    """Make one step; return [(W1, b1), (W2, b2)] after it."""
    raise NotImplementedError
'''


def template(file: Path, defined: Sequence[str]) -> str:
    """Return an adapter for the learner to edit.

    Args:
        file: the learner's file.
        defined: the functions and classes that it has.
    """
    known = f"  # it has: {', '.join(defined)}" if defined else ""
    imports = f"import numpy as np\n\nimport {file.stem} as mine"
    if file.suffix != ".py" or not file.stem.isidentifier():
        found = f'mine = importlib.import_module("{file.stem}")'
        imports = f"import importlib\n\nimport numpy as np\n\n{found}"
    return TEMPLATE.format(file=file.name, imports=imports + known)


class AdapterError(Exception):
    """Raised if an adapter lacks a required part."""


def load_adapter(path: Path) -> ModuleType:
    """Import an adapter; the learner's module is in `sys.modules` already.

    Raises:
        AdapterError: a required part is missing.
        Exception: whatever the adapter raises.
    """
    sys.path.insert(0, str(path.parent))
    module = importlib.import_module(path.stem)
    for name in ("SIZES", "parameters", "forward"):
        if not hasattr(module, name):
            raise AdapterError(f"{path.name} has no {name}; every adapter needs it")
    return module


def examine_adapted(adapter: ModuleType, own_files: Sequence[Path]) -> dict[str, Any]:
    """Return the numbers of a network that is called through an adapter."""
    sizes = [int(size) for size in adapter.SIZES]
    problem = make_problem(sizes)
    view = View(Convention(False, "numbers"))
    for piece in ("forward", "loss", "gradients", "step"):
        function = getattr(adapter, piece, None)
        if function is None:
            continue
        name = {"gradients": "backward", "step": "update"}.get(piece, piece)
        try:
            with np.errstate(all="ignore"):
                values = _values(piece, adapter, problem)
        except NotImplementedError:
            continue
        except (Exception, SystemExit) as error:
            view.errors[name] = explain(error, lambda path: path in own_files)
            continue
        view.calls[name] = f"{adapter.__name__}.{piece}"
        view.values |= values
    if "forward" in view.calls:
        _facts(adapter, problem, view)
    values = {name: encode(value) for name, value in view.values.items()}
    return {
        "sizes": sizes,
        "out_first": False,
        "maker": f"{adapter.__name__}.parameters",
        "shared": [],
        "start": [],
        "views": [asdict(view) | {"values": values}],
        "prepared": None,
        "training": None,
    }


def _state(adapter: ModuleType, problem: Problem) -> Any:
    return adapter.parameters(
        [W.copy() for W in problem.weights], [b.copy() for b in problem.biases]
    )


def _values(piece: str, adapter: ModuleType, problem: Problem) -> dict[str, Any]:
    state, X, labels = _state(adapter, problem), problem.X.copy(), problem.labels.copy()
    layers = len(problem.weights)
    if piece == "forward":
        made = adapter.forward(state, X)
        if isinstance(made, Mapping):
            return {name: np.asarray(value, float) for name, value in made.items()}
        return {f"A{layers}": np.asarray(made, float)}
    if piece == "loss":
        return {"loss": float(adapter.loss(state, X, labels))}
    prefix = "d" if piece == "gradients" else "new "
    made = (
        adapter.gradients(state, X, labels)
        if piece == "gradients"
        else adapter.step(state, X, labels, problem.rate)
    )
    return {
        f"{prefix}{kind}{layer}": np.asarray(value, float) if kind == "W" else np.ravel(value)
        for layer, pair in enumerate(made, start=1)
        for kind, value in zip("Wb", pair, strict=True)
    }


def _facts(adapter: ModuleType, problem: Problem, view: View) -> None:
    last = f"A{len(problem.weights)}"
    try:
        with np.errstate(all="ignore"):
            first, second = (_values("forward", adapter, problem)[last] for _ in range(2))
            far = _values("forward", adapter, extreme(problem))[last]
    except Exception:
        return
    view.facts["repeats"] = bool(np.array_equal(first, second))
    view.facts["finite"] = bool(np.isfinite(far).all())
