"""Runs a learner's script: the program of the second process that `examine.py` starts.

python -m byhand.examine.script.worker REQUEST REPLY
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from byhand.course.values import encode
from byhand.examine.hints import hints_of
from byhand.examine.problem import Problem
from byhand.examine.script.chains import Chain, chains_of, has_learned, pairs_of
from byhand.examine.script.evidence import Window
from byhand.examine.script.recorder import Recorder
from byhand.examine.script.running import MANY, SOME, Way, functions_to_call, run, text_of
from byhand.examine.script.verdict import Examined, Verdict
from byhand.learner.explain import explain
from byhand.learner.limits import EXAMINE_SECONDS, limit_resources

ONE_RUN, ALL_RUNS = 0.53, 0.6
"""Fractions of it for one run of the script, and after which it is not run again."""

MOST_FUNCTIONS, MOST_PAIRS = 3, 4

WIDE = 16
"""Inputs from which the size of the initial weights matters."""

PIXEL = 255.0

CONVENTIONS = ((False, False), (False, True), (True, True), (True, False))
"""Columns or rows, one-hot or numbers: the forms of data that are tried."""


def main(request_file: str, reply_file: str) -> None:
    """Read a request, run the script and write what it computed."""
    request = json.loads(Path(request_file).read_text("utf-8"))
    limit_resources(request["memory"], request["seconds"])
    reply = examine_script(Path(request["file"]), request["seconds"])
    Path(reply_file).write_text(json.dumps(reply), "utf-8")


def examine_script(path: Path, seconds: float = EXAMINE_SECONDS) -> dict[str, Any]:
    """Return what the network in a script computes, or why it is not known.

    Args:
        path: the script.
        seconds: processor time that it may take.
    """
    try:
        source = text_of(path)
        hints = hints_of(ast.parse(source))
    except (SyntaxError, ValueError) as error:
        return {"error": explain(error, lambda one: one == path), "kind": "load"}
    best: dict[str, Any] | None = None
    failures: list[BaseException] = []
    trained = is_late = False
    for record in _records(path, source, seconds):
        failures += record.errors
        is_late = is_late or record.is_late
        chains = chains_of(record)
        pairs = list(pairs_of(chains))[:MOST_PAIRS]
        trained = trained or any(has_learned(*pair) for pair in pairs)
        found = _found(Recorded(record, chains, pairs), hints, source)
        if found is not None and (best is None or found["complete"] > best["complete"]):
            best = found
        if best is not None and best["complete"]:
            break
    if best is not None:
        return best | {"defined": [], "skipped": {}, "trained": trained}
    told = _late(seconds) if is_late else _reason(path, failures)
    return {"error": told, "kind": "script", "trained": trained}


def _records(path: Path, source: str, seconds: float) -> Iterator[Recorder]:
    """Run the script in each way that may help, and yield what it computed."""
    begin = time.process_time()
    record = _run(path, Way(), seconds)
    yield record
    source = ast.unparse(ast.parse(source))  # numbers in comments mean nothing
    bare = _header(record.errors)
    many = bool(record.errors) and re.search(r"\d{5,}", source)
    ways = [] if bare is None else [Way(bare=bare)]
    ways += [Way(MANY)] if many else [Way(SOME)] if re.search(r"\d{3,}", source) else []
    functions = [None] if record.filled else []
    called = functions_to_call(source)[:MOST_FUNCTIONS]
    for function in (*functions, *called):
        ways += [Way(columns=c, one_hot=o, function=function) for c, o in CONVENTIONS]
    ways += [
        Way(columns=c, one_hot=True, function=f, each=True) for f in called for c in (False, True)
    ]
    for way in ways:
        if time.process_time() - begin > ALL_RUNS * seconds:
            return
        yield _run(path, way, seconds)


def _header(errors: list[BaseException]) -> bool | None:
    """Return whether tables should have no names of columns; None if no error tells."""
    texts = [f"{type(error).__name__}: {error}" for error in errors]
    if any(re.search(r"(ValueError|could not convert).*(label|pixel\d)", text) for text in texts):
        return True
    return False if any(re.search(r"KeyError.*(label|pixel)", text) for text in texts) else None


def _run(path: Path, way: Way, seconds: float) -> Recorder:
    with redirect_stdout(io.StringIO()):
        return run(path, way, ONE_RUN * seconds)


@dataclass(frozen=True)
class Recorded:
    """A run of the script.

    Args:
        record: everything that was recorded.
        chains: its forward passes.
        pairs: passes before and after an update.
    """

    record: Recorder
    chains: list[Chain]
    pairs: list[tuple[Chain, Chain]]


def _found(done: Recorded, hints: dict[str, Any], source: str) -> dict[str, Any] | None:
    """Return the reply for a run: everything right, or explained by mistakes, or forward only."""
    examined = [Examined(Window(done.record, *pair), hints, source) for pair in done.pairs]
    for look in (Examined.right, Examined.wrong, Examined.forward_only):
        for one in examined:
            verdict = look(one)
            if verdict is not None:
                return _reply(one.window, verdict, source, done.chains)
    return None


def _reply(window: Window, verdict: Verdict, source: str, chains: list[Chain]) -> dict[str, Any]:
    layers = window.before.layers
    columns = layers[0].columns
    values = {name: encode(value) for name, value in verdict.values.items()}
    view = {
        "convention": {"columns": columns, "labels": "", "turned": False},
        "values": values, "errors": {}, "unknown": {}, "facts": {},
        "calls": {"forward": _where(window, source)},
    }  # fmt: skip
    first = min(one.begin for one in chains if one.kind == window.before.kind)
    largest = float(np.abs(layers[0].fed).max())
    return {
        "sizes": verdict.problem.sizes,
        "biased": any(one.b is not None for one in layers),
        "out_first": columns,
        "maker": "the whole script, recorded while it ran",
        "shared": [],
        "single": window.is_single,
        "views": [view],
        "start": _start(window.before) if window.before.begin == first else [],
        "prepared": largest if largest == PIXEL else 0.0,
        "training": None,
        "problem": _encoded(verdict.problem),
        "notes": verdict.notes,
        "hints": verdict.hints,
        "complete": verdict.complete,
    }


def _start(chain: Chain) -> list[dict[str, float]]:
    """Return size and sign of the initial weights of layers that are not small."""
    return [
        {"deviation": float(np.std(one.W)), "least": float(one.W.min())}
        for place, one in enumerate(chain.layers, start=1)
        if len(one.W) >= WIDE and (place < len(chain.layers) or one.W.any())
    ]


def _where(window: Window, source: str) -> str:
    """Return the function and the lines of the forward pass."""
    lines = [layer.product.place // 1000 for layer in window.before.layers]
    told = f"line {lines[0]}" if len(set(lines)) == 1 else f"lines {min(lines)} to {max(lines)}"
    around = [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.lineno <= lines[0] <= (node.end_lineno or 0)
    ]
    return f"the forward pass in {told}" + (f" ({around[-1]})" if around else "")


def _encoded(problem: Problem) -> dict[str, Any]:
    return {
        "weights": [encode(one) for one in problem.weights],
        "biases": [encode(one) for one in problem.biases],
        "X": encode(problem.X),
        "labels": encode(problem.labels),
        "rate": problem.rate,
        "wanted": encode(problem.wanted),
    }


def _late(seconds: float) -> str:
    return (
        f"The script was run as well, with digits as data, and was stopped after "
        f"{ONE_RUN * seconds:.0f} s of processor time, before an update of two layers was seen: "
        f"--seconds {4 * seconds:.0f} gives it more"
    )


def _reason(path: Path, failures: list[BaseException]) -> str:
    """Return why nothing could be compared."""
    if failures:
        told = explain(failures[0], lambda one: one.parent == path.parent)
        return f"The script was run as well, with digits as data, and stopped: {told}"
    return (
        "The script was run as well, with digits as data, but no update between two forward passes "
        "of matrix products was seen"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
