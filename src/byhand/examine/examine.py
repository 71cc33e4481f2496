"""`examine_file`: runs a learner's network in a separate process and compares it with byhand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from byhand.course.values import decode
from byhand.examine import habits
from byhand.examine.adapter import template
from byhand.examine.failures import FAILURES, as_cause, as_note, is_mistake, without_failures
from byhand.examine.find_mistake import judge
from byhand.examine.judge_training import judge_training
from byhand.examine.judgement import RARE, Judgement, in_order
from byhand.examine.problem import Problem, make_problem, single
from byhand.examine.result import UNSEEN, WRONG, Cause, Check, Result
from byhand.examine.steps import Setting
from byhand.learner.limits import EXAMINE_SECONDS
from byhand.learner.process import Ended, run_worker
from byhand.network.activations import Activation

PIECES = {
    "forward": "the forward pass",
    "loss": "the loss",
    "backward": "the gradients",
    "train_step": "the training step",
    "update": "the update",
    "train": "the training",
}
"""Descriptions of the pieces of a network."""

NEEDS_ADAPTER = " Tell byhand how to call your code with an adapter of a few lines."
"""The end of a message, for code that byhand cannot call."""

LABELS_TOLD = {
    "numbers": ", labels as numbers",
    "column": ", labels as a column of numbers",
    "one-hot": ", labels one-hot",
    "": "",
}

HABITS = ("start", "training")
"""Stages whose causes do not depend on how the functions were called."""


def examine_file(
    path: Path, adapter: Path | None = None, seconds: float = EXAMINE_SECONDS
) -> Result:
    """Compare the network in a Python file with byhand.

    Its functions and classes are called. If that does not show enough, its script is run and
    observed, too.

    Args:
        path: the learner's file.
        adapter: a file that says how to call the network, if it is not recognised.
        seconds: processor time that the code may take, each time.
    """
    request = {
        "file": str(path.resolve()),
        "adapter": None if adapter is None else str(adapter.resolve()),
    }
    late = (
        f"no result after {seconds:.0f} s of processor time. Does a loop never end? --seconds "
        f"{4 * seconds:.0f} gives your code more."
    )
    try:
        called = result_of(path, run_worker("byhand.examine.worker", request, seconds))
    except TimeoutError:
        called = Result(path.name, error=late)
    if adapter is not None or not (called.error == late or is_doubtful(called)):
        return called
    try:
        ended = run_worker("byhand.examine.script.worker", request, seconds)
    except TimeoutError:
        return called
    return better(called, path, ended)


def is_doubtful(called: Result) -> bool:
    """Return whether the functions of a file did not show enough to judge them."""
    if called.error is not None:
        return bool(called.advice)
    compared = any(one.stage == "gradient" and one.status != UNSEEN for one in called.checks)
    accused = _accused(called)
    guessed = bool(accused) and not any(cause.certain for cause in accused)
    guessed = guessed or any(cause.name in FAILURES for cause in accused)
    return guessed or (not compared and not accused)


def _accused(result: Result) -> list[Cause]:
    """Return the mistakes in the computation of an ordinary batch."""
    return [one for one in result.causes if one.stage not in HABITS and one.name not in RARE]


def better(called: Result, path: Path, ended: Ended) -> Result:
    """Return the result of the script that was run if it shows more than its functions."""
    reply = ended.reply or {"error": ended.error or "", "kind": "script"}
    if reply.get("trained"):  # so what failed in a call of byhand's works
        called = without_failures(called)
    if "error" in reply:
        if called.error is None or not called.advice:
            return called
        missed = called.error.removesuffix(NEEDS_ADAPTER)
        return replace(called, error=f"{missed} {reply['error'].rstrip('.')}.{NEEDS_ADAPTER}")
    scripted = _result(path, ended, reply)
    accused = _accused(scripted)
    if any(not cause.certain for cause in accused) or (accused and not reply["complete"]):
        return called
    if not reply["complete"] and called.error is None:
        return called
    rare = [one for one in called.causes if one.name in RARE]  # a script does not show them
    return replace(scripted, causes=tuple(in_order([*scripted.causes, *rare])))


def result_of(path: Path, ended: Ended) -> Result:
    """Return the result for a file from the reply of the process."""
    if ended.reply is None:
        return Result(path.name, printed=ended.printed, error=ended.error)
    if ended.reply.get("kind") == "not found" or not _forward(ended.reply):
        return _not_found(path, ended, ended.reply)
    return _result(path, ended, ended.reply)


def _forward(reply: dict[str, Any]) -> bool:
    """Return whether a forward pass or a training was found, even if it has a mistake."""
    if "error" in reply:
        return True
    return any(
        (view["calls"] or view["values"])
        and ("forward" not in view["errors"] or _is_mistake("forward", view, reply))
        for view in reply["views"]
    )


def _not_found(path: Path, ended: Ended, reply: dict[str, Any]) -> Result:
    """Return what is missing, with an adapter to edit."""
    if "views" in reply:
        errors = [
            text
            for view in reply["views"]
            for text in (*view["unknown"].values(), *view["errors"].values())
        ]
        missed = (
            f"{reply['maker']} makes the parameters, but no function that computes the outputs "
        )
        missed += (
            f"could be called ({errors[0]})"
            if errors
            else "was found (usual names: forward, forward_prop, feedforward)"
        )
    else:
        missed = (
            "no function or class that makes the weights of at least two layers was found (usual "
            "names: init_params, initialize_parameters, a class with W1, W2 or a list of "
            "weights)"
        )
    return Result(
        path.name,
        printed=ended.printed,
        error=f"{missed}.{NEEDS_ADAPTER}",
        advice=template(path, reply["defined"]),
    )


def _result(path: Path, ended: Ended, reply: dict[str, Any]) -> Result:
    if "error" in reply:
        return Result(path.name, printed=ended.printed, error=reply["error"])
    problem = _problem(reply)
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


def _problem(reply: dict[str, Any]) -> Problem:
    """Return the parameters and the batch: those of a script, or those that byhand gave."""
    own = reply.get("problem")
    if own is None:
        return make_problem(reply["sizes"], biased=reply.get("biased", True))
    return Problem(
        weights=tuple(decode(one) for one in own["weights"]),
        biases=tuple(decode(one) for one in own["biases"]),
        X=decode(own["X"]),
        labels=decode(own["labels"]),
        rate=own["rate"],
        wanted=decode(own["wanted"]),
    )


def _judged(problem: Problem, view: dict[str, Any], reply: dict[str, Any]) -> Judgement:
    """Return the result of one view."""
    values = {name: decode(value) for name, value in view["values"].items()}
    if view["convention"].get("single"):
        problem = single(problem)
    judged = judge(problem, values, reply["hints"], reply.get("single", False))
    judged.causes += habits.of_start(reply["start"], reply["shared"])
    judged.causes += habits.of_inputs(reply)
    if view["facts"].get("names exchanged"):
        judged.notes.append("your A is what byhand calls Z, the sum before the activation.")
    judged.causes += habits.of_facts(view["facts"], judged.setting.output, len(problem.weights))
    for text in view["unknown"].values():
        judged.notes.append(f"{text}, so it was not called; an adapter can call it.")
    for piece, text in view["errors"].items():
        if _is_mistake(piece, view, reply):
            judged.causes.append(as_cause(piece, text))
            judged.checks.append(Check(PIECES.get(piece, piece), piece, WRONG, text))
        else:
            judged.notes.append(as_note(text, reply["skipped"]))
            judged.unknown.add(piece)
    judged.notes += reply.get("notes", ())
    judge_training(judged, reply["training"], reply["sizes"], reply["hints"])
    judged.causes = in_order(judged.causes)
    return judged


def _is_mistake(piece: str, view: dict[str, Any], reply: dict[str, Any]) -> bool:
    """Return whether an error in a view is the learner's."""
    return is_mistake(piece, view["errors"][piece], reply["sizes"][0], reply.get("skipped", {}))


def _described(activation: Activation) -> str:
    """Return "leaky relu with slope 0.01"."""
    slope = f" with slope {activation.slope:g}" if activation.slope else ""
    return activation.name.replace("_", " ") + slope


def _network(reply: dict[str, Any], setting: Setting, view: dict[str, Any]) -> str:
    """Describe the kind of network."""
    sizes = "-".join(str(size) for size in reply["sizes"])
    loss = setting.loss.replace("_", " ")
    convention = view["convention"]
    examples = "columns" if convention["columns"] else "rows"
    if convention["turned"]:
        examples = "rows, values in columns"
    if convention.get("single"):
        examples = "columns, one at a time" if convention["columns"] else "rows, one at a time"
    weights = "(n_out, n_in)" if reply["out_first"] else "(n_in, n_out)"
    labels = LABELS_TOLD[convention["labels"]]
    hidden = ", ".join(_described(one) for one in setting.mixed or (setting.hidden,))
    return (
        f"{sizes}, {hidden}, {setting.output}, {loss}; examples in {examples}, W {weights}{labels}"
    )
