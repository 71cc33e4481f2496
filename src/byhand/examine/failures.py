"""Errors that a learner's functions raise when byhand calls them: which of them are mistakes.

A function may fail because byhand gave it something that it was not written for. That is told in a
note, or with an adapter, and is no accusation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from byhand.examine.result import UNSEEN, Cause, Result

FAILURES = ("shapes", "error")
"""Names of the causes that are errors."""

MISFITS = ("do not fit", "do not line up")
"""Parts of the messages about shapes."""

CALL_ERRORS = ("TypeError", "KeyError", "IndexError", "AttributeError", "ValueError")
"""Errors that a function may raise because byhand called it in a way that does not suit it."""

NOT_BY_CALL = (*MISFITS, "takes one number")
"""Parts of the messages of such errors that do not depend on how the code is called."""

NO_OUTPUT = "expected an output of"
"""Part of the message about a result that has no row for each example."""

COMPUTING = ("forward", "backward", "update", "train_step")
"""Pieces whose arguments are known well enough for an error about shapes to be theirs."""


def is_mistake(piece: str, text: str, inputs: int, skipped: Mapping[str, int]) -> bool:
    """Return whether an error is the learner's; others may be due to how byhand called the code.

    Args:
        piece: the piece that failed, such as "backward".
        text: the error in a sentence.
        inputs: number of inputs of a network that byhand asked for.
        skipped: names that the script would have defined, and their lines.
    """
    if _missing(text, skipped) is not None or NO_OUTPUT in text:
        return False
    if not any(f"{error}:" in text for error in CALL_ERRORS):
        return True
    if piece not in COMPUTING or not any(part in text for part in NOT_BY_CALL):
        return False
    message = text.rpartition("Error: ")[2]
    return piece != "forward" or str(inputs) not in re.findall(r"\d+", message)


def as_cause(piece: str, text: str) -> Cause:
    """Return the cause for a function that raised an error."""
    does_not_fit = any(part in text for part in MISFITS)
    return Cause("shapes" if does_not_fit else "error", piece, text, certain=does_not_fit)


def without_failures(result: Result) -> Result:
    """Return a result without accusations of errors, because the script itself ran without them."""
    failed = [cause for cause in result.causes if cause.name in FAILURES]
    texts = {cause.text for cause in failed}
    return replace(
        result,
        causes=tuple(cause for cause in result.causes if cause not in failed),
        checks=tuple(
            replace(check, status=UNSEEN, detail="") if check.detail in texts else check
            for check in result.checks
        ),
        notes=(*result.notes, *(as_note(text, {}) for text in texts)),
    )


def as_note(text: str, skipped: Mapping[str, int]) -> str:
    """Return the note about a function that byhand could not call."""
    name = _missing(text, skipped)
    if name is None:
        return (
            f"{text.rstrip('.')}. byhand may have called it in a way that does not suit it, so it "
            "was not compared; an adapter can call it."
        )
    return (
        f"{text} (line {skipped[name]} defines it, but only definitions are run before functions "
        f"are called: give {name} to the function as an argument, or write an adapter.)"
    )


def _missing(text: str, skipped: Mapping[str, int]) -> str | None:
    """Return the name of the script that an error misses, or None."""
    return next((name for name in skipped if f"name '{name}' is not defined" in text), None)
