"""Tries a learner's functions a second time, and with numbers so large that exp overflows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.arrays import Array
from byhand.examine.array_names import kind_of, roles_of
from byhand.examine.numbers_in import number_in
from byhand.examine.outputs import fits_output, output_of, stored_output
from byhand.examine.problem import Problem, extreme
from byhand.examine.workspace import role_names

if TYPE_CHECKING:
    from byhand.examine.observe import Observer


def extremes(observer: Observer) -> dict[str, Any]:
    """Return whether two passes agree, whether large scores stay finite, and an extreme loss."""
    forward = observer.view.calls["forward"]
    facts: dict[str, Any] = {}
    first, second = (_output(observer, forward, observer.problem) for _ in range(2))
    if first is not None and second is not None:
        facts["repeats"] = bool(np.array_equal(first, second))
    far = _output(observer, forward, extreme(observer.problem))
    if far is not None:
        facts["finite"] = bool(np.isfinite(far).all())
    if "loss" in observer.view.values:
        loss = _saturated_loss(observer, observer.view.calls.get("loss"))
        if loss is not None:
            facts["saturated loss"] = loss if np.isfinite(loss) else str(loss)
    return facts


def _output(observer: Observer, name: str, problem: Problem) -> Array | None:
    """Return the output of a fresh forward pass, or None if it fails."""
    state = observer.subject.fresh(problem)
    function = dict(observer.subject.functions("forward", state))[name]
    space = observer.workspace(state, problem)
    try:
        with np.errstate(all="ignore"):
            result = space.call(function, observer.otherwise("forward", function))
            return stored_output(observer, state) if result is None else output_of(observer, result)
    except (Exception, SystemExit):
        return None


def _saturated_loss(observer: Observer, name: str | None) -> float | None:
    """Return the loss where the probability of labels is 0; None if it cannot be tried."""
    if name is None:
        return None
    functions = dict(observer.subject.functions("loss", observer.state))
    if _takes_output(functions[name]):
        return _number(functions[name], _with_wrong_output(observer))
    if "X" in role_names(functions[name]):
        far = extreme(observer.problem)
        state = observer.subject.fresh(far)
        function = dict(observer.subject.functions("loss", state))[name]
        return _number(function, observer.workspace(state, far))
    return None


def _takes_output(function: Callable[..., Any]) -> bool:
    taken: Mapping[str, Any] = inspect.signature(function).parameters
    return any("output" in roles_of(one) or kind_of(one)[0] == "A" for one in taken)


def _with_wrong_output(observer: Observer) -> Any:
    """Return the values for a call with an output that is 0 at every label."""
    problem, space = observer.problem, observer.space
    wrong = np.eye(problem.sizes[-1])[(problem.labels + 1) % problem.sizes[-1]]
    space.roles["output"] = wrong.T if observer.view.convention.value_columns else wrong
    space.names = {
        key: space.roles["output"] if fits_output(observer, value) else value
        for key, value in space.names.items()
        if "output" not in roles_of(key)
    }
    space.quantities["A", observer.layers] = space.roles["output"]
    return space


def _number(function: Callable[..., Any], space: Any) -> float | None:
    try:
        with np.errstate(all="ignore"):
            return number_in(space.call(function))
    except (Exception, SystemExit):
        return None
