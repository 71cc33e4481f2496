"""Which answers to doubt: a small second network gives its opinion on each.

With c the answer, p its probability, q the opinion of the second network on the classes and on
"none of these", and r the distance of the pixels from the images of class c (`Subspaces`), an
answer is doubted if

    p(c) q(c) sqrt(1 - q(none)) exp(-r(c) / spread) < least_confidence,  or  p(c) < 1/3

because such an answer is a guess, however weak the whole network is. The root lets strangers count
where the network is weak and many known images have a small q(c). The input is called strange,
rather than the answer unsure, if q is largest for "none of these".

    v = (3 pooled pixels / 255, last hidden layer / unit)
    q = softmax(relu(v W1 + b1) W2 + b2)

The second network has 128 units; `spread` is the standard deviation of r. It learns at the end of a
run from training images and from strangers: letters and scribbles made by program, filled things,
broken training images (`byhand.data.strangers`). The limit is a quantile of the product on images
that neither network learnt from, those below 1/3 included, so that few known images are doubted.
Tables have no strangers; there only p(c) counts.

A doubt is stored in `net.facts["doubt"]` as plain JSON, with W1 in bytes, so that the page of a
report reads the same numbers (`doubt.js`). docs/own-data.md has its rates.

Sources: D. Hendrycks, K. Gimpel, A Baseline for Detecting Misclassified and Out-of-Distribution
Examples, 2017; D. Hendrycks et al., Deep Anomaly Detection with Outlier Exposure, 2019.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.data import Preparation
from byhand.data.strangers import strangers
from byhand.errors import FormatError
from byhand.evaluation.subspaces import Subspaces
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer, Network
from byhand.network.targets import CLASSES
from byhand.randomness import stream

SURE, UNSURE, STRANGE = "", "unsure", "strange"
"""Kinds of doubt: none, too little confidence, or an input unlike the training data."""

DOUBTED = 0.018
"""Fraction of validation examples that are doubted; 2 % of others, who write differently."""

GUESSED = 1 / 3
"""Below this probability an answer is a guess, and always doubted."""

UNITS = 128
EPOCHS = 5
BATCH = 256
MOST_KNOWN = 32_000  # training images that the second network learns from
MOST_STRANGERS = 12_000
MOST_MADE = 6_000  # so many different ones; making them takes longest
FEWEST = 100  # so many known examples are needed to set a limit
ROWS = 4096
POOLED = 14  # images are shrunk to at most so many pixels each way
BRIGHT = 3.0  # full ink, among inputs of standard deviation 1


@dataclass(frozen=True, eq=False)
class SecondOpinion:
    """The second network: q = softmax(relu(v W1 + b1) W2 + b2).

    Args:
        weights: W1 as whole numbers from -127 to 127, int8 (inputs, UNITS).
        scale: what each column of them is multiplied by (UNITS,).
        bias: b1 (UNITS,).
        output: W2 (UNITS, classes + 1); the last column is "none of these".
        output_bias: b2 (classes + 1,).
        unit: the standard deviation of the last hidden layer.
        subspaces: the images of each class.
        spread: the standard deviation of r.
    """

    weights: Array
    scale: FloatArray
    bias: FloatArray
    output: FloatArray
    output_bias: FloatArray
    unit: float
    subspaces: Subspaces
    spread: float = 1.0

    def __call__(self, images: Array, hidden: FloatArray) -> FloatArray:
        """Return q (n, classes + 1) of raw images and of their last hidden layer (n, hidden)."""
        v = _inputs(images, hidden, self.unit)
        first = np.maximum(v @ (self.weights * self.scale) + self.bias, 0)
        z = first @ self.output + self.output_bias
        exponentials = np.exp(z - z.max(axis=1, keepdims=True))
        q: FloatArray = exponentials / exponentials.sum(axis=1, keepdims=True)
        return q

    def judge(
        self, images: Array, hidden: FloatArray, answer: IntArray
    ) -> tuple[FloatArray, Array]:
        """Return q(c) sqrt(1 - q(none)) exp(-r(c) / spread), and whether "none" is likeliest."""
        q = self(images, hidden)
        agreed = np.take_along_axis(q, answer[:, None], axis=1)[:, 0]
        near = np.exp(-self.distance(images, answer) / self.spread)
        return agreed * np.sqrt(q[:, :-1].sum(axis=1)) * near, q.argmax(axis=1) == q.shape[1] - 1

    def distance(self, images: Array, answer: IntArray) -> FloatArray:
        """Return r of each image from those of its answer (n,)."""
        return self.subspaces.distance(_pooled(images), answer)


@dataclass(frozen=True, eq=False)
class Doubt:
    """The limit below which an answer is doubted, and the second network.

    Args:
        least_confidence: an answer is doubted if the product is less, or p(c) less than 1/3;
            above 0.
        second: the second network; None for tables.
    """

    least_confidence: float
    second: SecondOpinion | None = None

    def about(self, net: Network, x: Array) -> list[str]:
        """Return "", "unsure" or "strange" for each input."""
        if self.second is not None:
            x = x.reshape(len(x), *Preparation.of(net).shape)  # rows of pixels are images as well
        said: list[str] = []
        for start in range(0, len(x), ROWS):
            confidence, is_strange = _judged(net, x[start : start + ROWS], self.second)
            words = np.where(is_strange, STRANGE, UNSURE)
            said += np.where(confidence < self.least_confidence, words, SURE).tolist()
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
        """Learn what the network knows; return None if it predicts values, or of too few examples.

        Args:
            net: a trained classifier.
            train: raw training inputs (n, ...).
            labels: their classes (n,).
            validation: raw inputs that the network did not learn from; without them a tenth of
                the training inputs sets the limit.
            seed: of all chance.
        """
        if net.task != CLASSES or len(train) < FEWEST:
            return None
        rng = stream(seed, "doubt")
        chosen = rng.permutation(len(train))[: MOST_KNOWN + len(train) // 10]
        train, labels = train[chosen], np.asarray(labels)[chosen]
        if validation is None or len(validation) < FEWEST:
            held = max(len(train) // 10, 1)
            train, labels, validation = train[held:], labels[held:], train[:held]
        second = None
        if train.ndim == 3 and train.dtype == np.uint8:
            second = _learn(net, train[:MOST_KNOWN], labels[:MOST_KNOWN], rng)
            second = replace(second, spread=_spread(net, validation, second))
        parts = (validation[at : at + ROWS] for at in range(0, len(validation), ROWS))
        confidence = np.concatenate([_judged(net, part, second)[0] for part in parts])
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
            if "strange" in stored:  # written by the first detector
                return None
            second = stored["second"]
            if second and "weights" in second and "subspaces" not in second:  # by the second one
                return None
            second = None if second is None else _second(second, net)
            return cls(float(stored["least_confidence"]), second)
        except (TypeError, LookupError, ValueError, AttributeError, OverflowError) as error:
            raise FormatError(f"the doubt stored with the model is damaged: {error}") from error

    def config(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        second = self.second and {
            "weights": base64.b64encode(self.second.weights.tobytes()).decode(),
            "scale": self.second.scale.tolist(),
            "bias": self.second.bias.tolist(),
            "output": self.second.output.tolist(),
            "output_bias": self.second.output_bias.tolist(),
            "unit": self.second.unit,
            "subspaces": self.second.subspaces.config(),
            "spread": self.second.spread,
        }
        return {"least_confidence": self.least_confidence, "second": second}


def _second(stored: Mapping[str, Any], net: Network) -> SecondOpinion:
    scale, bias, output, output_bias = (
        np.array(stored[name], np.float64) for name in ("scale", "bias", "output", "output_bias")
    )
    classes = max(net.widths[-1], 2)
    if bias.shape != scale.shape or output.shape != (len(scale), classes + 1):
        raise ValueError("arrays of several lengths")
    if output_bias.shape != (classes + 1,):
        raise ValueError("arrays of several lengths")
    bytes_ = base64.b64decode(stored["weights"], validate=True)
    weights = np.frombuffer(bytes_, np.int8).reshape(-1, len(scale))
    pixels, hidden = int(np.prod(_pooled_shape(Preparation.of(net).shape))), net.widths[-2]
    if len(weights) != pixels + hidden:
        raise ValueError(f"for {len(weights) - pixels} hidden units, not {hidden}")
    subspaces = Subspaces.of(stored["subspaces"], classes, pixels)
    unit, spread = float(stored["unit"]), float(stored["spread"])
    return SecondOpinion(weights, scale, bias, output, output_bias, unit, subspaces, spread)


# --- the second network -------------------------------------------------------------------------


def _learn(net: Network, train: Array, labels: IntArray, rng: np.random.Generator) -> SecondOpinion:
    """Train the second network on training images and on strangers, half as many or fewer."""
    count = min(MOST_STRANGERS, max(len(train) // 2, 500))
    way = Preparation.of(net) if net.facts.get("preparation") else Preparation.for_images(train)
    made = min(count, MOST_MADE)
    strange = strangers(train, way, made, rng, letters=_are_digits(net.class_names))
    strange = strange[np.arange(count) % len(strange)]
    images = np.concatenate([train, strange])
    hidden = np.concatenate(
        [_seen(net, images[at : at + ROWS])[0] for at in range(0, len(images), ROWS)]
    )
    unit = float(hidden.std()) or 1.0
    v = _inputs(images, hidden, unit)
    classes = max(net.widths[-1], 2)
    learner = MultiLayerPerceptron(
        [
            InputLayer(v.shape[1], "none"),
            DenseLayer(UNITS, "relu"),
            DenseLayer(classes + 1, "softmax"),
        ],
        seed=int(rng.integers(1 << 31)),
    )
    known = np.concatenate([labels, np.full(len(strange), classes)]).astype(np.int64)
    learner.fit(
        v, known, epochs=EPOCHS, batch_size=BATCH, l2=1e-5, learning_rate=5e-3,
        schedule="cosine", verbose=0,
    )  # fmt: skip
    found = {name: values.astype(np.float64) for name, values in learner.parameters.items()}
    scale = np.maximum(np.abs(found["W1"]).max(axis=0), 1e-12) / 127
    return SecondOpinion(
        np.round(found["W1"] / scale).astype(np.int8),
        scale,
        found["b1"].ravel(),
        found["W2"],
        found["b2"].ravel(),
        unit,
        Subspaces.fit(_pooled(train), labels, classes),
    )


def _inputs(images: Array, hidden: FloatArray, unit: float) -> FloatArray:
    """v: the pooled pixels and the last hidden layer, both of a size that is easy to learn."""
    pixels = _pooled(images)
    v = np.empty((len(images), pixels.shape[1] + hidden.shape[1]), np.float32)
    np.multiply(pixels, BRIGHT / 255, out=v[:, : pixels.shape[1]])
    np.divide(hidden, unit, out=v[:, pixels.shape[1] :])
    return v


def _pooled(images: Array) -> FloatArray:
    """Means of blocks of b x b pixels, b = ceil(longer side / POOLED), beyond the image 0."""
    height, width = images.shape[1:]
    down, right = _pooled_shape((height, width))
    block = -(-max(height, width) // POOLED)
    padded = np.pad(images, ((0, 0), (0, down * block - height), (0, right * block - width)))
    sums = np.zeros((len(images), down, right), np.float32)
    for row, column in np.ndindex(block, block):
        sums += padded[:, row::block, column::block]
    means: FloatArray = sums.reshape(len(images), -1) / block**2
    return means


def _pooled_shape(shape: tuple[int, int]) -> tuple[int, int]:
    block = -(-max(shape) // POOLED)
    return -(-shape[0] // block), -(-shape[1] // block)


def _are_digits(class_names: list[str] | None) -> bool:
    return not any(set(str(name)) & set(string.ascii_letters) for name in class_names or [])


def _judged(net: Network, x: Array, second: SecondOpinion | None) -> tuple[FloatArray, Array]:
    """The product of each answer, 0 if p(c) < 1/3, and whether the input is none of the classes."""
    hidden, p = _seen(net, x)
    answer = _classes_of(p)
    confidence = np.take_along_axis(p, answer[:, None], axis=1)[:, 0]
    confidence[confidence < GUESSED] = 0
    if second is None:
        return confidence, np.zeros(len(x), bool)
    agreed, is_strange = second.judge(x, hidden, answer)
    return confidence * agreed, is_strange


def _classes_of(p: FloatArray) -> IntArray:
    answer: IntArray = p.argmax(axis=1)
    return answer


def _spread(net: Network, x: Array, second: SecondOpinion) -> float:
    """The standard deviation of r among known images."""
    parts = (x[at : at + ROWS] for at in range(0, len(x), ROWS))
    r = [second.distance(part, _classes_of(_seen(net, part)[1])) for part in parts]
    return float(np.concatenate(r).std()) or 1.0


def _seen(net: Network, x: Array) -> tuple[FloatArray, FloatArray]:
    """The last hidden layer's output (n, hidden), and the probabilities of the classes."""
    cache = net.forward(x)
    hidden = cache.layers[-2].a if len(cache.layers) > 1 else cache.input.a
    p = cache.output.astype(np.float64)
    return hidden, np.hstack([1 - p, p]) if p.shape[1] == 1 else p
