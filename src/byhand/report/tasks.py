"""What the page shows depends on the task: one class, several labels, or values with errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from byhand.arrays import FloatArray
from byhand.data import Part
from byhand.evaluation.subject import Subject
from byhand.network import Network
from byhand.network.r_squared import r2, sum_of_squares
from byhand.network.targets import CLASSES, MULTI_LABEL, REGRESSION


@dataclass(frozen=True, eq=False)
class Quantities:
    """The predicted values of n examples, beside their targets.

    Args:
        targets: (n, outputs).
        outputs: (n, outputs).
    """

    targets: FloatArray
    outputs: FloatArray

    @property
    def errors(self) -> FloatArray:
        """The mean absolute error over the outputs, each divided by its deviation (n,)."""
        deviation = self.targets.std(axis=0)
        scale = np.where(deviation > 0, deviation, 1.0)
        error: FloatArray = np.abs((self.outputs - self.targets) / scale).mean(axis=1)
        return error

    @property
    def r2(self) -> float:
        """Coefficient of determination over all outputs; 0 for constant targets."""
        found = r2(sum_of_squares(self.outputs - self.targets), self.targets)
        return 0.0 if np.isnan(found) else found

    @property
    def rmse(self) -> float:
        """Root of the mean squared error."""
        return float(np.sqrt(((self.outputs - self.targets) ** 2).mean()))

    @property
    def mae(self) -> float:
        """Mean absolute error."""
        return float(np.abs(self.outputs - self.targets).mean())


def predicts_values(subject: Subject) -> bool:
    """Return whether the network of a subject predicts values instead of classes."""
    return subject.network.task == REGRESSION


def gives_labels(subject: Subject) -> bool:
    """Return whether the network of a subject gives each example several labels, or none."""
    return subject.network.task == MULTI_LABEL


def has_rows_of_targets(subject: Subject) -> bool:
    """Return whether an example has a row of targets instead of a single class."""
    return subject.network.task != CLASSES


def quantities(network: Network, part: Part) -> Quantities:
    """Return the predictions of a network for a part, beside the targets."""
    targets = np.asarray(part.labels, np.float64).reshape(len(part), -1)
    return Quantities(targets, np.asarray(network.predict_proba(part.images), np.float64))


def output_names(subject: Subject) -> list[str]:
    """Return the names of the outputs: the class names if known, otherwise numbered ones."""
    units = subject.network.output_layer.units
    known = [str(name) for name in subject.class_names or subject.network.class_names or ()]
    if len(known) == units:
        return known
    if gives_labels(subject):
        return [str(k) for k in range(units)]
    return ["value"] if units == 1 else [f"value {k}" for k in range(units)]
