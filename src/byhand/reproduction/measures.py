"""The measures of a run that are compared with published figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]


@dataclass(frozen=True)
class Measure:
    """One number of a run.

    Args:
        label: its name in tables.
        meaning: what it measures.
        of: function that reads it from the results in run.json; None if it is not there.
        is_fraction: whether it is printed as per cent.
        is_comparable: whether it is independent of the machine, so that a verdict makes sense.
    """

    label: str
    meaning: str
    of: Callable[[Results], float | None]
    is_fraction: bool = True
    is_comparable: bool = True

    def text(self, value: float) -> str:
        """Return the number in the form that tables show."""
        return f"{100 * value:.2f}" if self.is_fraction else f"{value:.0f} s"


def _accuracy(part: str) -> Callable[[Results], float | None]:
    def read(results: Results) -> float | None:
        scores = results.get(part) or {}
        return scores.get("accuracy")

    return read


MEASURES: dict[str, Measure] = {
    "train_accuracy": Measure(
        "train", "accuracy on the training images, after training", _accuracy("train")
    ),
    "validation_accuracy": Measure(
        "validation", "accuracy on the validation images", _accuracy("validation")
    ),
    "test_accuracy": Measure(
        "test", "accuracy on images that training never used", _accuracy("test")
    ),
    "mean_epoch_accuracy": Measure(
        "mean epoch",
        "mean over the epochs of the training accuracy, measured while training",
        lambda results: results.get("mean_epoch_accuracy"),
    ),
    "seconds": Measure(
        "time",
        "seconds that training took",
        lambda results: results.get("seconds"),
        is_fraction=False,
        is_comparable=False,
    ),
}
