"""Result: the network's name and its accuracy, above everything else."""

from __future__ import annotations

from typing import Any

from byhand.evaluation.confidence_interval import wilson_interval
from byhand.evaluation.label_scores import label_scores
from byhand.evaluation.subject import Subject
from byhand.report.all_sections import ALL_TASKS, Contents, Section, Values
from byhand.report.tasks import gives_labels, predicts_values, quantities


def _content(contents: Contents) -> Values:
    subject = contents.subject
    if gives_labels(subject):
        return {"score": _of_labels(subject)}
    return {"score": _of_values(subject) if predicts_values(subject) else _score(subject)}


def _of_labels(subject: Subject) -> dict[str, Any]:
    network, marks = subject.network, subject.test.labels
    assert marks is not None  # noqa: S101 - refused when the subject was made
    scores = label_scores(marks, network.predict(subject.images))
    return {
        "exact": scores.exact_matches,
        "count": scores.examples,
        "hamming": scores.hamming_loss,
        "f1": scores.of_labels.macro()["f1"],
        "loss": network.evaluate(subject.images, marks)["loss"],
    }


def _of_values(subject: Subject) -> dict[str, Any]:
    known = quantities(subject.network, subject.test)
    assert subject.test.labels is not None  # noqa: S101 - refused when the subject was made
    loss = subject.network.evaluate(subject.images, subject.test.labels)["loss"]
    count = len(subject.test)
    return {"r2": known.r2, "rmse": known.rmse, "mae": known.mae, "count": count, "loss": loss}


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


SECTION = Section(name="result", place=10, title="", content=_content, tasks=ALL_TASKS)
