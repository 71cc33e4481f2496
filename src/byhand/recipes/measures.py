"""What is measured of a run and compared with what its source published."""

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
        meaning: what it is, in a sentence.
        of: reads it from the results that `run.json` holds; None where there is none.
        is_share: whether it is printed as per cent.
    """

    label: str
    meaning: str
    of: Callable[[Results], float | None]
    is_share: bool = True

    @property
    def higher_is_better(self) -> bool:
        """True for shares of right answers, False for times."""
        return self.is_share

    def text(self, value: float) -> str:
        """The number as tables show it."""
        return f"{100 * value:.2f}" if self.is_share else f"{value:.0f} s"


def _accuracy(part: str) -> Callable[[Results], float | None]:
    def read(results: Results) -> float | None:
        scores = results.get(part) or {}
        return scores.get("accuracy")

    return read


MEASURES: dict[str, Measure] = {
    "train_accuracy": Measure(
        "train", "accuracy on the images it was trained on, after training", _accuracy("train")
    ),
    "validation_accuracy": Measure(
        "held out", "accuracy on the images held out while training", _accuracy("validation")
    ),
    "test_accuracy": Measure(
        "test", "accuracy on images that training never saw", _accuracy("test")
    ),
    "mean_epoch_accuracy": Measure(
        "mean epoch",
        "training accuracy of each epoch, taken while it learns, averaged over the epochs",
        lambda results: results.get("mean_epoch_accuracy"),
    ),
    "seconds": Measure(
        "time", "seconds that training took", lambda results: results.get("seconds"), is_share=False
    ),
}
