"""Runs a learner's functions: the program of the process that `process.py` starts.

    python -m byhand.course.worker REQUEST REPLY

REQUEST and REPLY are JSON files. What the code prints goes to standard output.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from byhand.course.values import Rng, decode, encode, real
from byhand.learner.explain import explain as explained
from byhand.learner.limits import limit_resources

HOLE = "write this function"
"""Text of the NotImplementedError in a hole."""


@dataclass
class Outcome:
    """The outcome of one call of a function.

    Args:
        value: the returned value, or the argument that the function should change.
        error: the error that stopped it, in one sentence.
        is_hole: whether the function is still to be written.
        changed: names of the arguments that it changed.
        seconds: processor time of the call, which a busy machine does not change.
    """

    value: Any = None
    error: str | None = None
    is_hole: bool = False
    changed: list[str] = field(default_factory=list)
    seconds: float = 0.0


def call(
    function: Callable[..., Any], arguments: Mapping[str, Any], in_place: str | None = None
) -> Outcome:
    """Call a function with copies of the arguments."""
    copies = {name: real(value) for name, value in arguments.items()}
    outcome = Outcome()
    began = time.process_time()
    try:
        with np.errstate(all="ignore"):
            outcome.value = function(*copies.values())
    except NotImplementedError as error:
        outcome.is_hole = str(error) == HOLE
        outcome.error = None if outcome.is_hole else explain(error)
    except (Exception, SystemExit) as error:
        outcome.error = explain(error)
    outcome.seconds = time.process_time() - began
    outcome.changed = [
        name
        for name, value in arguments.items()
        if not isinstance(value, Rng) and encode(value) != encode(copies[name])
        if name != in_place and not callable(copies[name])
    ]
    if in_place is not None:
        outcome.value = copies[in_place]
    return outcome


def explain(error: BaseException) -> str:
    """Return the kind of an error, its message, and the line of the exercise it came from."""
    return explained(error, lambda path: path.name.startswith("lesson_"))


def load(path: Path) -> ModuleType:
    """Run a learner's file and return its module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_functions(module: ModuleType, calls: Sequence[Mapping[str, Any]]) -> list[list[Outcome]]:
    """Call functions of a module; return the outcomes of the cases of each."""
    return [_run(module, one) for one in calls]


def _run(module: ModuleType, one: Mapping[str, Any]) -> list[Outcome]:
    function = getattr(module, one["function"], None)
    if not callable(function):
        missing = f"there is no function {one['function']}; was it renamed or removed?"
        return [Outcome(error=missing)]
    outcomes: list[Outcome] = []
    for arguments in one["cases"]:
        outcomes.append(call(function, arguments, one["in_place"]))
        if outcomes[-1].error or outcomes[-1].is_hole:
            break
    return outcomes


def main(request_file: str, reply_file: str) -> None:
    """Read a request, run what it asks for and write the reply."""
    request = json.loads(Path(request_file).read_text("utf-8"))
    calls = [
        {**one, "cases": [{k: decode(v) for k, v in case.items()} for case in one["cases"]]}
        for one in request["calls"]
    ]
    limit_resources(request["memory"], request["seconds"])
    reply: dict[str, Any] = {"error": None, "outcomes": []}
    try:
        module = load(Path(request["file"]))
    except (Exception, SystemExit) as error:
        reply["error"] = explain(error)
    else:
        for outcomes in run_functions(module, calls):
            plain = [asdict(outcome) | {"value": encode(outcome.value)} for outcome in outcomes]
            reply["outcomes"].append(plain)
    Path(reply_file).write_text(json.dumps(reply), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
