"""A network: a sequence of layers with their parameters; forward, backward and predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from byhand import backend
from byhand.arrays import Array, FloatArray
from byhand.errors import DataError
from byhand.frames import is_frame, rows_of
from byhand.network.cache import Cache
from byhand.network.inference import Inference
from byhand.network.initializers import Initializer, resolve_initializer
from byhand.network.layers import DenseLayer, InputLayer, Layer, LayerBuffers, PlacedLayer
from byhand.network.losses import Loss, LossBuffers, predicted_classes, resolve_loss
from byhand.network.network_checks import (
    check_class_names,
    check_dtype,
    check_layers,
    number_layers,
)
from byhand.network.parameters import NamedVector, Shapes
from byhand.network.summary import summary_html, summary_table
from byhand.network.targets import CLASSES, MULTI_LABEL, REGRESSION, Targets, encode_targets
from byhand.notebook import block, listing
from byhand.randomness import resolve_seed, stream
from byhand.readable import score


class Network:
    """A fully-connected network: A0 from the input, then Zl = A(l-1) Wl + bl, Al = fn(Zl).

    Args:
        layers: an `InputLayer` first, a `DenseLayer` last, any others between.
        weight_init: initialiser of the weights, for layers without their own.
        bias_init: initialiser of the biases, for layers without their own.
        loss: a name or object; by default chosen by the last activation: softmax takes
            categorical_cross_entropy, sigmoid binary_cross_entropy, others squared_error.
        seed: seed of all random numbers; None draws one and stores it in `net.seed`.
        dtype: float32 by default; float64 for gradient checks.
        class_names: names of the classes, in the order of the outputs.
    """

    def __init__(
        self,
        layers: Sequence[InputLayer | Layer],
        *,
        weight_init: str | Initializer = "he_initialization",
        bias_init: str | Initializer = "zeros",
        loss: str | Loss | None = None,
        seed: int | None = None,
        dtype: DTypeLike = np.float32,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self.input_layer, computing = check_layers(layers)
        self.seed = resolve_seed(seed)
        self.dtype = check_dtype(dtype)
        self.weight_init, self.bias_init = weight_init, bias_init
        self.facts: dict[str, Any] = {}
        """Facts about the training: data, epochs, results. They are saved with the model."""

        numbered = list(zip(computing, number_layers(computing), strict=True))
        shapes, statistics = _shapes(self.input_layer.units, numbered)
        self.parameters = NamedVector(shapes, self.dtype)
        self.gradients = NamedVector(shapes, self.dtype, prefix="d")
        self.statistics = NamedVector(statistics, self.dtype)
        self.stack = self._place(numbered)
        last = computing[-1]
        assert isinstance(last, DenseLayer)  # noqa: S101 - checked by check_layers
        self.output_layer: DenseLayer = last
        self.loss = resolve_loss(loss, last.activation.name)
        self.fused = self.loss.fused_with == last.activation.name
        self.class_names = check_class_names(class_names, last.units)
        self.inference = Inference(self)
        self.initialize()

    def _place(self, numbered: Sequence[tuple[Layer, int]]) -> tuple[PlacedLayer, ...]:
        """Give each layer its views of the vectors of parameters, gradients and statistics."""
        stack: list[PlacedLayer] = []
        n_in = self.input_layer.units
        for layer, number in numbered:
            n_out = layer.n_out(n_in)
            names = [f"{letter}{number}" for letter in layer.parameter_names]
            parameters = self.parameters.pick(names)
            gradients = self.gradients.pick(["d" + name for name in names])
            statistics = self.statistics.pick([f"{name}{number}" for name in layer.statistic_names])
            stack.append(PlacedLayer(layer, number, n_in, n_out, parameters, gradients, statistics))
            n_in = n_out
        return tuple(stack)

    def initialize(self) -> None:
        """Draw all parameters again from the seed, and reset running statistics."""
        rng = stream(self.seed, "initialisation")
        weights = resolve_initializer(self.weight_init)
        biases = resolve_initializer(self.bias_init)
        for placed in self.stack:
            values = placed.layer.initial_parameters(placed.n_in, weights, biases, rng)
            for letter, value in values.items():
                self.parameters[f"{letter}{placed.number}"] = value
        for name, view in self.statistics.items():
            view[...] = 1 if name.startswith("variance") else 0

    @property
    def layers(self) -> tuple[InputLayer | Layer, ...]:
        """All layers, the input layer first."""
        return (self.input_layer, *(placed.layer for placed in self.stack))

    @property
    def widths(self) -> list[int]:
        """Number of inputs, then the number of outputs of each layer."""
        return [self.input_layer.units, *(placed.n_out for placed in self.stack)]

    # --- forward and backward -------------------------------------------------------------------

    def forward(
        self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None
    ) -> Cache:
        """Return the arrays of a pass: A0, Z1, A1, Z2, A2, ..., and those of their gradients.

            A0 = x * factor - offset;   Zl = A(l-1) Wl + bl;   Al = fn(Zl)

        Args:
            x: raw inputs, (n, units) or (n, height, width).
            training: use dropout, and the batch's own statistics in batch normalisation.
            rng: for dropout; by default a generator made from the network's seed.
        """
        rows = self._rows(x)
        input_layer = self._fitted_input(rows, np.ndim(x) > 2)
        cache = self.new_cache(len(rows), rows)
        input_layer.forward(rows, cache.input)
        self.propagate(cache, training, rng or (stream(self.seed, "dropout") if training else None))
        return cache

    def backward(
        self, cache: Cache, y: Array, *, sample_weight: FloatArray | None = None
    ) -> NamedVector:
        """Return the gradients dW1, db1, ... of the mean loss; `forward` has filled the cache.

            dZL = (AL - one_hot(y)) / n  for softmax with cross-entropy
            dWl = A(l-1)^T dZl;   dbl = sum over rows of dZl
            dA(l-1) = dZl Wl^T;   dZ(l-1) = dA(l-1) * fn'(Z(l-1))

        Penalties are not included; the trainer adds them. The next backward overwrites the arrays.
        """
        n = len(cache.output)
        targets = self.encode(y, n)
        weights = None if sample_weight is None else np.asarray(sample_weight, self.dtype)
        self.compute_loss(cache, targets.values, gradient=True)
        self.backpropagate(cache, 1 / n, weights)
        return self.gradients

    def propagate(self, cache: Cache, training: bool, rng: np.random.Generator | None) -> None:
        """Pass A0 = `cache.input.a` through all layers; write all results to the cache."""
        for placed, buffers in zip(self.stack, cache.layers, strict=True):
            placed.layer.forward(placed, buffers, training, rng)

    def compute_loss(self, cache: Cache, targets: Array, gradient: bool) -> None:
        """Compute each example's loss and class, and the gradient that backward starts from."""
        self.loss.write(cache.logits, cache.output, targets, cache.loss, gradient)

    def backpropagate(
        self,
        cache: Cache,
        scale: float,
        weights: FloatArray | None = None,
        dx: FloatArray | None = None,
    ) -> None:
        """Pass the loss's gradient in the cache back through all layers, into `net.gradients`.

        Args:
            cache: cache after a forward pass and `compute_loss(..., gradient=True)`.
            scale: 1 / n, which turns sums over the batch into a mean.
            weights: weight of each example (n,), or None.
            dx: receives dA0, the gradient by the input of the first layer (n, units), if given.
        """
        grad = cache.loss.grad
        grad *= scale
        if weights is not None:
            grad *= weights[:, None]
        last = len(self.stack) - 1
        for index in range(last, -1, -1):
            placed, buffers = self.stack[index], cache.layers[index]
            da = cache.layers[index - 1].da if index else dx  # of the layer before
            if index == last and self.fused:
                self.output_layer.backward_from_dz(placed, buffers, da)  # type: ignore[arg-type]
            else:
                placed.layer.backward(placed, buffers, da)

    def update_statistics(self, cache: Cache) -> None:
        """Move the running statistics towards those of the batch in the cache."""
        for placed, buffers in zip(self.stack, cache.layers, strict=True):
            placed.layer.update_statistics(placed, buffers)

    def new_cache(self, n: int, source: Array) -> Cache:
        """Create buffers for batches of n rows of a source and of its type."""
        backend.active()  # choose the backend before anything is computed
        first = self.input_layer.new_buffers(n, source, self.dtype)
        buffers: list[LayerBuffers] = []
        x = first.a
        for placed in self.stack:
            buffers.append(placed.layer.new_buffers(x))
            x = buffers[-1].a
        last: Any = buffers[-1]
        loss = LossBuffers(
            losses=np.zeros(n, self.dtype),
            predictions=np.zeros(n, np.intp),
            grad=last.dz if self.fused else last.da,
        )
        return Cache(first, buffers, loss, last.z, last.a, self.stack)

    # --- predictions ----------------------------------------------------------------------------

    @property
    def task(self) -> str:
        """The kind of task: "classification", "multi-label" or "regression".

        Training records it. Before that, softmax and sigmoid outputs mean classification.
        """
        known = self.facts.get("task")
        if known is None and "classification" in self.facts:  # models of version 0.1
            known = CLASSES if self.facts["classification"] else REGRESSION
        is_probability = self.output_layer.activation.name in {"softmax", "sigmoid"}
        if (known == REGRESSION and is_probability) or known is None:
            return CLASSES if is_probability else REGRESSION
        return str(known)

    def predict(self, x: Array) -> Array:
        """Return the class of each example (n,).

        With several outputs the class is the index of the largest; with one sigmoid output it is 1
        if the output exceeds 1/2, else 0. In a multi-label task, return 0 or 1 for each output
        (n, units); in regression, the outputs themselves.
        """
        return self.decide(self.predict_proba(x))

    def decide(self, outputs: FloatArray) -> Array:
        """Turn outputs (n, units) into predictions, as `predict` describes."""
        if self.task == REGRESSION:
            return outputs
        if self.task == MULTI_LABEL:
            return (outputs > 0.5).astype(np.intp)
        return predicted_classes(outputs)

    def predict_proba(self, x: Array) -> FloatArray:
        """Return the outputs of the network (n, units): probabilities after softmax or sigmoid.

        Several threads may call it at once; each uses its own buffers.
        """
        rows = self._rows(x)
        input_layer = self._fitted_input(rows, np.ndim(x) > 2)
        return self.inference.outputs(rows, input_layer)

    def evaluate(
        self, x: Array, y: Array, *, sample_weight: FloatArray | None = None
    ) -> dict[str, float]:
        """Return the mean loss, accuracy and number of wrong predictions, by name.

        In a multi-label task a prediction is correct if all its labels are; `label_accuracy` counts
        single labels. In regression, return the mean loss and the coefficient of determination r2.
        """
        rows = self._rows(x)
        targets = self.encode(y, len(rows))
        if not len(rows):
            raise DataError("expected at least one example to evaluate on; got none.")
        input_layer = self._fitted_input(rows, np.ndim(x) > 2)
        return Scores(self.inference.scores(rows, targets, input_layer, weights=sample_weight))

    def encode(self, y: Array, n: int, task: str | None = None) -> Targets:
        """Check labels or values for n examples and convert them to the form of the loss.

        The task, by default the one that training recorded, decides what one-hot rows mean.
        """
        units, names = self.output_layer.units, self.class_names
        task = task or self.facts.get("task")
        return encode_targets(y, n, units, self.loss, self.dtype, names, task)

    def _rows(self, x: Array) -> Array:
        if is_frame(x):
            x = rows_of(x, self.facts)
        rows = self.input_layer.rows(x)
        self.input_layer.check(rows)
        return rows

    def _fitted_input(self, rows: Array, images: bool) -> InputLayer:
        """Return the input layer; if the network is untrained, one fitted to these rows."""
        if self.input_layer.ready:
            return self.input_layer
        return self.input_layer.fit(rows, images).astype(self.dtype)

    # --- description and copies -----------------------------------------------------------------

    def summary(self, print_fn: Callable[[str], None] = print) -> None:
        """Print layers, shapes, parameters, bytes and multiply-adds."""
        print_fn(summary_table(self))

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.shape_text}, {self.parameters.vector.size:,} parameters>"
        )

    def _repr_html_(self) -> str:
        return summary_html(self)

    def widths_of_dense(self) -> list[int]:
        """Return the inputs and the units of each dense layer: [784, 300, 10]."""
        dense = [layer.units for layer in self.layers[1:] if isinstance(layer, DenseLayer)]
        return [self.input_layer.units, *dense]

    @property
    def shape_text(self) -> str:
        """Inputs and units of each dense layer: "784-300-10"."""
        return "-".join(str(units) for units in self.widths_of_dense())

    def copy(self, dtype: DTypeLike | None = None) -> Self:
        """Return an independent network with the same layers and values, in the given precision."""
        copied = type(self)(
            self.layers,
            weight_init=self.weight_init,
            bias_init=self.bias_init,
            loss=self.loss,
            seed=self.seed,
            dtype=self.dtype if dtype is None else dtype,
            class_names=self.class_names,
        )
        copied.input_layer = self.input_layer.astype(copied.dtype)
        copied.parameters.vector[:] = self.parameters.vector
        copied.statistics.vector[:] = self.statistics.vector
        copied.facts = deepcopy(self.facts)
        return copied

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: object) -> Self:
        return self.copy()

    def __getstate__(self) -> dict[str, Any]:
        return {
            "layers": self.layers,
            "weight_init": self.weight_init,
            "bias_init": self.bias_init,
            "loss": self.loss,
            "seed": self.seed,
            "dtype": self.dtype,
            "class_names": self.class_names,
            "vectors": (self.parameters.vector, self.statistics.vector),
            "facts": self.facts,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        layers, vectors, facts = state.pop("layers"), state.pop("vectors"), state.pop("facts")
        self.__init__(layers, **state)  # type: ignore[misc]
        self.parameters.vector[:], self.statistics.vector[:] = vectors
        self.facts = facts


def _shapes(n_in: int, numbered: Sequence[tuple[Layer, int]]) -> tuple[Shapes, Shapes]:
    """Return the shapes of all parameters and of all running statistics, by name."""
    parameters: dict[str, tuple[int, ...]] = {}
    statistics: dict[str, tuple[int, ...]] = {}
    for layer, number in numbered:
        shapes = layer.parameter_shapes(n_in)
        parameters |= {f"{letter}{number}": shape for letter, shape in shapes.items()}
        statistics |= {f"{name}{number}": (n_in,) for name in layer.statistic_names}
        n_in = layer.n_out(n_in)
    return parameters, statistics


class Scores(dict[str, float]):
    """Scores by name, printed in one line."""

    def __str__(self) -> str:
        return "  ".join(f"{name} {value}" for name, value in self.written().items())

    def _repr_html_(self) -> str:
        return block("Scores", listing(self.written()))

    def written(self) -> dict[str, str]:
        """Return each value as text."""
        return {name: score(name, value) for name, value in self.items()}
