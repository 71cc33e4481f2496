"""Several predictions averaged into one: ensembles of networks, and test-time augmentation.

    probabilities of an ensemble = mean over members m of the probabilities of m
    probabilities with copies    = mean over an image and its changed copies

Both are networks that can predict and be evaluated, and are described like their first member, but
they cannot be trained. The loss is that of the averaged probabilities. Members should differ at
least in their seeds, or better in data, width or activation (Hansen & Salamon 1990).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.augmentation import Augmentation
from byhand.augmentation.draws import epoch_key, keys_of_rows
from byhand.checks import integer
from byhand.errors import ArgumentError
from byhand.mlp import MultiLayerPerceptron
from byhand.model_file import read_ensemble, save_ensemble
from byhand.network.cache import Cache
from byhand.network.inference import Inference
from byhand.network.layers import InputLayer
from byhand.randomness import stream


class AveragingInference(Inference):
    """Passes whose outputs are replaced by averages of several predictions."""

    net: Averaging

    def passes(
        self, rows: Array, input_layer: InputLayer, chosen: IntArray | None
    ) -> Iterator[tuple[slice, Cache]]:
        """Yield passes over blocks, with the averages in place of the last layer's outputs."""
        for block, cache in super().passes(rows, input_layer, chosen):
            part = rows[block] if chosen is None else rows[chosen[block]]
            cache.output[:] = self.net.average(part, block.start)
            cache.logits[:] = _logits(cache.output, self.net.output_layer.activation.name)
            yield block, cache


def _logits(outputs: FloatArray, activation: str) -> FloatArray:
    """Return pre-activations z with fn(z) = outputs, for losses that are computed from them."""
    tiny = np.finfo(outputs.dtype).tiny
    if activation == "softmax":
        return np.log(np.maximum(outputs, tiny))
    if activation == "sigmoid":
        return np.log(np.maximum(outputs, tiny)) - np.log(np.maximum(1 - outputs, tiny))
    return outputs


class Averaging(MultiLayerPerceptron):
    """A network whose outputs are averages of several predictions.

    Args:
        first: the network that provides layers, classes and facts.
    """

    def __init__(self, first: MultiLayerPerceptron) -> None:
        super().__init__(
            first.layers,
            weight_init=first.weight_init,
            bias_init=first.bias_init,
            loss=first.loss,
            seed=first.seed,
            dtype=first.dtype,
            class_names=first.class_names,
        )
        self.parameters.vector[:] = first.parameters.vector
        self.statistics.vector[:] = first.statistics.vector
        self.facts = {name: fact for name, fact in first.facts.items() if name != "doubt"}
        self.inference = AveragingInference(self)

    def average(self, rows: Array, start: int) -> FloatArray:
        """Return the averaged outputs (n, units) of raw rows, which begin at row `start`."""
        raise NotImplementedError

    def fit(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse, because averages cannot be trained."""
        raise ArgumentError(
            f"an object of class {type(self).__name__} cannot be trained. Train its networks and "
            "create it again."
        )

    def report(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse, because the page shows the units of a single network."""
        raise ArgumentError(
            "a report shows the units of one network, but this one averages several predictions. "
            "Write the report of one of its networks."
        )

    def copy(self, dtype: Any = None) -> Self:
        """Return the object itself, which is immutable."""
        del dtype
        return self


class Ensemble(Averaging):
    """The average of several networks' outputs.

        both = Ensemble([first, second])
        both.evaluate(x, y)
        both.save("both.safetensors")

    Args:
        members: trained networks with the same number of inputs, the same outputs and classes.

    Raises:
        ArgumentError: there are no networks, or they do not fit together.
    """

    members: tuple[MultiLayerPerceptron, ...]

    def __init__(self, members: Sequence[MultiLayerPerceptron]) -> None:
        _check(members)
        each = [one.members if isinstance(one, Ensemble) else (one,) for one in members]
        self.members = tuple(member for several in each for member in several)
        super().__init__(self.members[0])

    def average(self, rows: Array, start: int) -> FloatArray:
        """Return the mean of the members' outputs."""
        del start
        total = np.zeros((len(rows), self.output_layer.units), np.float64)
        for member in self.members:
            total += member.predict_proba(rows)
        return (total / len(self.members)).astype(self.dtype)

    def save(self, path: str | Path) -> Path:
        """Write all members into one safetensors file."""
        return save_ensemble(self.members, path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read an ensemble written by `save`."""
        return cls(read_ensemble(MultiLayerPerceptron, path))

    @property
    def shape_text(self) -> str:
        """The shapes of the members: "3 networks, 784-300-10"."""
        shapes = dict.fromkeys(member.shape_text for member in self.members)
        return f"{len(self.members)} networks, {' and '.join(shapes)}"


class WithCopies(Averaging):
    """A network that predicts each image together with changed copies of it.

        WithCopies(net, Augmentation(shift=1, rotate=5), copies=8).evaluate(x, y)

    Args:
        network: a trained network or ensemble.
        augmentation: how copies are changed; small changes are best.
        copies: number of copies besides the image itself.
        shape: (height, width) of the images.
        seed: seed of the changes.

    Raises:
        ArgumentError: fewer than one copy, or a shape that the network does not take.
    """

    def __init__(
        self,
        network: MultiLayerPerceptron,
        augmentation: Augmentation,
        copies: int,
        shape: tuple[int, int] = (28, 28),
        seed: int = 0,
    ) -> None:
        integer("copies", copies)
        if shape[0] * shape[1] != network.input_layer.units:
            raise ArgumentError(
                f"the network takes {network.input_layer.units} pixels; images of {shape[0]} x "
                f"{shape[1]} have {shape[0] * shape[1]}."
            )
        self.network, self.augmentation, self.image_shape = network, augmentation, shape
        self._keys = [epoch_key(stream(seed, "test-time", copy)) for copy in range(copies)]
        super().__init__(network)

    def average(self, rows: Array, start: int) -> FloatArray:
        """Return the mean of the outputs of the images and their copies."""
        images = rows.reshape(len(rows), *self.image_shape)
        numbers = np.arange(start, start + len(rows))
        total = self.network.predict_proba(rows).astype(np.float64)
        for key in self._keys:
            changed = self.augmentation.with_keys(images, keys_of_rows(key, numbers))
            total += self.network.predict_proba(changed.reshape(len(rows), -1))
        return (total / (1 + len(self._keys))).astype(self.dtype)

    @property
    def shape_text(self) -> str:
        """The shape of the network and the number of copies: "784-300-10 with 8 copies"."""
        return f"{self.network.shape_text} with {len(self._keys)} copies"

    def save(self, path: str | Path) -> Path:
        """Write the network itself, because copies are only a way to evaluate it."""
        return self.network.save(path)


def _check(members: Sequence[MultiLayerPerceptron]) -> None:
    """Raise unless the outputs of all members can be averaged."""
    if not members or not all(isinstance(one, MultiLayerPerceptron) for one in members):
        raise ArgumentError("an ensemble needs a list of at least one trained network.")
    first = members[0]
    for number, member in enumerate(members[1:], start=2):
        for what, here, there in (
            ("inputs", first.input_layer.units, member.input_layer.units),
            ("outputs", first.output_layer.units, member.output_layer.units),
            ("classes", first.class_names, member.class_names),
            ("activation of the outputs", _fn(first), _fn(member)),
            ("task", first.task, member.task),
        ):
            if here != there:
                raise ArgumentError(
                    f"networks 1 and {number} of the ensemble differ in their {what}: {here} and "
                    f"{there}. All members must predict the same."
                )


def _fn(net: MultiLayerPerceptron) -> str:
    return net.output_layer.activation.name
