"""The network: layers in a row, their parameters, forward, backward and predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import DataError
from byhand.network.architecture import (
    check_class_names,
    check_dtype,
    check_layers,
    last_dense,
    layer_widths,
    number_layers,
)
from byhand.network.cache import Cache
from byhand.network.inference import Inference
from byhand.network.initializers import Initializer, resolve_initializer
from byhand.network.input_layer import InputLayer
from byhand.network.layers import Arrays, DenseLayer, Layer
from byhand.network.losses import Loss, resolve_loss
from byhand.network.parameters import NamedVector
from byhand.network.summary import summary_table
from byhand.network.targets import encode_targets
from byhand.randomness import resolve_seed, stream

if TYPE_CHECKING:
    from byhand.training.history import History


class MultiLayerPerceptron:
    """A fully-connected network: A0 from the input, then Zl = A(l-1) Wl + bl, Al = fn(Zl).

    Args:
        layers: an `InputLayer` first, a `DenseLayer` last, anything between.
        weight_init: initialiser of the weights of layers that name none of their own.
        bias_init: the same for biases.
        loss: a name or object; unless given it follows from the last activation: softmax takes
            categorical_cross_entropy, sigmoid binary_cross_entropy, others squared_error.
        seed: of everything random; None draws one, which `net.seed` then tells.
        dtype: float32, or float64 for gradient checks.
        class_names: what the outputs stand for, in their order.
    """

    def __init__(
        self,
        layers: Sequence[InputLayer | Layer[Any]],
        *,
        weight_init: str | Initializer = "he_initialization",
        bias_init: str | Initializer = "zeros",
        loss: str | Loss | None = None,
        seed: int | None = None,
        dtype: DTypeLike = np.float32,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self.input_layer, self.hidden = check_layers(layers)
        self.seed = resolve_seed(seed)
        self.dtype = check_dtype(dtype)
        self.weight_init, self.bias_init = weight_init, bias_init
        self.numbers = number_layers(self.hidden)
        self.widths = layer_widths(self.input_layer, self.hidden)
        self.output_layer = last_dense(self.hidden)
        self.loss = resolve_loss(loss, self.output_layer.activation.name)
        self.class_names = check_class_names(class_names, self.output_layer.units)
        self.facts: dict[str, Any] = {}
        """What is known about the training: data, epochs, results. It is saved with the model."""

        self.parameters = NamedVector(self._shapes(), self.dtype)
        self.gradients = NamedVector(self._shapes(), self.dtype, prefix="d")
        self.statistics = NamedVector(self._statistic_shapes(), self.dtype)
        self.initialize()
        self._bind()

    # --- construction ---------------------------------------------------------------------------

    def _names(self, letters: Sequence[str], number: int) -> list[str]:
        return [f"{letter}{number}" for letter in letters]

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return {
            f"{letter}{number}": shape
            for layer, number, n_in in zip(self.hidden, self.numbers, self.widths, strict=False)
            for letter, shape in layer.parameter_shapes(n_in).items()
        }

    def _statistic_shapes(self) -> dict[str, tuple[int, ...]]:
        return {
            name: (n_in,)
            for layer, number, n_in in zip(self.hidden, self.numbers, self.widths, strict=False)
            for name in self._names(layer.statistic_names, number)
        }

    def initialize(self) -> None:
        """Draw all parameters anew from the seed, and forget running statistics."""
        rng = stream(self.seed, "initialisation")
        weights = resolve_initializer(self.weight_init)
        biases = resolve_initializer(self.bias_init)
        for layer, number, n_in in zip(self.hidden, self.numbers, self.widths, strict=False):
            values = layer.initial_parameters(n_in, weights, biases, rng)
            for letter, value in values.items():
                self.parameters[f"{letter}{number}"] = value
        for name, view in self.statistics.items():
            view[...] = 1 if name.startswith("variance") else 0

    def _bind(self) -> None:
        """Look up once what every pass needs: each layer with its views of the vectors."""
        self.parts: list[tuple[Layer[Any], Arrays, Arrays, Arrays]] = []
        for layer, number in zip(self.hidden, self.numbers, strict=True):
            names = self._names(layer.parameter_names, number)
            self.parts.append(
                (
                    layer,
                    self.parameters.pick(names),
                    self.gradients.pick(["d" + name for name in names]),
                    self.statistics.pick(self._names(layer.statistic_names, number)),
                )
            )
        self.fused = self.loss.fused_with == self.output_layer.activation.name
        self.inference = Inference(self)

    @property
    def layers(self) -> tuple[InputLayer | Layer[Any], ...]:
        """All layers, the input layer first."""
        return (self.input_layer, *self.hidden)

    # --- forward and backward -------------------------------------------------------------------

    def forward(
        self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None
    ) -> Cache:
        """All activations for x: a mapping with A0, Z1, A1, Z2, A2, ...

            A0 = x * factor - offset;   Zl = A(l-1) Wl + bl;   Al = fn(Zl)

        Args:
            x: raw inputs, (n, units) or (n, height, width).
            training: use dropout, and the batch's own statistics in batch normalisation.
            rng: for dropout; unless given it grows from the network's seed.
        """
        rows = self._rows(x)
        input_layer = self._settled_input(rows, np.ndim(x) > 2)
        cache = self.new_cache(len(rows), rows)
        input_layer.forward(rows, cache.input)
        self.propagate(cache, training, rng or (stream(self.seed, "dropout") if training else None))
        return cache

    def backward(
        self, cache: Cache, y: Array, *, sample_weight: FloatArray | None = None
    ) -> NamedVector:
        """The gradients dW1, db1, ... of the mean loss, for the cache of a forward pass.

            dZL = (AL - onehot(y)) / n  for softmax with cross-entropy
            dWl = A(l-1)^T dZl;   dbl = sum over rows of dZl
            dA(l-1) = dZl Wl^T;   dZ(l-1) = dA(l-1) * fn'(Z(l-1))

        Regularisation is not part of it; the trainer adds it. The arrays returned are the
        network's own and stay valid until the next backward.
        """
        n = len(cache.output)
        targets = encode_targets(y, n, self.output_layer.units, self.loss, self.dtype)
        weights = None if sample_weight is None else np.asarray(sample_weight, self.dtype)
        self.compute_loss(cache, targets.values, gradient=True)
        self.backpropagate(cache, 1 / n, weights)
        return self.gradients

    def propagate(self, cache: Cache, training: bool, rng: np.random.Generator | None) -> None:
        """From `cache.input.y` = A0 through all layers; everything is written into the cache."""
        for (layer, parameters, _, statistics), buffers in zip(
            self.parts, cache.layers, strict=True
        ):
            layer.forward(parameters, statistics, buffers, training, rng)

    def compute_loss(self, cache: Cache, targets: Array, gradient: bool) -> None:
        """Each example's loss and predicted class, and the gradient where backward starts."""
        self.loss(cache.logits, cache.output, targets, cache.loss, gradient)

    def backpropagate(self, cache: Cache, scale: float, weights: FloatArray | None = None) -> None:
        """From the loss's gradient in the cache to `net.gradients`, in reverse.

        Args:
            cache: of a forward pass, after `compute_loss(..., gradient=True)`.
            scale: 1 / n, what makes sums over the batch a mean.
            weights: of each example (n,), or None.
        """
        grad = cache.loss.grad
        grad *= scale
        if weights is not None:
            grad *= weights[:, None]
        buffers = cache.layers
        for index in range(len(buffers) - 1, -1, -1):
            layer, parameters, gradients, _ = self.parts[index]
            dx = buffers[index - 1].dy if index else None
            if self.fused and index == len(buffers) - 1:
                self.output_layer.backward_from_dz(parameters, buffers[index], gradients, dx)  # type: ignore[arg-type]
            else:
                layer.backward(parameters, buffers[index], gradients, dx)

    def update_statistics(self, cache: Cache) -> None:
        """Let running statistics take in the batch in the cache."""
        for (layer, _, _, statistics), buffers in zip(self.parts, cache.layers, strict=True):
            layer.update_statistics(statistics, buffers)

    def new_cache(self, n: int, source: Array) -> Cache:
        """Fresh buffers for batches of n rows of a source, which gives their type."""
        return Cache.for_batch(
            n, source, self.input_layer, self.hidden, self.numbers, self.fused, self.dtype
        )

    # --- training -------------------------------------------------------------------------------

    def fit(self, x: Array, y: Array, **options: Any) -> History:
        """Train on x and y; see `byhand.training.fit` for all options and what they mean."""
        from byhand.training import fit  # the trainer knows the network, not the reverse

        return fit(self, x, y, **options)

    # --- predictions ----------------------------------------------------------------------------

    def predict(self, x: Array) -> Array:
        """The class of each example (n,); for a network without classes its outputs (n, units).

        With softmax, or several sigmoid outputs, it is the largest output; with a single sigmoid
        output, whether it is over 1/2.
        """
        outputs = self.predict_proba(x)
        squashed = self.output_layer.activation.name in {"softmax", "sigmoid"}
        if not squashed and not self.facts.get("classification"):
            return outputs
        classes: IntArray = outputs.argmax(axis=1)
        if outputs.shape[1] == 1:
            np.greater(outputs[:, 0], 0.5, out=classes)
        return classes

    def predict_proba(self, x: Array) -> FloatArray:
        """The outputs of the network (n, units): probabilities where the last layer is softmax.

        Several threads may call it at once; each has buffers of its own.
        """
        rows = self._rows(x)
        input_layer = self._settled_input(rows, np.ndim(x) > 2)
        return self.inference.outputs(rows, input_layer)

    def evaluate(
        self, x: Array, y: Array, *, sample_weight: FloatArray | None = None
    ) -> dict[str, float]:
        """Mean loss, and for labels the accuracy and the number of wrong answers, by name.

        With values instead of labels: the mean loss and the coefficient of determination r2.
        """
        rows = self._rows(x)
        targets = encode_targets(y, len(rows), self.output_layer.units, self.loss, self.dtype)
        if not len(rows):
            raise DataError("expected at least one example to evaluate on; got none.")
        input_layer = self._settled_input(rows, np.ndim(x) > 2)
        return self.inference.scores(rows, targets, input_layer, weights=sample_weight)

    def _rows(self, x: Array) -> Array:
        rows = self.input_layer.rows(x)
        self.input_layer.check(rows)
        return rows

    def _settled_input(self, rows: Array, images: bool) -> InputLayer:
        """The input layer, with "auto" settled on these rows if the network is not trained yet."""
        if self.input_layer.ready:
            return self.input_layer
        return self.input_layer.fit(rows, images).astype(self.dtype)

    # --- looking at it --------------------------------------------------------------------------

    def summary(self, print_fn: Callable[[str], None] = print) -> None:
        """Print layers, shapes, parameters, bytes and multiply-adds."""
        print_fn(summary_table(self))

    def __repr__(self) -> str:
        units = "-".join(str(units) for units in self.widths_of_dense())
        return f"<MultiLayerPerceptron {units}, {self.parameters.vector.size:,} parameters>"

    def widths_of_dense(self) -> list[int]:
        """Inputs and units of each dense layer: [784, 300, 10]."""
        dense = [layer.units for layer in self.hidden if isinstance(layer, DenseLayer)]
        return [self.input_layer.units, *dense]

    # --- copies and files -----------------------------------------------------------------------

    def copy(self, dtype: DTypeLike | None = None) -> MultiLayerPerceptron:
        """A network of its own with the same layers and numbers, in the given precision."""
        twin = MultiLayerPerceptron(
            self.layers,
            weight_init=self.weight_init,
            bias_init=self.bias_init,
            loss=self.loss,
            seed=self.seed,
            dtype=self.dtype if dtype is None else dtype,
            class_names=self.class_names,
        )
        twin.input_layer = self.input_layer.astype(twin.dtype)
        twin.parameters.vector[:] = self.parameters.vector
        twin.statistics.vector[:] = self.statistics.vector
        twin.facts = deepcopy(self.facts)
        return twin

    def __copy__(self) -> MultiLayerPerceptron:
        return self.copy()

    def __deepcopy__(self, memo: object) -> MultiLayerPerceptron:
        return self.copy()

    def save(self, path: str | Path) -> Path:
        """Write the network as a safetensors file; see `byhand.interop.model_file`."""
        from byhand.interop.model_file import save_model

        return save_model(self, path)

    @classmethod
    def load(cls, path: str | Path) -> MultiLayerPerceptron:
        """Read a network that `save` wrote."""
        from byhand.interop.model_file import load_model

        return load_model(path)
