"""Check gradients against central differences, and locate the error in a wrong gradient.

For each parameter w the slope (loss(w + h) - loss(w - h)) / 2h is compared, in float64, with the
gradient from backward. Across a kink (of relu, for example) the slope is meaningless, so entries
whose perturbation moves some Z across 0 are left out and counted. The step h, 1e-5 of a number's
magnitude, is in `finite_differences.py`.

The intermediate gradients are checked in the order in which backward computes them; the first wrong
one identifies the term of the formula that is at fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.network.cache import Cache
from byhand.network.finite_differences import OFFSETS, STEP, relative_error, slopes
from byhand.network.layers import DenseLayer, PlacedLayer
from byhand.network.losses import AbsoluteError
from byhand.network.network import Network
from byhand.network.targets import Targets
from byhand.notebook import block, small, table
from byhand.randomness import stream

TOLERANCE = 1e-7
"""Largest relative error that passes. In float64 correct gradients stay below it; the error of a
wrong one is rarely below 1e-2."""

_TINY = 1e-7
"""Gradients with norms below this are rounding errors and count as equal."""


@dataclass(frozen=True)
class ParameterCheck:
    """Comparison of the gradient of one array with finite differences.

    Args:
        name: name of the gradient, such as "dW1".
        layer: number of its layer.
        relative_error: norm(analytic - numeric) / (norm(analytic) + norm(numeric)).
        checked: number of entries compared.
        kinks: number of entries left out because of a kink within the step.
        worst: index of the largest difference, with both values.
    """

    name: str
    layer: int
    relative_error: float
    checked: int
    kinks: int
    worst: tuple[tuple[int, ...], float, float]


@dataclass(frozen=True)
class GradientReport:
    """The checks of all parameters, and the location of the fault if there is one."""

    checks: list[ParameterCheck]
    tolerance: float
    fault: str | None = field(default=None)

    @property
    def passed(self) -> bool:
        """Whether every gradient agrees within the tolerance."""
        return all(check.relative_error < self.tolerance for check in self.checks)

    @property
    def worst(self) -> ParameterCheck:
        """The parameter with the largest relative error."""
        return max(self.checks, key=lambda check: np.nan_to_num(check.relative_error, nan=np.inf))

    def __str__(self) -> str:
        lines = [f"{'gradient':<10}{'relative error':>16}{'checked':>10}{'at kinks':>10}"]
        for check in self.checks:
            verdict = "" if check.relative_error < self.tolerance else "  wrong"
            lines.append(
                f"{check.name:<10}{check.relative_error:>16.2e}{check.checked:>10,}"
                f"{check.kinks:>10,}{verdict}"
            )
        return "\n".join([*lines, *self._verdict()])

    def _repr_html_(self) -> str:
        rows = [
            [
                check.name,
                f"{check.relative_error:.2e}",
                f"{check.checked:,}",
                f"{check.kinks:,}",
                "correct" if check.relative_error < self.tolerance else "wrong",
            ]
            for check in self.checks
        ]
        headings = ["gradient", "relative error", "checked", "at kinks", "verdict"]
        verdict, *more = self._verdict()
        return block(verdict, *map(small, more), table(headings, rows))

    def _verdict(self) -> list[str]:
        """Return what the numbers mean, a line each."""
        if self.passed:
            return [f"all gradients agree with finite differences to {self.tolerance:g}"]
        index, analytic, numeric = self.worst.worst
        where = f"{self.worst.name}{list(index)}"
        return [
            f"{where} is {analytic:.8g}, finite differences give {numeric:.8g}",
            f"the fault: {self.fault}",
        ]


def gradient_check(
    net: Network,
    x: Array,
    y: Array,
    *,
    samples: int | None = 200,
    tolerance: float = TOLERANCE,
    training: bool = True,
    seed: int = 0,
) -> GradientReport:
    """Compare the network's gradients on x and y with central differences, in float64.

    Args:
        net: network to check; it is copied to float64.
        x: raw inputs; a few examples are enough.
        y: labels or values.
        samples: number of random entries to check in each array; None checks all.
        tolerance: largest relative error that passes.
        training: check a training pass, with dropout (one fixed mask) and batch statistics.
        seed: seed of the sampled entries and the dropout mask.
    """
    return _Checker(net, x, y, training, seed).report(samples, tolerance)


class _Checker:
    """A float64 copy of the network, one batch, and the loss as a function of any array."""

    def __init__(self, net: Network, x: Array, y: Array, training: bool, seed: int) -> None:
        self.net = net.copy(np.float64)
        rows = self.net.input_layer.rows(x)
        self.net.input_layer.check(rows)
        if not self.net.input_layer.ready:
            self.net.input_layer = self.net.input_layer.fit(rows, np.ndim(x) > 2)
        self.net.input_layer = self.net.input_layer.astype(self.net.dtype)
        self.targets: Targets = self.net.encode(y, len(rows))
        self.training, self.seed = training, seed
        self.cache: Cache = self.net.new_cache(len(rows), rows)
        self.net.input_layer.forward(rows, self.cache.input)

    def report(self, samples: int | None, tolerance: float) -> GradientReport:
        self._forward_from(0)
        self.net.compute_loss(self.cache, self.targets.values, gradient=True)
        self.net.backpropagate(self.cache, 1 / len(self.cache.output))
        self.samples, self.tolerance = samples, tolerance
        self.inner = [_gradients_of(buffers) for buffers in self.cache.layers]
        analytic = {name: grad.copy() for name, grad in self.net.gradients.items()}
        checks = []
        for placed in self.net.stack:
            for letter in placed.layer.parameter_names:
                name = f"{letter}{placed.number}"
                array, grad = self.net.parameters[name], analytic["d" + name]
                check = self._check(array, grad, lambda: self._forward_from(0))
                checks.append(replace(check, name="d" + name, layer=placed.number))
        report = GradientReport(checks, tolerance)
        return report if report.passed else replace(report, fault=self._locate(checks))

    # --- the loss as a function -----------------------------------------------------------------

    def _forward_from(self, index: int) -> None:
        """Run all layers from the given index on, with the same dropout mask in every pass."""
        rng = stream(self.seed, "dropout")
        for position, placed in enumerate(self.net.stack):
            buffers: Any = self.cache.layers[position]
            if position >= index:
                placed.layer.forward(placed, buffers, self.training, rng)
            elif hasattr(buffers, "random"):  # draw what the skipped layer would have drawn
                rng.random(buffers.a.shape)

    def _loss(self) -> float:
        self.net.compute_loss(self.cache, self.targets.values, gradient=False)
        return float(self.cache.loss.losses.mean())

    def _sides(self) -> list[Array]:
        """Return the side of every kink on which this pass lies."""
        sides = []
        for placed, buffers in zip(self.net.stack, self.cache.layers, strict=True):
            activation, z = placed.layer.activation, getattr(buffers, "z", None)
            if activation is not None and activation.kink and z is not None:
                sides.append(z > 0)
        if isinstance(self.net.loss, AbsoluteError):
            sides.append(self.cache.output > self.targets.values)
        return sides

    # --- comparing ------------------------------------------------------------------------------

    def _check(
        self, array: FloatArray, analytic: FloatArray, forward: Callable[[], None]
    ) -> ParameterCheck:
        """Compare the analytic gradient of the loss by `array` with central differences."""
        rng = np.random.Generator(np.random.PCG64(self.seed))
        count = array.size if self.samples is None else min(self.samples, array.size)
        places = np.sort(rng.choice(array.size, count, replace=False))
        numeric = np.array([self._slope(array, place, forward) for place in places])
        known = ~np.isnan(numeric)
        stated, measured = analytic.reshape(-1)[places[known]], numeric[known]
        difference = np.abs(stated - measured)
        error = relative_error(stated, measured, _TINY)
        worst = int(difference.argmax()) if len(difference) else 0
        place = np.unravel_index(int(places[known][worst]) if len(difference) else 0, array.shape)
        values = (float(stated[worst]), float(measured[worst])) if len(difference) else (0.0, 0.0)
        index = tuple(int(axis) for axis in place)
        counts = int(known.sum()), int((~known).sum())
        return ParameterCheck("", 0, error, *counts, (index, *values))

    def _slope(self, array: FloatArray, place: int, forward: Callable[[], None]) -> float:
        """Return the central difference at one entry; NaN if there is a kink within the step."""
        flat = array.reshape(-1)
        before = flat[place]
        step = STEP * max(1.0, abs(before))
        losses, sides = [], []
        for offset in OFFSETS[2]:
            flat[place] = before + offset * step
            forward()
            losses.append(self._loss())
            sides.append(self._sides())
        flat[place] = before
        forward()
        crossed = any((low != high).any() for low, high in zip(*sides, strict=True))
        return float("nan") if crossed else float(slopes(np.array(losses), step))

    # --- locating -------------------------------------------------------------------------------

    def _locate(self, checks: list[ParameterCheck]) -> str:
        """Go back from the loss; return the term of the first wrong gradient."""
        stack, last = self.net.stack, len(self.net.stack) - 1
        wrong = [check.name for check in checks if not check.relative_error < self.tolerance]
        for index in range(last, -1, -1):
            placed = stack[index]
            fused = index == last and self.net.fused
            if not fused and self._dy_is_wrong(index):
                return self._fault_in_dy(index)
            if self._dz_is_wrong(index):
                return self._fault_in_dz(placed, fused)
            for letter in placed.layer.parameter_names:
                if f"d{letter}{placed.number}" in wrong:
                    return f"layer {placed.number}, the term {_term(placed, letter)}"
        return f"{', '.join(wrong)}, though every intermediate gradient is correct"

    def _dy_is_wrong(self, index: int) -> bool:
        """Return whether the gradient with respect to a layer's output is wrong."""
        buffers = self.cache.layers[index]
        check = self._check(
            buffers.a, self.inner[index]["da"], lambda: self._forward_from(index + 1)
        )
        self._forward_from(0)
        return not check.relative_error < self.tolerance

    def _dz_is_wrong(self, index: int) -> bool:
        """Return whether the gradient with respect to a layer's pre-activation is wrong."""
        buffers: Any = self.cache.layers[index]
        activation = self.net.stack[index].layer.activation
        if activation is None or "dz" not in self.inner[index]:
            return False

        def forward() -> None:
            buffers.a[:] = activation(buffers.z)
            self._forward_from(index + 1)

        check = self._check(buffers.z, self.inner[index]["dz"], forward)
        self._forward_from(0)
        return not check.relative_error < self.tolerance

    def _fault_in_dy(self, index: int) -> str:
        placed, loss = self.net.stack[index], self.net.loss.name
        array = _name(placed, "a")
        if index == len(self.net.stack) - 1:
            return f"the gradient of the loss {loss} by {array}"
        after = self.net.stack[index + 1]
        n = after.number
        term = f" = dZ{n} W{n}^T" if isinstance(after.layer, DenseLayer) else ""
        return f"layer {n} ({after.layer.kind}), the gradient of its input {array}{term}"

    def _fault_in_dz(self, placed: PlacedLayer, fused: bool) -> str:
        loss, dz, da = self.net.loss, _name(placed, "dz"), _name(placed, "da")
        if fused:
            return f"the loss {loss.name} fused with {loss.fused_with}: {dz}"
        assert placed.layer.activation is not None  # noqa: S101 - dZ exists only with one
        kind = "" if isinstance(placed.layer, DenseLayer) else f" ({placed.layer.kind})"
        fn = placed.layer.activation.name
        return f"layer {placed.number}{kind}, the derivative of {fn} in {dz} = {da} * fn'(Z)"


def _name(placed: PlacedLayer, field: str) -> str:
    """Return the name in the formulas of a field of the buffers, such as "dZ1" for "dz"."""
    names = placed.layer.array_names(placed.number)
    return next((name for name, of in names.items() if of == field), field)


def _gradients_of(buffers: Any) -> dict[str, FloatArray]:
    """Copy the gradients that backward wrote to a layer's buffers."""
    names = [name for name in ("da", "dz") if hasattr(buffers, name)]
    return {name: getattr(buffers, name).copy() for name in names}


def _term(placed: PlacedLayer, letter: str) -> str:
    """Return the formula of a parameter's gradient."""
    n = placed.number
    if not isinstance(placed.layer, DenseLayer):
        return f"d{letter}{n} of {placed.layer.kind}"
    formulas = {"W": f"dW{n} = A{n - 1}^T dZ{n}", "b": f"db{n} = sum over rows of dZ{n}"}
    return formulas.get(letter, f"d{letter}{n}")
