"""Compare: two runs side by side, and the examples on which they disagree."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.evaluation.predictions import Predictions
from byhand.evaluation.significance import mcnemar_p
from byhand.evaluation.subject import Subject
from byhand.report.all_sections import Contents, Section, Values
from byhand.report.rivals import learnt_from, on_the_same


def _content(contents: Contents) -> Values | None:
    rival, subject = contents.options.rival, contents.subject
    if rival is None:
        return None
    theirs = on_the_same(rival, subject)
    content: Values = {
        "names": [rival.own_name, rival.name],
        "networks": [_facts(subject), _facts(rival.subject)],
        "seconds": rival.seconds,
        "differences": [list(one) for one in rival.differences],
        "learnt_from": learnt_from(rival, subject),
        "both": None if theirs is None else _both(subject.predictions, theirs),
    }
    if theirs is not None:
        content["arrays"] = {
            "rival_predictions": theirs.predicted.astype(np.uint16),
            "rival_confidence": theirs.confidence[contents.shown].astype(np.float32),
        }
    return content


def _facts(subject: Subject) -> dict[str, Any]:
    return {
        "layers": subject.network.shape_text,
        "parameters": subject.network.parameters.vector.size,
        "accuracy": float(subject.predictions.correct.mean()),
        "examples": f"{len(subject.test):,} {subject.examples}",
    }


def _both(first: Predictions, second: Predictions) -> dict[str, Any]:
    """Return how often both, only one or neither is right, with the probability by chance."""
    only_first = int((first.correct & ~second.correct).sum())
    only_second = int((~first.correct & second.correct).sum())
    return {
        "both": int((first.correct & second.correct).sum()),
        "only": [only_first, only_second],
        "neither": int((~first.correct & ~second.correct).sum()),
        "chance": mcnemar_p(only_first, only_second),
    }


SECTION = Section(
    name="compare",
    place=28,
    title="Compare",
    help="Two runs: what differs, how well each does, and where they disagree.",
    content=_content,
)
