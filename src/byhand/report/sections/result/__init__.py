"""Result: the name of the network and how well it does, above everything else."""

from __future__ import annotations

from typing import Any

from byhand.evaluation.metrics import wilson_interval
from byhand.evaluation.subject import Subject
from byhand.report.section import Contents, Section, Values


def _content(contents: Contents) -> Values:
    return {"score": _score(contents.subject)}


def _score(subject: Subject) -> dict[str, Any]:
    labels, correct = subject.predictions.labels, subject.predictions.correct
    count, wrong = len(correct), int((~correct).sum())
    low, high = wilson_interval(count - wrong, count)
    return {
        "accuracy": 1 - wrong / count,
        "low": low,
        "high": high,
        "count": count,
        "wrong": wrong,
        "loss": subject.network.evaluate(subject.images, labels)["loss"],
    }


SECTION = Section(name="result", place=10, title="", content=_content)
