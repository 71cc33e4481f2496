"""Judges the results of a learner's function: right, wrong and why, or still to do.

`compare.py` compares two values, within a tolerance; `common_mistakes.py` explains why they differ.
`process.py` runs the function, within the time that `byhand.learner.limits` allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.course.common_mistakes import Pairs, difference, factor, slip
from byhand.course.compare import same
from byhand.course.exercise import Case, Exercise, cases_of
from byhand.course.values import Foreign, real
from byhand.course.worker import Outcome

RIGHT, WRONG, HOLE = "right", "wrong", "to do"


@dataclass(frozen=True)
class Finding:
    """The result of checking one exercise.

    Args:
        exercise: name of the function.
        status: `RIGHT`, `WRONG` or `HOLE`.
        message: what is wrong; empty if nothing is.
    """

    exercise: str
    status: str
    message: str = ""


def judge(exercise: Exercise, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> Finding:
    """Return the finding about an exercise, from the outcomes of its cases."""
    if outcomes[-1].is_hole:
        return Finding(exercise.name, HOLE)
    error = _error(cases, outcomes)
    ended = outcomes[:-1] if error else outcomes
    message = _wrong_result(exercise, cases[: len(ended)], ended) if ended else None
    message = message or error or _changed(outcomes) or _slow(exercise, outcomes)
    return Finding(exercise.name, WRONG if message else RIGHT, message or "")


def _wrong_result(
    exercise: Exercise, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> str | None:
    """Return what is wrong with the results of the cases that ran without an error."""
    return (
        _nothing_returned(exercise, outcomes)
        or _random(exercise, cases, outcomes)
        or _compared(exercise, cases, outcomes)
        or _list_returned(exercise, outcomes)
    )


def _error(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> str | None:
    error = outcomes[-1].error
    if error is None:
        return None
    arguments = cases[len(outcomes) - 1].arguments
    shapes = [f"{k} {np.shape(v)}" for k, v in arguments.items() if isinstance(v, np.ndarray)]
    is_call = error.startswith(("line ", "in "))
    return error + (f" (called with {', '.join(shapes)})" if shapes and is_call else "")


def _nothing_returned(exercise: Exercise, outcomes: Sequence[Outcome]) -> str | None:
    if exercise.in_place is None and any(outcome.value is None for outcome in outcomes):
        return "it returns nothing. Does it end with `return`?"
    wanted = len(exercise.returns)
    if wanted > 1 and any(_count(outcome.value) != wanted for outcome in outcomes):
        names = ", ".join(exercise.returns)
        return f"expected {wanted} results, as in `return {names}`; got {_kind(outcomes[0].value)}"
    return None


def _list_returned(exercise: Exercise, outcomes: Sequence[Outcome]) -> str | None:
    """Return advice for correct numbers in a list; formulas need arrays."""
    if exercise.lists or exercise.judge is not None:
        return None
    several = len(exercise.returns) > 1
    values = outcomes[0].value if several else [outcomes[0].value]
    if not any(isinstance(value, list) for value in values):
        return None
    return "the numbers are right, but in a Python list; return an array: `np.array(...)`"


def _count(value: Any) -> int:
    return len(value) if isinstance(value, (list, tuple)) else 1


def _kind(value: Any) -> str:
    """Return the kind of a result, in words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, (list, tuple)):
        return f"{len(value)} results"
    return f"a {value.type_name}" if isinstance(value, Foreign) else repr(value)


def _random(exercise: Exercise, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> str | None:
    if exercise.judge is None or len(outcomes) < len(cases_of(exercise)):
        return None
    return exercise.judge(cases, [outcome.value for outcome in outcomes])


def _compared(exercise: Exercise, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> str | None:
    """Compare results with the correct ones, and explain the difference."""
    if exercise.judge is not None:
        return None
    got = [_arrays(exercise, outcome.value) for outcome in outcomes]
    for outcome, arrays in zip(outcomes, got, strict=True):
        if arrays is None:
            return f"expected numbers; got {_kind(outcome.value)}"
    results = [arrays for arrays in got if arrays is not None]
    expected = [_call(exercise, exercise.right, case) for case in cases]
    wrong = [
        place
        for place in range(len(exercise.returns))
        if not _agree(results, expected, place, exercise.tolerance)
    ]
    if not wrong:
        return None
    return _explained(exercise, cases, results, expected, wrong)


def _explained(
    exercise: Exercise,
    cases: Sequence[Case],
    results: Sequence[Sequence[Array]],
    expected: Sequence[Sequence[Array]],
    wrong: Sequence[int],
) -> str:
    """Return one sentence for each mistake, with the names of the results it affects."""
    twins = _twins(exercise, cases)
    for places in (
        range(len(exercise.returns)),
        wrong,
    ):  # first those that explain correct results
        for text, twin in twins.items():
            if all(_agree(results, twin, place, exercise.tolerance) for place in places):
                return _sentence(exercise, {text: wrong})
    causes: dict[str, list[int]] = {}
    for place in wrong:
        text = _cause(exercise, cases, results, expected, twins, place)
        causes.setdefault(text, []).append(place)
    return _sentence(exercise, causes)


def _cause(
    exercise: Exercise,
    cases: Sequence[Case],
    results: Sequence[Sequence[Array]],
    expected: Sequence[Sequence[Array]],
    twins: dict[str, list[tuple[Array, ...]]],
    place: int,
) -> str:
    """Return the mistake in one result: a known one, a usual slip, both, or the numbers."""
    tolerance = exercise.tolerance
    pairs = _pairs(cases, results, expected, place)
    wrong_factor = factor(pairs, tolerance) if len(exercise.returns) > 1 else None
    if wrong_factor:
        return wrong_factor
    for text, twin in twins.items():
        if _agree(results, twin, place, tolerance):
            return text
    usual = slip(pairs, tolerance)
    if usual:
        return usual
    for text, twin in twins.items():
        also = factor(_pairs(cases, results, twin, place), tolerance)
        if also:
            return f"two things: {text}; and then {also}"
    return difference(pairs, tolerance)


def _pairs(
    cases: Sequence[Case],
    results: Sequence[Sequence[Array]],
    expected: Sequence[Sequence[Array]],
    place: int,
) -> Pairs:
    return [
        (case, got[place], want[place])
        for case, got, want in zip(cases, results, expected, strict=True)
    ]


def _twins(exercise: Exercise, cases: Sequence[Case]) -> dict[str, list[tuple[Array, ...]]]:
    """Return the results of each known mistake; those that cannot be computed are left out."""
    found = {}
    for text, mistake in exercise.mistakes.items():
        try:
            found[text] = [_call(exercise, mistake, case) for case in cases]
        except (ValueError, IndexError, TypeError):
            continue
    return found


def _call(exercise: Exercise, function: Any, case: Case) -> tuple[Array, ...]:
    """Return the results of our own function as arrays."""
    arguments = [real(value) for value in case.arguments.values()]
    with np.errstate(all="ignore"):
        value = function(*arguments)
    if exercise.in_place is not None:
        value = arguments[list(case.arguments).index(exercise.in_place)]
    arrays = _arrays(exercise, value)
    if arrays is None:
        raise ValueError("not numbers")
    return arrays


def _arrays(exercise: Exercise, value: Any) -> tuple[Array, ...] | None:
    """Return each result as an array of floats; None for anything else."""
    values = value if len(exercise.returns) > 1 else [value]
    try:
        return tuple(np.asarray(one, dtype=float) for one in values)
    except (ValueError, TypeError):
        return None


def _agree(
    results: Sequence[Sequence[Array]],
    expected: Sequence[Sequence[Array]],
    place: int,
    tolerance: float,
) -> bool:
    return all(
        same(got[place], want[place], tolerance)
        for got, want in zip(results, expected, strict=True)
    )


def _sentence(exercise: Exercise, causes: Mapping[str, Sequence[int]]) -> str:
    """Return "dW2 and db2 are right. dW1 and db1: the derivative is missing"."""
    names = exercise.returns
    wrong = {place for places in causes.values() for place in places}
    right = [name for place, name in enumerate(names) if place not in wrong]
    told = [
        f"{and_list([names[place] for place in places])}: {text}" if len(names) > 1 else text
        for text, places in causes.items()
    ]
    praise = f"{and_list(right)} {'is' if len(right) == 1 else 'are'} right. " if right else ""
    return praise + ". ".join(told)


def and_list(words: Sequence[str]) -> str:
    """Return words as "a", "a and b" or "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _changed(outcomes: Sequence[Outcome]) -> str | None:
    names = sorted({name for outcome in outcomes for name in outcome.changed})
    if not names:
        return None
    first = names[0]
    return (
        f"the result is right, but the function changes its argument {and_list(names)}. Work on a "
        f"copy, `{first} = {first}.copy()`, or write `{first} = {first} - ...` instead of "
        f"`{first} -= ...`"
    )


def _slow(exercise: Exercise, outcomes: Sequence[Outcome]) -> str | None:
    seconds = sum(outcome.seconds for outcome in outcomes)
    if exercise.seconds is None or seconds <= exercise.seconds:
        return None
    return (
        f"right, but it takes {seconds:.1f} s where NumPy needs a few hundredths. Which Python "
        "loop can become one operation on whole arrays?"
    )
