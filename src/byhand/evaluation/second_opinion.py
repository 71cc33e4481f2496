"""A small second network, which gives its own opinion on images: a class, or "none of these".

    v = edges / unit
    q = softmax(relu(v W1 + b1) W2 + b2)

It sees the edges of an image (`oriented_gradients.py`) rather than its pixels, so that its mistakes
differ from those of the network that it checks. It learns from training images and from
strangers: letters and scribbles made by a program, filled shapes, distorted training images
(`byhand.data.out_of_distribution`).

Source: D. Hendrycks et al., Deep Anomaly Detection with Outlier Exposure, 2019.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.data import Preparation
from byhand.data.out_of_distribution import strangers
from byhand.evaluation.oriented_gradients import count_edges, edges
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer

UNITS = 128
EPOCHS = 7
BATCH = 256
MOST_KNOWN = 32_000
"""Largest number of training images that the second network learns from."""

MOST_STRANGERS = 14_000
FEWEST_STRANGERS = 500


@dataclass(frozen=True, eq=False)
class SecondOpinion:
    """The second network: q = softmax(relu(v W1 + b1) W2 + b2).

    Args:
        weights: W1 as whole numbers from -127 to 127, int8 (edges, UNITS).
        scale: what each column of them is multiplied by (UNITS,).
        bias: b1 (UNITS,).
        output: W2 (UNITS, classes + 1); the last column is "none of these".
        output_bias: b2 (classes + 1,).
        unit: the standard deviation of the edges.
    """

    weights: Array
    scale: FloatArray
    bias: FloatArray
    output: FloatArray
    output_bias: FloatArray
    unit: float

    def __call__(self, images: Array) -> FloatArray:
        """Return q (n, classes + 1) of raw images (n, height, width)."""
        first = np.maximum(edges(images) / self.unit @ (self.weights * self.scale) + self.bias, 0)
        z = first @ self.output + self.output_bias
        exponentials = np.exp(z - z.max(axis=1, keepdims=True))
        q: FloatArray = exponentials / exponentials.sum(axis=1, keepdims=True)
        return q

    @classmethod
    def fit(
        cls,
        images: Array,
        labels: IntArray,
        preparation: Preparation,
        class_names: list[str],
        rng: np.random.Generator,
    ) -> Self:
        """Learn from training images and from strangers, half as many or fewer.

        Args:
            images: training images, uint8 (n, height, width).
            labels: their classes (n,).
            preparation: the preparation of these images.
            class_names: names of all classes; letters are not strangers where they are classes.
            rng: source of all random numbers.
        """
        images, labels = images[:MOST_KNOWN], labels[:MOST_KNOWN]
        count = min(MOST_STRANGERS, max(len(images) // 2, FEWEST_STRANGERS))
        strange = strangers(images, preparation, count, rng, letters=_are_digits(class_names))
        none = len(class_names)
        v = np.concatenate([edges(images), edges(strange)])
        unit = float(v.std()) or 1.0
        v /= np.float32(unit)
        learner = MultiLayerPerceptron(
            [
                InputLayer(v.shape[1], "none"),
                DenseLayer(UNITS, "relu"),
                DenseLayer(none + 1, "softmax"),
            ],
            seed=int(rng.integers(1 << 31)),
        )
        known = np.concatenate([labels, np.full(len(strange), none)]).astype(np.int64)
        learner.fit(
            v, known, epochs=EPOCHS, batch_size=BATCH, l2=1e-5, learning_rate=5e-3,
            schedule="cosine", verbose=0,
        )  # fmt: skip
        found = {name: values.astype(np.float64) for name, values in learner.parameters.items()}
        scale = np.maximum(np.abs(found["W1"]).max(axis=0), 1e-12) / 127
        whole = np.round(found["W1"] / scale).astype(np.int8)
        bias, output_bias = found["b1"].ravel(), found["b2"].ravel()
        return cls(whole, scale, bias, found["W2"], output_bias, unit)

    def config(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "sees": "edges",
            "weights": base64.b64encode(self.weights.tobytes()).decode(),
            "scale": self.scale.tolist(),
            "bias": self.bias.tolist(),
            "output": self.output.tolist(),
            "output_bias": self.output_bias.tolist(),
            "unit": self.unit,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any], classes: int, shape: tuple[int, int]) -> Self:
        """Read what `config` returned.

        Args:
            stored: the values.
            classes: number of classes of the network that it checks.
            shape: height and width of the images.

        Raises:
            ValueError, LookupError, TypeError: the values are damaged or belong to another network.
        """
        scale, bias, output, output_bias = (
            np.array(stored[name], np.float64)
            for name in ("scale", "bias", "output", "output_bias")
        )
        unit = float(stored["unit"])
        if not all(np.isfinite(one).all() for one in (scale, bias, output, output_bias, unit)):
            raise ValueError("numbers that are NaN or infinite")
        if bias.shape != scale.shape or output.shape != (len(scale), classes + 1):
            raise ValueError(f"arrays of different lengths, or not of {classes} classes")
        if output_bias.shape != (classes + 1,):
            raise ValueError("arrays of different lengths")
        bytes_ = base64.b64decode(stored["weights"], validate=True)
        weights = np.frombuffer(bytes_, np.int8).reshape(-1, len(scale))
        if len(weights) != count_edges(shape):
            raise ValueError(f"{len(weights)} edges, not the {count_edges(shape)} of the images")
        return cls(weights, scale, bias, output, output_bias, unit)


def _are_digits(class_names: list[str]) -> bool:
    return not any(set(str(name)) & set(string.ascii_letters) for name in class_names)
