"""Runs a learner's network: the program of the process that `examine.py` starts.

    python -m byhand.examine.worker REQUEST REPLY

REQUEST and REPLY are JSON files. What the code prints goes to standard output.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from byhand.course.values import encode
from byhand.examine.adapter import AdapterError, examine_adapted, load_adapter
from byhand.examine.convention import View
from byhand.examine.find_network import Subject, discover
from byhand.examine.find_parameters import arrays_in
from byhand.examine.find_rows_or_columns import views
from byhand.examine.hints import hints_of
from byhand.examine.load import Loaded, load_definitions, own_classes, own_functions
from byhand.examine.observe_training import Training, observe_training
from byhand.examine.old_numpy import old_names
from byhand.examine.problem import make_problem
from byhand.examine.wanted import networks
from byhand.examine.workspace import Workspace
from byhand.learner.explain import explain
from byhand.learner.limits import limit_resources


def main(request_file: str, reply_file: str) -> None:
    """Read a request, run the network and write what it computed."""
    request = json.loads(Path(request_file).read_text("utf-8"))
    limit_resources(request["memory"], request["seconds"])
    adapter = request["adapter"] and Path(request["adapter"])
    reply = examine_module(Path(request["file"]), adapter)
    Path(reply_file).write_text(json.dumps(reply), "utf-8")


def examine_module(path: Path, adapter: Path | None) -> dict[str, Any]:
    """Return what the network in a file computes, or why it cannot be run."""
    try:
        with old_names():
            loaded = load_definitions(path)
    except (Exception, SystemExit) as error:
        return {"error": explain(error, lambda one: one == path), "kind": "load"}
    known = {
        "hints": hints_of(loaded.tree),
        "defined": [*own_classes(loaded.module), *own_functions(loaded.module)],
        "skipped": loaded.skipped,
    }
    # It runs many times, in conventions that do not fit, too.
    with old_names(), redirect_stdout(_Nowhere()):
        return (_adapted(path, adapter) if adapter else _found(loaded)) | known


class _Nowhere(io.TextIOBase):
    """A stream that forgets what is printed."""

    def write(self, text: str) -> int:
        return len(text)


def _found(loaded: Loaded) -> dict[str, Any]:
    found = _running(loaded)
    if found is None:
        return {"error": "parameters", "kind": "not found"}
    subject, start, seen = found
    training = observe_training(subject, seen[0].calls) if "forward" in seen[0].calls else None
    return _reply(subject, seen) | {
        "start": start,
        "prepared": _prepared(subject),
        "training": None if training is None else _training(training),
    }


def _running(loaded: Loaded) -> tuple[Subject, list[dict[str, float]], list[View]] | None:
    """Return a network whose forward pass runs, its initial weights, and what it computes.

    If none runs, return the first one.
    """
    first = None
    for wanted in networks(ast.unparse(loaded.tree)):
        subject = discover(loaded.module, loaded.skipped, wanted)
        if subject is None:
            continue
        start = _start(subject)  # before anything is trained
        where = subject.parameters
        seen = views(subject, make_problem(where.sizes, biased=bool(where.biases)))
        first = first or (subject, start, seen)
        if not all("forward" in view.errors for view in seen):
            return subject, start, seen
    return first


def _adapted(path: Path, adapter: Path) -> dict[str, Any]:
    try:
        return examine_adapted(load_adapter(adapter), [path, adapter])
    except AdapterError as error:
        return {"error": str(error), "kind": "load"}
    except (Exception, SystemExit) as error:
        return {"error": explain(error, lambda one: one in (path, adapter)), "kind": "load"}


def _training(training: Training) -> dict[str, Any]:
    return asdict(training) | {
        "rows": [rows.tolist() for rows in training.rows],
        "before": {name: encode(array) for name, array in training.before.items()},
        "after": {name: encode(array) for name, array in training.after.items()},
    }


def _prepared(subject: Subject) -> float | None:
    """Return the largest number that a function for preparing pixels makes of 255."""
    for _, function in subject.functions("prepare", subject.template):
        pixels = np.random.default_rng(0).integers(0, 256, (30, subject.parameters.sizes[0]))
        try:
            made = Workspace({"X": pixels.astype(float)}).call(function)
        except (Exception, SystemExit):  # noqa: S112 - it prepares something else
            continue
        made = made[0] if isinstance(made, tuple) and made else made
        if isinstance(made, np.ndarray) and made.size == pixels.size:
            return float(np.abs(made).max())
    return None


def _reply(subject: Subject, seen: list[View]) -> dict[str, Any]:
    return {
        "sizes": subject.parameters.sizes,
        "biased": bool(subject.parameters.biases),
        "out_first": subject.parameters.out_first,
        "maker": subject.maker,
        "shared": subject.parameters.shared,
        "single": _is_single(subject),
        "views": [
            asdict(view) | {"values": {name: encode(v) for name, v in view.values.items()}}
            for view in seen
        ],
    }


def _is_single(subject: Subject) -> bool:
    """Return whether the weights are in single precision."""
    arrays = dict(arrays_in(subject.template, subject.is_own))
    return all(arrays[path].dtype == np.float32 for path in subject.parameters.weights)


def _is_made_later(subject: Subject) -> bool:
    """Return whether a method with options makes the weights, which the script calls."""
    methods = (
        [f for _, f in subject.functions("init", subject.template)] if subject.is_class else ()
    )
    return any(inspect.signature(method).parameters for method in methods)


def _start(subject: Subject) -> list[dict[str, float]]:
    """Return size and sign of the initial weights of each layer."""
    arrays = dict(arrays_in(subject.template, subject.is_own))
    weights = [arrays[path] for path in subject.parameters.weights]
    if all(np.ptp(w) == 0 for w in weights) and _is_made_later(subject):
        return []
    return [{"deviation": float(np.std(w)), "least": float(w.min())} for w in weights]


if __name__ == "__main__":
    main(*sys.argv[1:])
