"""Decides which predictions to doubt: a small second network gives its opinion on each.

With c the prediction, p its probability, and q the opinion of the second network on the classes and
on "none of these" (`second_opinion.py`), a prediction is doubted if

    p(c) q(c)^(1/3) (1 - q(none)) < least_confidence,  or  p(c) < 1/3

because below 1/3 it is a guess, however weak the whole network is. The cube root lets strangers
count where the network is weak and many known images have a small q(c). The verdict is "strange"
rather than "unsure" if q is largest for "none of these".

The limit is a quantile of the product on images on which neither network was trained, including
those below 1/3, so that few known images are doubted. Tables have no strangers: only p(c) counts.

A doubt is stored in `net.facts["doubt"]` as plain JSON, so that the page of a report reads the same
numbers (`doubt.js`). docs/own-data.md has its rates.

Source: D. Hendrycks, K. Gimpel, A Baseline for Detecting Misclassified and Out-of-Distribution
Examples, 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.data import Preparation
from byhand.errors import FormatError
from byhand.evaluation.second_opinion import MOST_KNOWN, SecondOpinion
from byhand.lazy_rows import select_rows
from byhand.network import Network
from byhand.network.targets import CLASSES
from byhand.randomness import stream

SURE, UNSURE, STRANGE = "", "unsure", "strange"
"""Kinds of doubt: none, too little confidence, or an input unlike the training data."""

DOUBTED = 0.018
"""Fraction of validation examples that are doubted; of other writers' images it is about 2 %."""

GUESSED = 1 / 3
"""Below this probability a prediction is a guess, and always doubted."""

LEAST_CONFIDENCE = 0.6
"""The limit for models that store no doubt, such as those of few examples."""

FEWEST = 100  # smallest number of known examples that sets a limit
ROWS = 4096


@dataclass(frozen=True, eq=False)
class Doubt:
    """The limit below which a prediction is doubted, and the second network.

    Args:
        least_confidence: a prediction is doubted if the product is less, or p(c) less than 1/3;
            above 0.
        second: the second network; None for tables.
    """

    least_confidence: float
    second: SecondOpinion | None = None

    def about(self, net: Network, x: Array) -> list[str]:
        """Return "", "unsure" or "strange" for each input."""
        confidence, is_strange = _judged(net, x, self.second)
        words = np.where(is_strange, STRANGE, UNSURE)
        said: list[str] = np.where(confidence < self.least_confidence, words, SURE).tolist()
        return said

    # --- fitting --------------------------------------------------------------------------------

    @classmethod
    def fit(
        cls,
        net: Network,
        train: Array,
        labels: IntArray,
        validation: Array | None = None,
        *,
        seed: int = 0,
    ) -> Self | None:
        """Learn which predictions to doubt; return None for networks of values or too few examples.

        Args:
            net: a trained classifier.
            train: raw training inputs (n, ...).
            labels: their classes (n,).
            validation: raw inputs that the network did not learn from; without them a tenth of
                the training inputs sets the limit.
            seed: seed of all random numbers.
        """
        if net.task != CLASSES or len(train) < FEWEST:
            return None
        rng = stream(seed, "doubt")
        chosen = rng.permutation(len(train))[: MOST_KNOWN + len(train) // 10]
        labels = np.asarray(labels)
        if validation is None or len(validation) < FEWEST:
            held = max(len(chosen) // 10, 1)
            validation, chosen = select_rows(train, chosen[:held]), chosen[held:]
        second = None
        if train.ndim == 3 and train.dtype == np.uint8:
            known = select_rows(train, chosen)
            way = _preparation(net) or Preparation.for_images(known)
            second = SecondOpinion.fit(known, labels[chosen], way, _class_names(net), rng)
        confidence, _ = _judged(net, validation, second)
        limit = float(np.quantile(confidence, DOUBTED))
        return cls(max(limit, np.finfo(np.float64).tiny), second)

    # --- stored with the model ------------------------------------------------------------------

    @classmethod
    def of(cls, net: Network) -> Self | None:
        """Read the doubt that is stored with a model; None where there is none.

        Raises:
            FormatError: the stored values are damaged.
        """
        stored = net.facts.get("doubt")
        if stored is None:
            return None
        try:
            second = stored.get("second")
            if "strange" in stored or (second and "sees" not in second and "weights" in second):
                return None  # written by an older byhand, whose second network saw pixels
            limit = float(stored["least_confidence"])
            if not np.isfinite(limit):
                raise ValueError(f"a limit of {limit}")
            if stored["second"] is None:
                return cls(limit)
            shape = Preparation.of(net).shape
            return cls(limit, SecondOpinion.of(second, max(net.widths[-1], 2), shape))
        except (TypeError, LookupError, ValueError, AttributeError, OverflowError) as error:
            raise FormatError(f"the doubt stored with the model is damaged: {error}") from error

    def config(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        second = self.second and self.second.config()
        return {"least_confidence": self.least_confidence, "second": second}


def _judged(net: Network, x: Array, second: SecondOpinion | None) -> tuple[FloatArray, Array]:
    """The product of each prediction, 0 if p(c) < 1/3, and whether its input is of no class."""
    confidence, is_strange = np.zeros(len(x)), np.zeros(len(x), bool)
    for start in range(0, len(x), ROWS):
        part = slice(start, start + ROWS)
        p = _probabilities(net, x[part])
        answer: IntArray = p.argmax(axis=1)[:, None]
        confidence[part] = np.take_along_axis(p, answer, axis=1)[:, 0]
        if second is not None:
            q = second(_images(net, x[part]))
            agreed = np.take_along_axis(q, answer, axis=1)[:, 0]
            confidence[part] *= np.cbrt(agreed) * q[:, :-1].sum(axis=1)
            is_strange[part] = q.argmax(axis=1) == q.shape[1] - 1
        confidence[part][p.max(axis=1) < GUESSED] = 0
    return confidence, is_strange


def _probabilities(net: Network, x: Array) -> FloatArray:
    """Return the probabilities of the classes; for a single sigmoid, of its two classes."""
    p = net.forward(x).output.astype(np.float64)
    return np.hstack([1 - p, p]) if p.shape[1] == 1 else p


def _images(net: Network, x: Array) -> Array:
    """Inputs as images, also if they are rows of pixels."""
    return x if x.ndim == 3 else x.reshape(len(x), *Preparation.of(net).shape)


def _preparation(net: Network) -> Preparation | None:
    return Preparation.of(net) if net.facts.get("preparation") else None


def _class_names(net: Network) -> list[str]:
    count = max(net.widths[-1], 2)
    return net.class_names or [str(k) for k in range(count)]
