"""Which answers to doubt: those of little confidence, and those to unlike inputs.

With p the probabilities of the classes and h the last hidden layer's output,

    unsure:   max(p) < least_confidence
    strange:  s(h) = relu(h W1 + b1) W2 + b2 > limit

The second is a small network of 64 units, trained at the end to tell h of training images from h of
strangers: letters and scribbles made by program, filled things, broken training images
(`byhand.data.strangers`). Both limits are quantiles on images that neither network learnt from, so
that few known images are doubted. Tables have no strangers; there only confidence is judged.

A doubt is stored in `net.facts["doubt"]` as plain JSON, with W1 in bytes, so that the page of a
report reads the same numbers (`doubt.js`). docs/own-data.md has its rates.

Sources: D. Hendrycks, K. Gimpel, A Baseline for Detecting Misclassified and Out-of-Distribution
Examples, 2017; D. Hendrycks et al., Deep Anomaly Detection with Outlier Exposure, 2019.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.data import Preparation
from byhand.data.strangers import strangers
from byhand.errors import FormatError
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer, Network
from byhand.network.targets import CLASSES
from byhand.randomness import stream

SURE, UNSURE, STRANGE = "", "unsure", "strange"
"""What is said of an answer: nothing, too little confidence, or an input unlike the training's."""

DOUBTED = {UNSURE: 0.013, STRANGE: 0.008}
"""Fraction of known examples that each rule may doubt."""

UNITS = 64
EPOCHS = 8
MOST_KNOWN = 10_000  # training images that the small network learns from; more changed little
MOST_STRANGERS = 5_000
FEWEST = 100  # so many known examples are needed to set a limit
ROWS = 4096


@dataclass(frozen=True, eq=False)
class Strangeness:
    """The small network and its limit: s(h) = relu(h W1 + b1) W2 + b2 > limit.

    Args:
        weights: W1 as whole numbers from -127 to 127, int8 (hidden, UNITS).
        scale: what each column of them is multiplied by (UNITS,).
        bias: b1 (UNITS,).
        output: W2 (UNITS,).
        limit: limit of s, less b2.
    """

    weights: Array
    scale: FloatArray
    bias: FloatArray
    output: FloatArray
    limit: float = 0.0

    def score(self, hidden: FloatArray) -> FloatArray:
        """Return s(h) - limit for each row (n, hidden): strange where it is above 0."""
        first = np.maximum(hidden.astype(np.float64) @ (self.weights * self.scale) + self.bias, 0)
        scores: FloatArray = first @ self.output - self.limit
        return scores


@dataclass(frozen=True, eq=False)
class Doubt:
    """What is known of a network's examples, and the limits beyond which an answer is doubted.

    Args:
        least_confidence: an answer with less is unsure.
        strangeness: tells inputs that are unlike the training's; None for tables.
    """

    least_confidence: float
    strangeness: Strangeness | None = None

    def about(self, net: Network, x: Array) -> list[str]:
        """Return "", "unsure" or "strange" for each input."""
        said = []
        for start in range(0, len(x), ROWS):
            hidden, confidence = _seen(net, x[start : start + ROWS])
            words = np.where(confidence < self.least_confidence, UNSURE, SURE).astype("<U7")
            if self.strangeness is not None:
                words[self.strangeness.score(hidden) > 0] = STRANGE
            said += words.tolist()
        return said

    # --- fitting --------------------------------------------------------------------------------

    @classmethod
    def fit(
        cls, net: Network, train: Array, validation: Array | None = None, *, seed: int = 0
    ) -> Self | None:
        """Learn what the network knows; return None if it predicts values, or of too few examples.

        Args:
            net: a trained classifier.
            train: raw training inputs (n, ...).
            validation: raw inputs that the network did not learn from; without them a tenth of
                the training inputs sets the limits.
            seed: of all chance.
        """
        if net.task != CLASSES or len(train) < FEWEST:
            return None
        rng = stream(seed, "doubt")
        train = train[rng.permutation(len(train))[: MOST_KNOWN + len(train) // 10]]
        if validation is None or len(validation) < FEWEST:
            held = max(len(train) // 10, 1)
            train, validation = train[held:], train[:held]
        hidden, confidence = _all_seen(net, validation)
        strangeness = None
        if train.ndim == 3 and train.dtype == np.uint8:
            strangeness = _learn(net, train[:MOST_KNOWN], hidden, rng)
        return cls(float(np.quantile(confidence, DOUBTED[UNSURE])), strangeness)

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
            strange = stored["strange"]
            known = None if strange is None else _strangeness(strange)
            if known is not None and len(known.weights) != _last_hidden(net):
                raise ValueError(f"for {len(known.weights)} hidden units, not {_last_hidden(net)}")
            return cls(float(stored["least_confidence"]), known)
        except (TypeError, LookupError, ValueError, AttributeError, OverflowError) as error:
            raise FormatError(f"the doubt stored with the model is damaged: {error}") from error

    def config(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        known = self.strangeness
        strange = known and {
            "weights": base64.b64encode(known.weights.tobytes()).decode(),
            "scale": known.scale.tolist(),
            "bias": known.bias.tolist(),
            "output": known.output.tolist(),
            "limit": known.limit,
        }
        return {"least_confidence": self.least_confidence, "strange": strange}


def _strangeness(stored: Mapping[str, Any]) -> Strangeness:
    scale, bias, output = (
        np.array(stored[name], np.float64) for name in ("scale", "bias", "output")
    )
    if not scale.ndim == 1 or not scale.shape == bias.shape == output.shape:
        raise ValueError("arrays of several lengths")
    weights = np.frombuffer(base64.b64decode(stored["weights"], validate=True), np.int8)
    return Strangeness(weights.reshape(-1, len(scale)), scale, bias, output, float(stored["limit"]))


# --- the small network --------------------------------------------------------------------------


def _learn(
    net: Network, train: Array, held_out: FloatArray, rng: np.random.Generator
) -> Strangeness:
    """Train the small network; its limit is a quantile of the held-out examples' scores."""
    count = min(MOST_STRANGERS, max(len(train) // 2, 500))
    way = Preparation.of(net) if net.facts.get("preparation") else Preparation.for_images(train)
    strange = strangers(train, way, count, rng, letters=_are_digits(net.class_names))
    hidden = np.concatenate([_all_seen(net, images)[0] for images in (train, strange)])
    unit = float(hidden.std()) or 1.0
    judge = MultiLayerPerceptron(
        [
            InputLayer(hidden.shape[1], "none"),
            DenseLayer(UNITS, "relu"),
            DenseLayer(1, "sigmoid"),
        ],
        seed=int(rng.integers(1 << 31)),
    )
    is_strange = np.arange(len(hidden)) >= len(train)
    judge.fit(
        hidden / unit, is_strange.astype(np.int64), epochs=EPOCHS, batch_size=64, l2=1e-5,
        learning_rate=2e-3, schedule="cosine", verbose=0,
    )  # fmt: skip
    W1 = judge.parameters["W1"].astype(np.float64) / unit
    scale = np.maximum(np.abs(W1).max(axis=0), 1e-12) / 127
    found = Strangeness(
        np.round(W1 / scale).astype(np.int8),
        scale,
        judge.parameters["b1"].astype(np.float64),
        judge.parameters["W2"][:, 0].astype(np.float64),
    )
    limit = np.quantile(found.score(held_out), 1 - DOUBTED[STRANGE])
    return Strangeness(found.weights, found.scale, found.bias, found.output, float(limit))


def _are_digits(class_names: list[str] | None) -> bool:
    return not any(set(str(name)) & set(string.ascii_letters) for name in class_names or [])


def _seen(net: Network, x: Array) -> tuple[FloatArray, FloatArray]:
    """The last hidden layer's output (n, hidden), and the confidence of the answer (n,)."""
    cache = net.forward(x)
    hidden = cache.layers[-2].y if len(cache.layers) > 1 else cache.input.y
    outputs = cache.output
    confidence = outputs.max(axis=1)
    return hidden, np.maximum(confidence, 1 - confidence) if outputs.shape[1] == 1 else confidence


def _all_seen(net: Network, x: Array) -> tuple[FloatArray, FloatArray]:
    parts = [_seen(net, x[start : start + ROWS]) for start in range(0, len(x), ROWS)]
    hidden, confidence = zip(*parts, strict=True)
    return np.concatenate(hidden), np.concatenate(confidence)


def _last_hidden(net: Network) -> int:
    return net.widths[-2]
