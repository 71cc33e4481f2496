"""Turns a recorded update into a problem and numbers that `find_mistake.py` can judge."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.examine.find_mistake import judge
from byhand.examine.judgement import Judgement
from byhand.examine.kinds import losses
from byhand.examine.problem import Problem
from byhand.examine.script.evidence import Window, named_rates, targets
from byhand.examine.script.fit import Fit, changes, fitted, multiple_among, single_rates
from byhand.examine.steps import BINARY, CROSS_ENTROPY, SQUARED, Setting, Steps
from byhand.network.activations import ACTIVATIONS

KINDS: dict[str, tuple[str, ...]] = {
    "softmax": (CROSS_ENTROPY, SQUARED),
    "sigmoid": (BINARY, SQUARED),
    "tanh": (SQUARED,),
    "identity": (SQUARED,),
    "relu": (SQUARED,),
}
"""Losses that go with the activation of the last layer."""

LARGE_RATE = 1.0
"""With the cross-entropy, a rate above this shows that the mean over the batch was forgotten."""

LONGEST = 6.0
"""Processor time from which on no further combination is tried."""

MOST_TRIED = 6
"""Combinations of targets, outputs and rates in which mistakes are looked for."""


@dataclass
class Verdict:
    """What one recorded update allows to compare.

    Args:
        problem: parameters and batch before the update.
        values: the script's numbers, as in `View.values`.
        hints: the kind of network.
        notes: remarks.
        complete: whether the gradients of all layers are among the values.
    """

    problem: Problem
    values: dict[str, Any]
    hints: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    complete: bool = False


class Examined:
    """One recorded update.

    Args:
        window: the events.
        hints: as `hints_of` gives them.
        source: the text of the script.
    """

    def __init__(self, window: Window, hints: Mapping[str, Any], source: str) -> None:
        self.window, self.source = window, source
        self.layers = window.before.layers
        self.moved = changes(self.layers, window.after.layers)
        self.names = [one.activation.name for one in self.layers[:-1] if one.activation]
        self.hints = dict(hints)
        if self._is_known():
            self.hints["hidden"] = list(dict.fromkeys(self.names))
        self.targets = targets(window)
        self.numbers = window.numbers()
        self.scores = np.asarray(self.layers[-1].Z, dtype=float)
        self.seen_outputs = window.outputs()

    def right(self) -> Verdict | None:
        """Return the comparison if everything is right, else None."""
        for problem, setting, values in self._kinds():
            fit = fitted(self.moved, values, self.layers, self.window.tolerance)
            if fit is not None:
                return self._with_update(problem, setting, fit)
            shown = self._gradients(values)
            if shown is not None:
                return self._with_gradients(problem, setting, values, shown)
        return None

    def wrong(self) -> Verdict | None:
        """Return the comparison in which known mistakes explain everything, else None."""
        best: tuple[tuple[int, int], Verdict] | None = None
        begin = time.process_time()
        for place, verdict in enumerate(self._possible()):
            if place == MOST_TRIED or time.process_time() - begin > LONGEST:
                break
            judged = judge(verdict.problem, verdict.values, verdict.hints, self.window.is_single)
            if not _is_certain(judged):
                continue
            if best is None or judged.badness < best[0]:
                best = judged.badness, verdict
            if len(judged.causes) == 1:
                break
        return None if best is None else best[1]

    def forward_only(self) -> Verdict | None:
        """Return the forward pass if it is right."""
        outputs = [one for one in self._outputs() if one in ("softmax", "sigmoid")]
        if not outputs or not self._is_known():
            return None
        problem = self._problem(self.targets[0] if self.targets else None)
        hints = self.hints | {"output": outputs[:1]}
        note = "the gradients were not found in the script: an adapter can show them."
        return Verdict(problem, self._values(outputs[0]), hints, [note])

    def _is_known(self) -> bool:
        """Return whether the activation of every hidden layer is known."""
        return len(self.names) == len(self.layers) - 1 and "identity" not in self.names

    # --- the parts of a comparison --------------------------------------------------------------

    def _problem(self, wanted: FloatArray | None) -> Problem:
        n, K = self.window.examples, self.window.classes
        wanted = np.zeros((n, K)) if wanted is None else wanted
        return Problem(
            weights=tuple(np.array(one.W, dtype=float) for one in self.layers),
            biases=tuple(np.array(one.bias, dtype=float) for one in self.layers),
            X=np.array(self.layers[0].fed, dtype=float),
            labels=wanted.argmax(axis=1),
            rate=1.0,
            wanted=wanted,
        )

    def _outputs(self) -> list[str]:
        """Return the activations of the last layer that give a recorded array."""
        found = []
        for name in KINDS:
            if name == "softmax" and self.window.classes == 1:
                continue
            made = ACTIVATIONS[name](self.scores)
            if any(np.allclose(made, one, 1e-4, 1e-7) for one in self.seen_outputs):
                found.append(name)
        return found

    def _setting(self, output: str, loss: str) -> Setting:
        hidden = tuple(one.activation or ACTIVATIONS["relu"] for one in self.layers[:-1])
        return Setting(hidden[0], output, loss, mixed=hidden)

    def _kinds(self) -> Iterator[tuple[Problem, Setting, dict[str, Any]]]:
        """Yield byhand's numbers for each kind of network that the record allows."""
        if not self._is_known():
            return
        outputs = self._outputs()
        if "softmax" not in outputs and self.window.classes > 1:
            outputs.append("softmax")  # the loss may contain it
        if "softmax" in self.hints["output"]:  # raw scores are no outputs then
            outputs = [name for name in outputs if name in ("softmax", "sigmoid")]
        for wanted in self.targets:
            problem = self._problem(wanted)
            for output in outputs:
                for loss in KINDS[output]:
                    setting = self._setting(output, loss)
                    yield problem, setting, Steps(problem, setting).run()

    def _values(self, output: str | None) -> dict[str, Any]:
        """Return Z and A of each layer, in double precision."""
        values: dict[str, Any] = {}
        for place, layer in enumerate(self.layers, start=1):
            values[f"Z{place}"] = np.asarray(layer.Z, dtype=float)
            if place < len(self.layers):
                values[f"A{place}"] = np.asarray(self.layers[place].fed, dtype=float)
        if output is not None:
            values[f"A{len(self.layers)}"] = ACTIVATIONS[output](self.scores)
        return values

    def _with_kind(
        self, problem: Problem, setting: Setting, loss: tuple[float, float] | None
    ) -> Verdict:
        hints = self.hints | {"output": [setting.output], "loss": [setting.loss]}
        verdict = Verdict(problem, self._values(setting.output), hints, complete=True)
        if loss is not None:
            verdict.values["loss"] = loss[1]
        return verdict

    def _loss(self, problem: Problem, setting: Setting) -> tuple[float, float] | None:
        """Return factor and value of the loss whose value is among the recorded numbers."""
        hints = self.hints | {"loss": [setting.loss]}
        for kind, factor in losses(setting.output, self.window.classes, hints):
            wanted = Steps(problem, setting.with_loss(kind, factor)).run()["loss"]
            if kind == setting.loss and _among(wanted, self.numbers, 1e-4):
                return factor, wanted
        return None

    def _with_update(self, problem: Problem, setting: Setting, fit: Fit) -> Verdict:
        loss = self._loss(problem, setting)
        fit = self._as_given(fit, loss)
        verdict = self._with_kind(replace(problem, rate=fit.rate), setting, loss)
        verdict.values |= self._updated(problem, fit.decay)
        if fit.decay:
            verdict.notes.append(
                f"the update contains an L2 penalty of {fit.penalty:.4g}, which was taken into "
                "account."
            )
        rate = self._rate_of_sum(fit.rate, setting)
        if rate is not None and setting.loss == CROSS_ENTROPY and fit.rate > LARGE_RATE:
            verdict.problem = replace(problem, rate=rate)
        elif rate is not None:
            verdict.notes.append(
                "the gradient is that of the sum over the examples, which makes the learning rate "
                f"of {rate:g} as large as {fit.rate:.4g} with the mean."
            )
        return verdict

    def _as_given(self, fit: Fit, loss: tuple[float, float] | None) -> Fit:
        """Return the fit with the rate of the code, if that belongs to the gradient of its loss."""
        known = self._known_numbers()
        if loss is None or _among(fit.rate, known, 1e-6):
            return fit
        rate = fit.rate / loss[0]
        return replace(fit, rate=rate) if _among(rate, known, 1e-6) else fit

    def _known_numbers(self) -> list[float]:
        """Return the numbers among which the learning rate is looked for."""
        return [
            *(number for _, number in self.window.record.numbers[-20_000:]),
            *named_rates(self.source),
        ]

    def _rate_of_sum(self, rate: float, setting: Setting) -> float | None:
        """Return the learning rate of the code if its gradient is a sum over the examples."""
        n, K = self.window.examples, float(self.window.classes)
        factors: tuple[float, ...] = (1.0, 0.5, 2.0, K, K / 2, 1 / K, 2 / K)
        if setting.loss == CROSS_ENTROPY:
            factors = (1.0,)
        known = self._known_numbers()
        if n == 1 or any(_among(rate * f, known, 1e-6) for f in factors):
            return None
        return next((rate * f / n for f in factors if _among(rate * f / n, known, 1e-6)), None)

    def _updated(self, problem: Problem, decay: float = 0.0) -> dict[str, Array]:
        """Return the parameters after the update, without what a penalty changes."""
        values: dict[str, Array] = {}
        for place, layer in enumerate(self.window.after.layers, start=1):
            old = problem.weights[place - 1]
            values[f"new W{place}"] = np.asarray(layer.W, dtype=float) + decay * old
            if f"b{place}" in self.moved:
                values[f"new b{place}"] = np.asarray(layer.bias, dtype=float)
        return values

    def _gradients(self, values: Mapping[str, Any]) -> dict[str, Fit] | None:
        """Return the factor of each gradient among the recorded arrays, all the same; else None."""
        found: dict[str, Fit] = {}
        for name in self.moved:
            gradient = np.asarray(values[f"d{name}"])
            weights = self.layers[int(name[1:]) - 1].W if name[0] == "W" else None
            arrays = list(self.window.arrays(gradient.size))
            fit = multiple_among(arrays, gradient, weights, self.window.tolerance)
            if fit is None:
                return None
            found[name] = fit
        rates = [fit.rate for fit in found.values()]
        return found if np.ptp(rates) <= self.window.tolerance * max(rates) else None

    def _with_gradients(
        self,
        problem: Problem,
        setting: Setting,
        values: Mapping[str, Any],
        shown: Mapping[str, Fit],
    ) -> Verdict:
        """Compare the gradients; the step is not that of plain descent."""
        verdict = self._with_kind(problem, setting, self._loss(problem, setting))
        for rate in self._rates(problem, [setting.output])[:2]:
            scaled = replace(problem, rate=rate)
            one = replace(verdict, problem=scaled, values=verdict.values | self._updated(problem))
            judged = judge(one.problem, one.values, one.hints, self.window.is_single)
            if _is_certain(judged) and judged.causes:
                return one
        verdict.values |= {f"d{name}": np.asarray(values[f"d{name}"]) for name in shown}
        verdict.notes.append(
            "the step is not that of plain gradient descent (momentum, Adam, ...?), so only the "
            "gradients were compared."
        )
        return verdict

    # --- mistakes -------------------------------------------------------------------------------

    def _possible(self) -> Iterator[Verdict]:
        """Yield comparisons in which mistakes may be found, the likeliest first."""
        known = self._outputs()
        outputs: list[Array] = [ACTIVATIONS[name](self.scores) for name in known[:1]]
        for wanted in self.targets:
            problem = self._problem(wanted)
            for output in outputs or self.seen_outputs[:4]:
                values = self._values(None) | {f"A{len(self.layers)}": output}
                hints = self.hints | ({"output": known[:1]} if known[:1] != ["identity"] else {})
                plain = (Fit(rate) for rate in self._rates(problem, known))
                for fit in (*self._penalised(problem), *plain):
                    after = self._updated(problem, fit.decay)
                    yield Verdict(
                        replace(problem, rate=fit.rate), values | after, hints, complete=True
                    )

    def _rates(self, problem: Problem, outputs: list[str]) -> list[float]:
        """Return what may be the learning rate."""
        found, known = named_rates(self.source), self._known_numbers()
        for output in outputs or ["softmax"]:
            for loss in KINDS[output]:
                values = Steps(problem, self._setting(output, loss)).run()
                for rate in single_rates(self.moved, values, self.window.tolerance):
                    n = self.window.examples
                    exact = [one for one in (rate, rate / n) if _among(one, known, 1e-6)]
                    found = [*(exact or [rate]), *found]
        literal = [one for one in self.numbers if 1e-5 < one < 5]
        return list(dict.fromkeys(found or literal))[:4]

    def _penalised(self, problem: Problem) -> list[Fit]:
        """Return the fit of the last layer if its update, in either direction, has a penalty."""
        last = f"W{len(self.layers)}"
        for output in self._outputs()[:1]:
            setting = self._setting(output, KINDS[output][0])
            gradients = Steps(problem, setting).run()
            for sign in (1, -1):
                moved = {last: sign * self.moved[last]}
                fit = fitted(moved, gradients, self.layers, self.window.tolerance)
                if fit is not None and fit.decay:
                    given = self._as_given(fit, self._loss(problem, setting))
                    return [replace(given, decay=sign * given.decay)]
        return []


def _is_certain(judged: Judgement) -> bool:
    return not judged.unknown and all(cause.certain for cause in judged.causes)


def _among(number: float, numbers: list[float], tolerance: float) -> bool:
    if not numbers or not np.isfinite(number):
        return False
    return bool(np.isclose(np.asarray(numbers), number, rtol=tolerance, atol=0).any())
