"""The checks, one function for one sickness: `Observations -> Finding | None`.

Add a check: write the function, add one line to `CHECKS`, and say in `EXPLAINS` which findings it
accounts for. The tests, the benchmark and the documentation walk this table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from byhand.evaluation.doctor.checks import course, data, fit, rates, start, units
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

Check: TypeAlias = Callable[[Observations], Finding | None]

CHECKS: dict[str, Check] = {
    "input_scale": data.input_scale,
    "blank_inputs": data.blank_inputs,
    "shuffled_labels": data.shuffled_labels,
    "unshuffled": course.unshuffled,
    "validation_shift": data.validation_shift,
    "leaking_split": data.leaking_split,
    "label_noise": data.label_noise,
    "class_imbalance": data.class_imbalance,
    "symmetric_initialisation": start.symmetric_initialisation,
    "dead_start": units.dead_start,
    "saturated_start": units.saturated_start,
    "exploding_gradients": start.exploding_gradients,
    "vanishing_gradients": start.vanishing_gradients,
    "initial_loss": start.initial_loss,
    "over_regularised": course.over_regularised,
    "learning_rate_high": rates.learning_rate_high,
    "learning_rate_low": rates.learning_rate_low,
    "diverged": rates.diverged,
    "dead_units": units.dead_units,
    "saturated_units": units.saturated_units,
    "update_ratio": rates.update_ratio,
    "unfinished": course.unfinished,
    "over_fitting": fit.over_fitting,
    "over_confidence": fit.over_confidence,
    "under_fitting": fit.under_fitting,
}
"""Every check by its name, causes before what they cause."""

_RATES = ("learning_rate_high", "learning_rate_low", "update_ratio", "diverged")
_UNITS = ("dead_units", "saturated_units")
_POOR = ("unfinished", "under_fitting")
_FIT = ("over_fitting", "over_confidence")

EXPLAINS: dict[str, tuple[str, ...]] = {
    "input_scale": (
        "symmetric_initialisation", "dead_start", "exploding_gradients", "vanishing_gradients",
        "saturated_start", "initial_loss", *_RATES, *_UNITS, *_POOR, *_FIT,
    ),
    "blank_inputs": (*_POOR, *_FIT),
    "shuffled_labels": ("label_noise", *_RATES, *_UNITS, *_POOR, *_FIT),
    "unshuffled": ("over_regularised", *_RATES, *_UNITS, *_POOR, *_FIT),
    "validation_shift": ("class_imbalance", "learning_rate_low", *_POOR, *_FIT),
    "label_noise": (*_RATES, *_POOR, *_FIT),
    "symmetric_initialisation": (
        "dead_start", "saturated_start", "exploding_gradients", "vanishing_gradients",
        *_RATES, *_UNITS, *_POOR, *_FIT,
    ),
    "dead_start": ("vanishing_gradients", "initial_loss", *_RATES, *_UNITS, *_POOR, *_FIT),
    "exploding_gradients": ("initial_loss", *_RATES, *_UNITS, *_POOR, *_FIT),
    "vanishing_gradients": (*_RATES, *_UNITS, *_POOR, *_FIT),
    "saturated_start": (
        "exploding_gradients", "initial_loss", *_RATES, *_UNITS, *_POOR, *_FIT,
    ),
    "initial_loss": (*_RATES, *_UNITS, *_POOR, *_FIT),
    "over_regularised": (*_RATES, *_UNITS, *_POOR),
    "learning_rate_high": ("update_ratio", "diverged", *_UNITS, *_POOR, *_FIT),
    "learning_rate_low": ("update_ratio", *_POOR),
    "diverged": (*_UNITS, "update_ratio", *_POOR, *_FIT),
    "dead_units": ("update_ratio", *_POOR),
    "saturated_units": _POOR,
    "update_ratio": _POOR,
    "unfinished": ("under_fitting",),
}  # fmt: skip
"""Which findings follow from which: the later ones become notes beside their cause."""
