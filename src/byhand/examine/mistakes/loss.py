"""Mistakes of the loss. `../find_mistake.py` looks for them."""

from __future__ import annotations

import numpy as np

from byhand.arrays import FloatArray
from byhand.examine.mistakes.registry import mistake
from byhand.examine.steps import BINARY, CROSS_ENTROPY, SQUARED, Setting, Steps


def _logarithmic(setting: Setting) -> bool:
    return setting.loss in (CROSS_ENTROPY, BINARY)


@mistake(
    "loss",
    "loss_mean_missing",
    "the loss is summed over the batch; divide it by the number of examples, or it grows with the "
    "batch.",
)
class LossMeanMissing(Steps):
    """Sum instead of mean."""

    def loss(self) -> float:
        """Return the sum over the batch."""
        return super().loss() * self.n


@mistake("loss", "loss_sign", "the minus sign of the loss is missing: -log of the probability.")
class LossSign(Steps):
    """-L."""

    def loss(self) -> float:
        """Return the negative loss."""
        return -super().loss()


@mistake(
    "loss",
    "loss_over_classes",
    "the loss is divided by the number of classes as well (np.mean over the whole matrix); sum "
    "over the classes, then take the mean over the examples.",
    applies=lambda setting: setting.loss == CROSS_ENTROPY,
)
class LossOverClasses(Steps):
    """L / K."""

    def loss(self) -> float:
        """Return the loss divided by K."""
        return super().loss() / self.K


@mistake(
    "loss",
    "loss_sign",
    "the minus sign of the loss is missing, and it is a mean over the classes as well.",
    applies=lambda setting: setting.loss == CROSS_ENTROPY,
)
class LossSignOverClasses(Steps):
    """-L / K."""

    def loss(self) -> float:
        """Return the negative loss divided by K."""
        return -super().loss() / self.K


@mistake(
    "loss",
    "loss_mean_twice",
    "the loss is divided by the number of examples twice: np.mean already does it.",
)
class LossMeanTwice(Steps):
    """L / n."""

    def loss(self) -> float:
        """Return the loss divided by n."""
        return super().loss() / self.n


@mistake(
    "loss",
    "loss_base",
    "the logarithm has another base; use the natural one, np.log, whose derivative is 1/a.",
    applies=_logarithmic,
)
class LossBaseTwo(Steps):
    """log2."""

    def log(self, A: FloatArray) -> FloatArray:
        """Return log2."""
        return np.log2(A)


@mistake(
    "loss",
    "loss_base",
    "the logarithm has another base; use the natural one, np.log, whose derivative is 1/a.",
    applies=_logarithmic,
)
class LossBaseTen(Steps):
    """log10."""

    def log(self, A: FloatArray) -> FloatArray:
        """Return log10."""
        return np.log10(A)


@mistake(
    "loss",
    "loss_logarithm_missing",
    "the logarithm is missing: the loss of an example is -log of its label's probability.",
    applies=_logarithmic,
)
class LossLogarithmMissing(Steps):
    """-A."""

    def log(self, A: FloatArray) -> FloatArray:
        """Return A itself."""
        return A


@mistake(
    "loss",
    "loss_half_of_binary",
    "the binary cross-entropy has a second term, (1 - t) log(1 - a), which is missing.",
    applies=lambda setting: setting.loss == BINARY,
)
class LossHalfOfBinary(Steps):
    """-t log a only."""

    def losses(self) -> FloatArray:
        """Return the first term of each example."""
        return -self.setting.factor * (self.targets() * self.log(self.A[self.L])).mean(axis=1)


@mistake(
    "loss",
    "loss_not_squared",
    "the errors are not squared: the loss is the mean of (a - t)^2.",
    applies=lambda setting: setting.loss == SQUARED,
)
class LossNotSquared(Steps):
    """A - T."""

    def losses(self) -> FloatArray:
        """Return the mean error of each example."""
        return self.setting.factor * np.asarray(self.error().mean(axis=1))


@mistake(
    "loss",
    "loss_absolute",
    "the loss takes the absolute error; the mean squared error is the mean of (a - t)^2.",
    applies=lambda setting: setting.loss == SQUARED,
)
class LossAbsolute(Steps):
    """|A - T|."""

    def losses(self) -> FloatArray:
        """Return the mean absolute error of each example."""
        return self.setting.factor * np.asarray(np.abs(self.error()).mean(axis=1))


@mistake(
    "loss",
    "loss_root",
    "the loss has a square root, which its gradient does not have: the mean of (a - t)^2.",
    applies=lambda setting: setting.loss == SQUARED,
)
class LossRoot(Steps):
    """sqrt(L)."""

    def loss(self) -> float:
        """Return the root of the loss."""
        return float(np.sqrt(super().loss()))


@mistake(
    "loss",
    "labels_shifted_in_loss",
    "the loss takes the wrong class of each example, shifted by one: classes count from 0.",
)
class LabelsShiftedInLoss(Steps):
    """T of label - 1."""

    def targets(self) -> FloatArray:
        """Return the targets of the class before."""
        return np.eye(self.K)[self.problem.labels - 1]


@mistake(
    "loss",
    "labels_shifted_in_loss",
    "the loss takes the wrong class of each example, shifted by one: classes count from 0.",
)
class LabelsShiftedUpInLoss(Steps):
    """T of label + 1."""

    def targets(self) -> FloatArray:
        """Return the targets of the class after."""
        return np.eye(self.K)[(self.problem.labels + 1) % self.K]


@mistake(
    "loss",
    "loss_of_every_pair",
    "the loss indexes A[:, labels], which pairs every example with every label; "
    "A[np.arange(n), labels] takes one number for each example.",
    applies=lambda setting: setting.loss == CROSS_ENTROPY,
)
class LossOfEveryPair(Steps):
    """Mean over A[:, labels]."""

    def loss(self) -> float:
        """Return the mean over all pairs."""
        return float(-self.log(self.A[self.L][:, self.problem.labels]).mean())


@mistake(
    "loss",
    "loss_of_wrong_layer",
    "the loss takes the scores Z; it needs the probabilities A.",
    applies=_logarithmic,
)
class LossOfScores(Steps):
    """-log Z."""

    def losses(self) -> FloatArray:
        """Return the loss of Z."""
        T = self.targets()
        return -np.asarray(np.where(T > 0, self.log(self.Z[self.L]), 0).sum(axis=1))
