"""Is the gradient right? Central differences say so, and where it is wrong they say where.

For each parameter w the slope (loss(w + h) - loss(w - h)) / 2h is compared with what backward
gave, in float64. Across a kink (of relu, say) such a slope means nothing: entries whose
perturbation moves some Z across 0 are recognised, left out and counted.

A wrong gradient is located. The intermediate gradients are checked in the order in which backward
makes them; the first that is wrong names the term of the formula that is at fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.network.activations import Activation
from byhand.network.cache import Cache
from byhand.network.layers import Layer
from byhand.network.losses import AbsoluteError
from byhand.network.mlp import MultiLayerPerceptron
from byhand.network.targets import Targets, encode_targets
from byhand.randomness import stream

STEP = 1e-5
"""h, times the size of the number perturbed where that is above 1."""

_TINY = 1e-7
"""Norms of a gradient below this are rounding: they count as equal."""


@dataclass(frozen=True)
class ParameterCheck:
    """One array's gradient against finite differences.

    Args:
        name: of the gradient, as "dW1".
        layer: the layer number.
        relative_error: norm(analytic - numeric) / (norm(analytic) + norm(numeric)).
        checked: entries compared.
        kinks: entries left out because a kink lay within the step.
        worst: index of the largest difference, with both numbers.
    """

    name: str
    layer: int
    relative_error: float
    checked: int
    kinks: int
    worst: tuple[tuple[int, ...], float, float]


@dataclass(frozen=True)
class GradientReport:
    """The checks of all parameters, and where the fault lies if there is one."""

    checks: list[ParameterCheck]
    tolerance: float
    fault: str | None = field(default=None)

    @property
    def passed(self) -> bool:
        """Whether every gradient agrees within the tolerance."""
        return all(check.relative_error < self.tolerance for check in self.checks)

    @property
    def worst(self) -> ParameterCheck:
        """The parameter that agrees least."""
        return max(self.checks, key=lambda check: np.nan_to_num(check.relative_error, nan=np.inf))

    def __str__(self) -> str:
        lines = [f"{'gradient':<10}{'relative error':>16}{'checked':>10}{'at kinks':>10}"]
        for check in self.checks:
            verdict = "" if check.relative_error < self.tolerance else "  wrong"
            lines.append(
                f"{check.name:<10}{check.relative_error:>16.2e}{check.checked:>10,}"
                f"{check.kinks:>10,}{verdict}"
            )
        if self.passed:
            lines.append(f"all gradients agree with finite differences to {self.tolerance:g}")
        else:
            index, analytic, numeric = self.worst.worst
            lines.append(
                f"{self.worst.name}{list(index)} is {analytic:.8g}, finite differences say "
                f"{numeric:.8g}"
            )
            lines.append(f"the fault: {self.fault}")
        return "\n".join(lines)


def gradient_check(
    net: MultiLayerPerceptron,
    x: Array,
    y: Array,
    *,
    samples: int | None = 200,
    tolerance: float = 1e-7,
    training: bool = True,
    seed: int = 0,
) -> GradientReport:
    """Compare the network's gradients on x and y with central differences, in float64.

    Args:
        net: any network; a float64 copy is checked and it stays as it is.
        x: raw inputs; a handful of examples suffices.
        y: labels or values.
        samples: entries of each array that are checked, drawn at random; None checks all.
        tolerance: the largest relative error that passes.
        training: as in training, with dropout (one fixed mask) and batch statistics.
        seed: of the sampled entries and the dropout mask.
    """
    return _Checker(net, x, y, training, seed).report(samples, tolerance)


class _Checker:
    """A float64 copy of the network, one batch, and the loss as a function of any array."""

    def __init__(
        self, net: MultiLayerPerceptron, x: Array, y: Array, training: bool, seed: int
    ) -> None:
        self.net = net.copy(np.float64)
        rows = self.net.input_layer.rows(x)
        self.net.input_layer.check(rows)
        if not self.net.input_layer.ready:
            self.net.input_layer = self.net.input_layer.fit(rows, np.ndim(x) > 2)
        self.net.input_layer = self.net.input_layer.astype(self.net.dtype)
        self.targets: Targets = encode_targets(
            y, len(rows), self.net.output_layer.units, self.net.loss, self.net.dtype
        )
        self.training, self.seed = training, seed
        self.cache: Cache = self.net.new_cache(len(rows), rows)
        self.net.input_layer.forward(rows, self.cache.input)

    def report(self, samples: int | None, tolerance: float) -> GradientReport:
        self._forward()
        self.net.compute_loss(self.cache, self.targets.values, gradient=True)
        self.net.backpropagate(self.cache, 1 / len(self.cache.output))
        analytic = {name: grad.copy() for name, grad in self.net.gradients.items()}
        inner = {name: array.copy() for name, array in self.cache.items()}
        checks = [
            self._check(name, self.net.parameters[name[1:]], grad, samples, self._forward)
            for name, grad in analytic.items()
        ]
        report = GradientReport(checks, tolerance)
        if report.passed:
            return report
        return GradientReport(checks, tolerance, self._locate(checks, inner, samples, tolerance))

    # --- the loss as a function -----------------------------------------------------------------

    def _forward(self) -> None:
        self._forward_from(0)

    def _forward_from(self, index: int) -> None:
        """All layers from the index-th on, with the dropout mask that every pass has."""
        net, cache = self.net, self.cache
        rng = stream(self.seed, "dropout")
        for position, (layer, parameters, _, statistics) in enumerate(net.parts):
            if position >= index:
                layer.forward(parameters, statistics, cache.layers[position], self.training, rng)
            elif hasattr(cache.layers[position], "random"):  # keep the stream in step
                rng.random(cache.layers[position].y.shape)

    def _loss(self) -> float:
        self.net.compute_loss(self.cache, self.targets.values, gradient=False)
        return float(self.cache.loss.losses.mean())

    def _sides(self) -> list[Array]:
        """On which side of every kink the pass lies."""
        sides = [
            buffers.z > 0  # type: ignore[attr-defined]
            for layer, buffers in zip(self.net.hidden, self.cache.layers, strict=True)
            if layer.activation is not None and layer.activation.kink
        ]
        if isinstance(self.net.loss, AbsoluteError):
            sides.append(self.cache.output > self.targets.values)
        return sides

    # --- comparing ------------------------------------------------------------------------------

    def _check(
        self,
        name: str,
        array: FloatArray,
        analytic: FloatArray,
        samples: int | None,
        forward: Callable[[], None],
    ) -> ParameterCheck:
        """The analytic gradient of the loss by `array` against central differences."""
        rng = np.random.Generator(np.random.PCG64(self.seed))
        count = array.size if samples is None else min(samples, array.size)
        places = np.sort(rng.choice(array.size, count, replace=False))
        numeric = np.array([self._slope(array, place, forward) for place in places])
        known = ~np.isnan(numeric)
        stated, measured = analytic.reshape(-1)[places[known]], numeric[known]
        difference = np.abs(stated - measured)
        size = float(np.linalg.norm(stated) + np.linalg.norm(measured))
        error = 0.0 if size <= _TINY else float(np.linalg.norm(difference)) / size
        worst = int(difference.argmax()) if len(difference) else 0
        place = np.unravel_index(int(places[known][worst]) if len(difference) else 0, array.shape)
        numbers = (float(stated[worst]), float(measured[worst])) if len(difference) else (0.0, 0.0)
        return ParameterCheck(
            name,
            int("".join(letter for letter in name if letter.isdigit())),
            error,
            int(known.sum()),
            int((~known).sum()),
            (tuple(int(axis) for axis in place), *numbers),
        )

    def _slope(self, array: FloatArray, place: int, forward: Callable[[], None]) -> float:
        """The central difference at one entry, NaN where a kink lies within the step."""
        flat = array.reshape(-1)
        before = flat[place]
        step = STEP * max(1.0, abs(before))
        losses, sides = [], []
        for at in (before + step, before - step):
            flat[place] = at
            forward()
            losses.append(self._loss())
            sides.append(self._sides())
        flat[place] = before
        forward()
        crossed = any((up != down).any() for up, down in zip(*sides, strict=True))
        return float("nan") if crossed else (losses[0] - losses[1]) / (2 * step)

    # --- locating -------------------------------------------------------------------------------

    def _locate(
        self,
        checks: list[ParameterCheck],
        inner: dict[str, Array],
        samples: int | None,
        tolerance: float,
    ) -> str:
        """Walk back from the loss; the first gradient that is wrong names the term."""
        net, last = self.net, len(self.net.hidden) - 1
        wrong = {check.name for check in checks if not check.relative_error < tolerance}
        for index in range(last, -1, -1):
            number, kind = net.numbers[index], net.hidden[index].kind
            suffix = "" if kind == "dense" else f"_{kind}"
            if not (index == last and net.fused) and self._is_wrong(
                f"dA{number}{suffix}",
                inner,
                self.cache.layers[index].y,
                index + 1,
                samples,
                tolerance,
            ):
                if index == last:
                    return f"the gradient of the loss {net.loss.name} by A{number}"
                after = net.hidden[index + 1]
                term = f"dZ{net.numbers[index + 1]} W{net.numbers[index + 1]}^T"
                return (
                    f"layer {net.numbers[index + 1]} ({after.kind}), the gradient that it hands "
                    f"back to A{number}" + (f" = {term}" if after.kind == "dense" else "")
                )
            if kind == "dense" and self._dz_is_wrong(index, inner, samples, tolerance):
                if index == last and net.fused:
                    return f"the loss {net.loss.name} fused with {net.loss.fused_with}: dZ{number}"
                name = _activation(net.hidden[index]).name
                return (
                    f"layer {number}, the derivative of {name} in dZ{number} = dA{number} * fn'(Z)"
                )
            for check in checks:
                if (
                    check.layer == number
                    and check.name in wrong
                    and self._belongs(check.name, kind)
                ):
                    formula = {
                        "W": f"dW{number} = A{number - 1}^T dZ{number}",
                        "b": f"db{number} = sum over rows of dZ{number}",
                    }.get(check.name[1:2] if kind == "dense" else "", f"{check.name} of {kind}")
                    return f"layer {number}, the term {formula}"
        return f"{sorted(wrong)}, though every intermediate gradient is right"

    @staticmethod
    def _belongs(name: str, kind: str) -> bool:
        return name.startswith(("dgamma", "dbeta")) == (kind == "batch_norm")

    def _is_wrong(
        self,
        name: str,
        inner: dict[str, Array],
        array: FloatArray,
        resume: int,
        samples: int | None,
        tolerance: float,
    ) -> bool:
        """Whether the gradient by a layer's output, from which the pass goes on, is wrong."""
        check = self._check(name, array, inner[name], samples, lambda: self._forward_from(resume))
        self._forward()
        return not check.relative_error < tolerance

    def _dz_is_wrong(
        self, index: int, inner: dict[str, Array], samples: int | None, tolerance: float
    ) -> bool:
        buffers, number = self.cache.layers[index], self.net.numbers[index]
        activation = _activation(self.net.hidden[index])

        def forward() -> None:
            activation.value(buffers.z, buffers.y, buffers.scratch)  # type: ignore[attr-defined]
            self._forward_from(index + 1)

        name = f"dZ{number}"
        check = self._check(name, buffers.z, inner[name], samples, forward)  # type: ignore[attr-defined]
        self._forward()
        return not check.relative_error < tolerance


def _activation(layer: Layer[Any]) -> Activation:
    assert layer.activation is not None  # noqa: S101 - asked of dense layers only
    return layer.activation
