"""Runs a learner's network: the program of the process that `examine.py` starts.

    python -m byhand.examine.worker REQUEST REPLY

REQUEST and REPLY are JSON files. What the code prints goes to standard output.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from byhand.course.values import encode
from byhand.examine.discover import Subject, discover, own_classes, own_functions
from byhand.examine.hints import hints_of
from byhand.examine.load import load_definitions
from byhand.examine.observe import View, views
from byhand.examine.parameters import arrays_in
from byhand.examine.problem import make_problem
from byhand.learner.explain import explain
from byhand.learner.limits import limit_resources


def main(request_file: str, reply_file: str) -> None:
    """Read a request, run the network and write what it computed."""
    request = json.loads(Path(request_file).read_text("utf-8"))
    limit_resources(request["memory"], request["seconds"])
    reply = examine_module(Path(request["file"]))
    Path(reply_file).write_text(json.dumps(reply), "utf-8")


def examine_module(path: Path) -> dict[str, Any]:
    """Return what the network in a file computes, or why it cannot be run."""
    try:
        module, loader = load_definitions(path)
    except (Exception, SystemExit) as error:
        return {"error": explain(error, lambda one: one == path), "kind": "load"}
    subject = discover(module)
    hints = hints_of(loader.tree)
    defined = [*own_classes(module), *own_functions(module)]
    if subject is None:
        return {"error": "parameters", "kind": "not found", "defined": defined, "hints": hints}
    problem = make_problem(subject.parameters.sizes)
    reply = _reply(subject, views(subject, problem))
    return reply | {"hints": hints, "defined": defined, "skipped": loader.skipped}


def _reply(subject: Subject, seen: list[View]) -> dict[str, Any]:
    return {
        "sizes": subject.parameters.sizes,
        "out_first": subject.parameters.out_first,
        "is_class": subject.is_class,
        "maker": subject.maker,
        "biases": len(subject.parameters.biases),
        "shared": subject.parameters.shared,
        "start": _start(subject),
        "candidates": subject.names,
        "views": [
            asdict(view) | {"values": {name: encode(v) for name, v in view.values.items()}}
            for view in seen
        ],
    }


def _start(subject: Subject) -> list[dict[str, float]]:
    """Return what the initial weights of each layer are like."""
    arrays = dict(arrays_in(subject.template, subject.is_own))
    weights = [arrays[path] for path in subject.parameters.weights]
    return [{"deviation": float(np.std(w)), "least": float(w.min())} for w in weights]


if __name__ == "__main__":
    main(*sys.argv[1:])
