"""`examine_file`: runs a learner's network in a process of its own and compares it with byhand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from byhand.course.values import decode
from byhand.examine.compare import Judge, Judgement
from byhand.examine.problem import make_problem
from byhand.examine.result import Cause, Result
from byhand.examine.steps import Setting
from byhand.learner.process import MEMORY, Ended, run_worker

SECONDS = 30.0
"""Processor time that a learner's network may take."""


def examine_file(path: Path, adapter: Path | None = None, seconds: float = SECONDS) -> Result:
    """Compare the network in a Python file with byhand.

    Args:
        path: the learner's file; its functions and classes are used, its script is not run.
        adapter: a file that says how to call the network, where it is not found by itself.
        seconds: processor time that the code may take.
    """
    request = {"file": str(path.resolve()), "adapter": adapter and str(adapter.resolve())}
    try:
        ended = run_worker("byhand.examine.worker", request, seconds)
    except TimeoutError:
        return Result(path.name, error=f"no result after {seconds:.0f} s. Does a loop never end?")
    if ended.reply is None:
        return Result(path.name, printed=ended.printed, error=ended.error)
    return _result(path, ended, ended.reply)


def _result(path: Path, ended: Ended, reply: dict[str, Any]) -> Result:
    if "error" in reply:
        return Result(path.name, printed=ended.printed, error=reply["error"])
    problem = make_problem(reply["sizes"])
    judged = [_judged(problem, view, reply) for view in reply["views"]]
    place = min(range(len(judged)), key=lambda one: judged[one].badness)
    best, view = judged[place], reply["views"][place]
    return Result(
        file=path.name,
        network=_network(reply, best.setting, view),
        found={"parameters": reply["maker"], **view["calls"]},
        checks=tuple(best.checks),
        causes=tuple(best.causes),
        notes=tuple(best.notes),
        printed=ended.printed,
        layers=len(problem.weights),
    )


def _judged(problem: Any, view: dict[str, Any], reply: dict[str, Any]) -> Judgement:
    values = {name: decode(value) for name, value in view["values"].items()}
    judged = Judge(problem, values, reply["hints"]).judge()
    for piece, text in view["errors"].items():
        judged.causes.append(Cause(f"{piece}_fails", piece, text, certain=False))
    return judged


def _network(reply: dict[str, Any], setting: Setting, view: dict[str, Any]) -> str:
    sizes = "-".join(str(size) for size in reply["sizes"])
    return f"{sizes}, {setting.hidden.name}, {setting.output}, {setting.loss}"


__all__ = ["MEMORY", "SECONDS", "examine_file"]
