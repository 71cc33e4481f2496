"""Computes the steps of a trace."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError
from byhand.evaluation.backward_in_inference import LayerGradient, backward_in_inference
from byhand.evaluation.predictions import names_of_classes
from byhand.evaluation.trace import as_text
from byhand.evaluation.trace.data import Step, Trace, output_name
from byhand.evaluation.trace.differences import Differences
from byhand.evaluation.unit_rows import fitted
from byhand.network import BatchNormLayer, Cache, DenseLayer, DropoutLayer, Layer, Network
from byhand.network.targets import Targets, encode_targets
from byhand.training.optimizers import Optimizer, resolve_optimizer

CHECKED = 200
"""Default number of entries of each gradient that are checked."""


def trace_example(
    network: Network,
    x: Array,
    y: Array | int,
    *,
    optimizer: str | Optimizer = "sgd",
    learning_rate: float | None = None,
    checked: int = CHECKED,
) -> Trace:
    """Trace forward pass, loss, backward pass and update of one example, with every number.

    Args:
        network: the network; a float64 copy is traced.
        x: one raw example, (units,), (height, width) or either with a leading 1.
        y: its class, or its target values.
        optimizer: optimizer of the update, which is its first step.
        learning_rate: replaces the optimizer's own.
        checked: number of entries of each gradient that get a finite difference: the largest,
            and others evenly spaced.
    """
    x = np.asarray(x)
    if x.size != network.input_layer.units or checked < 0:
        raise ArgumentError(
            f"expected one example of {network.input_layer.units} numbers and checked of at least "
            f"0; got shape {x.shape} and {checked!r}."
        )
    is_image = x.ndim > 1 and x.shape[-2] > 1
    example = x.reshape(1, *x.shape[-2:]) if is_image else x.reshape(1, -1)
    copy = fitted(network, example).copy(np.float64)
    target = np.reshape(np.asarray(y), (1, -1) if np.ndim(y) else (1,))
    targets = encode_targets(target, 1, copy.output_layer.units, copy.loss, copy.dtype)
    rule = resolve_optimizer(optimizer, learning_rate)
    return _Tracer(copy, copy.forward(example), targets, rule, checked).trace()


class _Tracer:
    """Forward and backward pass of one example, and the steps that describe them."""

    def __init__(
        self,
        network: Network,
        cache: Cache,
        targets: Targets,
        optimizer: Optimizer,
        checked: int,
    ) -> None:
        self.network, self.cache, self.targets = network, cache, targets
        self.optimizer, self.checked = optimizer, checked
        network.compute_loss(cache, targets.values, gradient=True)
        self.loss, self.predicted = float(cache.loss.losses[0]), int(cache.loss.predictions[0])
        start = cache.loss.grad.copy()
        self.flow = (
            backward_in_inference(network, cache, dz=start)
            if network.fused
            else backward_in_inference(network, cache, da=start)
        )
        self.differences = Differences(network, cache, targets)
        self.gradients: dict[str, FloatArray] = {}

    def trace(self) -> Trace:
        steps = [*self._forward(), self._loss(), *self._backward()]
        updated = self._updated()
        label = None if self.targets.labels is None else int(self.targets.labels[0])
        return Trace(
            steps=(*steps, *self._update(updated)),
            label=label,
            predicted=None if label is None else self.predicted,
            class_names=names_of_classes(self.network),
            loss=self.loss,
            loss_after=self._loss_of(updated),
            optimizer=self.optimizer,
            network=self.network,
            differences=self.differences,
        )

    # --- forward --------------------------------------------------------------------------------

    def _forward(self) -> Iterator[Step]:
        yield self._input()
        for index, placed in enumerate(self.network.stack):
            layer = placed.layer
            if isinstance(layer, DenseLayer):
                yield from self._dense(index, layer)
            elif isinstance(layer, BatchNormLayer):
                yield from self._batch_norm(index, layer)
            elif not isinstance(layer, DropoutLayer):
                yield self._own(index, layer)

    def _input(self) -> Step:
        first = self.network.input_layer
        formula = "A0 = x" if first.normalisation == "none" else "A0 = (x - mean) * factor"
        formula = "A0 = x / 255" if first.normalisation == "pixels" else formula
        values = self.cache["A0"].copy()
        return Step("input", "A0", formula, "the example, scaled", as_text.shape(values), values)

    def _dense(self, index: int, layer: DenseLayer) -> Iterator[Step]:
        n, before = self.network.stack[index].number, output_name(self.network, index - 1)
        x, W = self.cache.layers[index].x, self.network.parameters[f"W{n}"]
        z = self.cache[f"Z{n}"].copy()
        yield Step(
            "forward",
            f"Z{n}",
            f"Z{n} = {before} W{n} + b{n}",
            f"weighted sums of layer {n}",
            "{} @ {} + {} -> {}".format(*map(as_text.shape, (x, W, W[0], z))),
            z,
            layer=n,
        )
        yield self._activation(f"A{n}", f"Z{n}", layer.activation.name, n)

    def _batch_norm(self, index: int, layer: BatchNormLayer) -> Iterator[Step]:
        n, before = self.network.stack[index].number, output_name(self.network, index - 1)
        normed = self.cache[f"A{n}_normalised"].copy()
        yield Step(
            "forward",
            f"A{n}_normalised",
            f"A{n}_normalised = ({before} - mean{n}) / sqrt(variance{n} + {layer.epsilon:g})",
            "normalised by the running mean and variance",
            as_text.shape(normed),
            normed,
            layer=n,
        )
        yield Step(
            "forward",
            f"Z{n}_batch_norm",
            f"Z{n}_batch_norm = gamma{n} * A{n}_normalised + beta{n}",
            "scaled and shifted by the learned gamma and beta",
            as_text.shape(normed),
            self.cache[f"Z{n}_batch_norm"].copy(),
            layer=n,
        )
        yield self._activation(f"A{n}_batch_norm", f"Z{n}_batch_norm", layer.activation.name, n)

    def _own(self, index: int, layer: Layer) -> Step:
        """Return the step of a layer of another kind: its output, with its own formula."""
        n, buffers = self.network.stack[index].number, self.cache.layers[index]
        name, before = output_name(self.network, index), output_name(self.network, index - 1)
        return Step(
            "forward",
            name,
            as_text.with_formula(f"{name} = {layer.kind}({before})", layer.formula),
            f"output of the {layer.kind} layer",
            f"{as_text.shape(buffers.x)} -> {as_text.shape(buffers.a)}",
            buffers.a.copy(),
            layer=n,
        )

    def _activation(self, name: str, z: str, function: str, n: int) -> Step:
        values, is_last = self.cache[name].copy(), n == self.network.stack[-1].number
        meaning = "outputs" if is_last else f"activations of layer {n}"
        return Step(
            "forward",
            name,
            f"{name} = {function}({z})",
            meaning,
            as_text.shape(values),
            values,
            layer=n,
        )

    def _loss(self) -> Step:
        n, name = self.network.stack[-1].number, self.network.loss.name
        meaning = f"t = {as_text.target(self.targets, self.network)}"
        formula = as_text.loss_formula(name, f"A{n}")
        return Step("loss", "loss", formula, meaning, "one number", np.array([self.loss]), layer=n)

    # --- backward -------------------------------------------------------------------------------

    def _backward(self) -> Iterator[Step]:
        for gradient in self.flow:
            layer = self.network.stack[gradient.index].layer
            if not isinstance(layer, DenseLayer | BatchNormLayer):
                if not isinstance(layer, DropoutLayer):
                    yield from self._own_gradients(gradient, layer)
                continue
            suffix = "_batch_norm" if isinstance(layer, BatchNormLayer) else ""
            n = self.network.stack[gradient.index].number
            yield from self._through_activation(gradient, f"{n}{suffix}", layer.activation.name)
            if isinstance(layer, DenseLayer):
                yield from self._dense_gradients(gradient, n)
            else:
                yield from self._batch_norm_gradients(gradient, n)

    def _through_activation(
        self, gradient: LayerGradient, place: str, function: str
    ) -> Iterator[Step]:
        """Yield dA, if it was computed, and dZ."""
        z, a = f"Z{place}", f"A{place}"
        start = as_text.loss_gradient(self.network.loss.name, z, a, self.network.fused)
        is_last = gradient.index == len(self.network.stack) - 1
        if gradient.da is not None:
            formula = start if is_last else self._formula_of_dy(gradient.index, a)
            yield self._flowing(gradient, "a", f"d{a}", formula, gradient.da)
        assert gradient.dz is not None  # noqa: S101 - dense and batch norm have it
        formula = start if gradient.da is None else f"d{z} = d{a} * {function}'({z})"
        yield self._flowing(gradient, "z", f"d{z}", formula, gradient.dz)

    def _formula_of_dy(self, index: int, a: str) -> str:
        """Return the formula that gives dA from the next layer, which is not dropout."""
        following = index + 1
        while isinstance(self.network.stack[following].layer, DropoutLayer):
            following += 1
        layer, n = self.network.stack[following].layer, self.network.stack[following].number
        if isinstance(layer, DenseLayer):
            return f"d{a} = dZ{n} W{n}^T"
        if isinstance(layer, BatchNormLayer):
            return f"d{a} = dZ{n}_batch_norm * gamma{n} / sqrt(variance{n} + epsilon)"
        after = output_name(self.network, following)
        return as_text.with_formula(f"d{a} = {layer.kind}'(d{after})", layer.backward_formula)

    def _own_gradients(self, gradient: LayerGradient, layer: Layer) -> Iterator[Step]:
        """Yield dA and the gradients of the parameters of a layer of another kind."""
        name, n = (
            output_name(self.network, gradient.index),
            self.network.stack[gradient.index].number,
        )
        assert gradient.da is not None  # noqa: S101 - the last layer is dense
        formula = self._formula_of_dy(gradient.index, name)
        yield self._flowing(gradient, "a", f"d{name}", formula, gradient.da)
        for letter, values in gradient.parameters.items():
            parameter = f"{letter}{n}"
            self.gradients[parameter] = values
            entries, array = self._entries(values), self.network.parameters[parameter]
            slopes = self.differences.of_parameter(gradient.index, array, entries)
            formula = f"d{parameter} = {layer.kind}'(d{name})"
            yield Step(
                "backward",
                f"d{parameter}",
                as_text.with_formula(formula, layer.backward_formula),
                f"how the loss grows with each number of {parameter}",
                as_text.shape(values),
                values.copy(),
                _scattered(values, entries, slopes),
                n,
            )

    def _flowing(
        self, gradient: LayerGradient, field: str, name: str, formula: str, values: FloatArray
    ) -> Step:
        """Return the step of a gradient by Z or A."""
        entries = self._entries(values)
        slopes = self.differences.slopes(gradient.index, field, entries)
        of = "weighted sum" if field == "z" else "activation"
        return Step(
            "backward",
            name,
            formula,
            f"how the loss grows with each {of}",
            as_text.shape(values),
            values.copy(),
            _scattered(values, entries, slopes),
            self.network.stack[gradient.index].number,
        )

    def _dense_gradients(self, gradient: LayerGradient, n: int) -> Iterator[Step]:
        x, dz = self.cache.layers[gradient.index].x, gradient.dz
        assert dz is not None  # noqa: S101 - dense layers have it
        before = output_name(self.network, gradient.index - 1)
        shapes = f"{as_text.shape(x.T)} @ {as_text.shape(dz)} -> {as_text.shape(x.T @ dz)}"
        yield self._learnable(
            gradient, f"W{n}", f"dW{n} = {before}^T dZ{n}", shapes, x.T @ dz, x[0]
        )
        ones = np.ones(1)
        yield self._learnable(
            gradient, f"b{n}", f"db{n} = dZ{n}", as_text.shape(dz[0]), dz[0], ones
        )

    def _batch_norm_gradients(self, gradient: LayerGradient, n: int) -> Iterator[Step]:
        normed, dz = self.cache[f"A{n}_normalised"][0], gradient.dz
        assert dz is not None  # noqa: S101 - batch normalisation has it
        place, shapes = f"dZ{n}_batch_norm", as_text.shape(normed)
        yield self._learnable(
            gradient,
            f"gamma{n}",
            f"dgamma{n} = {place} * A{n}_normalised",
            shapes,
            dz[0] * normed,
            normed,
        )
        yield self._learnable(
            gradient, f"beta{n}", f"dbeta{n} = {place}", shapes, dz[0], np.ones(1)
        )

    def _learnable(
        self,
        gradient: LayerGradient,
        name: str,
        formula: str,
        shapes: str,
        values: FloatArray,
        moves: FloatArray,
    ) -> Step:
        """Return the step of a gradient by a parameter; `moves` is dZ / d parameter by row."""
        self.gradients[name] = values
        entries, columns = self._entries(values), values.shape[-1]
        amounts = moves[(entries // columns if values.ndim == 2 else entries) % len(moves)]
        slopes = self.differences.slopes(gradient.index, "z", entries % columns, amounts)
        return Step(
            "backward",
            f"d{name}",
            formula,
            f"how the loss grows with each number of {name}",
            shapes,
            values.copy(),
            _scattered(values, entries, slopes),
            self.network.stack[gradient.index].number,
        )

    def _entries(self, values: FloatArray) -> IntArray:
        """Return the entries to check: all, or half of them the largest and half evenly spaced."""
        if values.size <= self.checked:
            return np.arange(values.size)
        largest = np.argsort(-np.abs(values), axis=None, kind="stable")[: self.checked // 2]
        others = np.linspace(0, values.size - 1, self.checked - len(largest)).astype(np.intp)
        return np.union1d(largest, others)

    # --- update ---------------------------------------------------------------------------------

    def _updated(self) -> Network:
        """Return the network after the optimizer's first step."""
        updated = self.network.copy()
        for name, values in self.gradients.items():
            updated.gradients[f"d{name}"] = values
        rule = self.optimizer
        state = rule.init_state(updated.parameters)
        rule.update(updated.parameters, updated.gradients, state, rule.learning_rate, 1)
        return updated

    def _update(self, updated: Network) -> Iterator[Step]:
        for name, values in updated.parameters.items():
            yield Step(
                "update",
                name,
                as_text.update(self.optimizer, name),
                f"first step of {self.optimizer.name}",
                as_text.shape(values),
                values.copy(),
                layer=as_text.number_of(name),
            )

    def _loss_of(self, updated: Network) -> float:
        cache = updated.new_cache(1, self.cache.input.raw)
        cache.input.a[:] = self.cache["A0"]
        updated.propagate(cache, False, None)
        updated.compute_loss(cache, self.targets.values, gradient=False)
        return float(cache.loss.losses[0])


def _scattered(values: FloatArray, entries: IntArray, slopes: FloatArray) -> FloatArray:
    """Return an array with the slopes at their entries and NaN elsewhere."""
    numeric = np.full(values.size, np.nan)
    numeric[entries] = slopes
    return numeric.reshape(values.shape)
