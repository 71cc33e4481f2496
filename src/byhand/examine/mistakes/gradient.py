"""Mistakes of backpropagation. `../find_mistake.py` looks for them."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.examine.mistakes.registry import mistake
from byhand.examine.steps import SQUARED, Steps
from byhand.network.activations import ACTIVATIONS


@mistake(
    "gradient",
    "gradient_sign",
    "the sign of dZ of the last layer is wrong: it is A - T, so that a step against the gradient "
    "moves the outputs towards the labels.",
)
class GradientSign(Steps):
    """T - A."""

    def error(self) -> FloatArray:
        """Return T - A."""
        return -super().error()


@mistake(
    "gradient",
    "output_slope_again",
    "dZ of the last layer is multiplied by A (1 - A); with the cross-entropy this factor has "
    "cancelled already: dZ = A - T.",
    applies=lambda setting: setting.loss != SQUARED,
)
class OutputSlopeAgain(Steps):
    """(A - T) * A (1 - A)."""

    def loss_delta(self) -> FloatArray:
        """Return dZ * A (1 - A)."""
        A = self.A[self.L]
        return super().loss_delta() * A * (1 - A)


@mistake(
    "gradient",
    "output_slope_missing",
    "the derivative of the output activation is missing: with the squared error, dZ = dA * f'(Z) "
    "in the last layer, too.",
    applies=lambda setting: setting.loss == SQUARED and setting.output != "identity",
)
class OutputSlopeMissing(Steps):
    """dZ = dA of the last layer."""

    def through_output(self, dA: FloatArray) -> FloatArray:
        """Return dA."""
        return dA


@mistake(
    "gradient",
    "output_slope_of_a",
    "the derivative of the output activation is taken at A instead of Z: the sigmoid is applied "
    "twice.",
    applies=lambda setting: setting.loss == SQUARED and setting.output == "sigmoid",
)
class OutputSlopeOfA(Steps):
    """dZ = dA * f'(A) in the last layer."""

    def through_output(self, dA: FloatArray) -> FloatArray:
        """Return dA * f'(A)."""
        A = self.A[self.L]
        twice = ACTIVATIONS["sigmoid"](A)
        return dA * twice * (1 - twice)


@mistake(
    "gradient",
    "every_slope_of_a",
    "the derivatives are taken at A instead of Z, in all layers: the activation is applied twice.",
    applies=lambda setting: setting.loss == SQUARED and setting.output == "sigmoid",
)
class EverySlopeOfA(OutputSlopeOfA):
    """f'(A) in every layer."""

    def slope(self, layer: int) -> FloatArray:
        """Return f'(A)."""
        A = self.A[layer]
        return self.setting.hidden.backward(np.ones_like(A), A, self.setting.hidden(A))


@mistake(
    "gradient",
    "bias_summed_over_everything",
    "db is the sum over everything, so all units get the same number: sum over the examples "
    "only, with axis= (and keepdims=True if b is a row or a column).",
    layered=True,
)
class BiasSummedOverEverything(Steps):
    """db = sum of all dZ."""

    def bias_gradient(self, layer: int, dZ: FloatArray) -> Array:
        """Return one number for all units."""
        right = super().bias_gradient(layer, dZ)
        return np.full_like(right, right.sum()) if self._here(layer) else right

    def _here(self, layer: int) -> bool:
        return self.at(BiasSummedOverEverything, layer)


@mistake(
    "gradient",
    "bias_summed_over_everything",
    "db is the mean over everything, so all units get the same number: sum dZ over the "
    "examples only, with axis=.",
    layered=True,
)
class BiasAveragedOverEverything(Steps):
    """db = mean of all dZ."""

    def bias_gradient(self, layer: int, dZ: FloatArray) -> Array:
        """Return one number for all units."""
        right = super().bias_gradient(layer, dZ)
        here = self.at(BiasAveragedOverEverything, layer)
        return np.full_like(right, right.mean()) if here else right


@mistake(
    "gradient",
    "bias_of_first_example",
    "db is dZ of one example: sum over all of the batch.",
    layered=True,
)
class BiasOfFirstExample(Steps):
    """db = dZ[0]."""

    def bias_gradient(self, layer: int, dZ: FloatArray) -> Array:
        """Return the first row."""
        here = self.at(BiasOfFirstExample, layer)
        return np.asarray(dZ[0]) if here else super().bias_gradient(layer, dZ)


@mistake(
    "gradient",
    "labels_shifted",
    "the labels are shifted by one: class 0 is the first column.",
)
class LabelsShifted(Steps):
    """T of label - 1."""

    def error(self) -> FloatArray:
        """Return A - T with the class before."""
        return self.A[self.L] - np.eye(self.K)[self.problem.labels - 1]


@mistake(
    "gradient",
    "labels_shifted",
    "the labels are shifted by one: class 0 is the first column.",
)
class LabelsShiftedUp(Steps):
    """T of label + 1."""

    def error(self) -> FloatArray:
        """Return A - T with the class after."""
        return self.A[self.L] - np.eye(self.K)[(self.problem.labels + 1) % self.K]


@mistake(
    "gradient",
    "labels_not_one_hot",
    "the class numbers themselves are subtracted from the outputs: make the labels one-hot first.",
)
class LabelsNotOneHot(Steps):
    """A - label."""

    def error(self) -> FloatArray:
        """Return A - label."""
        return self.A[self.L] - self.problem.labels[:, None]


@mistake(
    "gradient",
    "labels_ignored",
    "the labels are not used in the gradient: dZ of the last layer is A - T.",
)
class LabelsIgnored(Steps):
    """dZ = A."""

    def error(self) -> FloatArray:
        """Return A."""
        return self.A[self.L]


@mistake(
    "gradient",
    "z_in_weight_gradient",
    "dW is made with Z of the layer before; its input was A: dW = A^T dZ.",
)
class ZInWeightGradient(Steps):
    """dW = Z^T dZ."""

    def weight_gradient(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return Z^T dZ."""
        return self.Z[layer - 1].T @ dZ if layer > 1 else super().weight_gradient(layer, dZ)


@mistake(
    "gradient",
    "updated_before_use",
    "W is updated before its old value has carried the gradient back to the layer before: "
    "compute all gradients first, then update.",
)
class UpdatedBeforeUse(Steps):
    """dA = dZ (W - rate dW)^T."""

    def carried(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return dA by the new W."""
        return dZ @ self.new_weights(layer).T


@mistake(
    "gradient",
    "weights_not_transposed",
    "dA needs W transposed; the matrix is square, so nothing fails: dA = dZ W^T with examples in "
    "rows, W^T dZ with examples in columns.",
    layered=True,
)
class WeightsNotTransposed(Steps):
    """dA = dZ W where W is square."""

    def carried(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return dZ W."""
        W = self.W(layer)
        if W.shape[0] != W.shape[1] or not self.at(WeightsNotTransposed, layer):
            return super().carried(layer, dZ)
        return dZ @ W


@mistake(
    "gradient",
    "gradient_transposed",
    "dW is transposed; the matrix is square, so nothing fails.",
    layered=True,
)
class GradientTransposed(Steps):
    """dW^T where W is square."""

    def weight_gradient(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return dW^T."""
        right = super().weight_gradient(layer, dZ)
        square = right.shape[0] == right.shape[1]
        return right.T if square and self.at(GradientTransposed, layer) else right


@mistake(
    "gradient",
    "weights_left_out",
    "the weights are missing on the way back: dA = dZ W^T; dZ of the next layer is passed on as "
    "it is.",
)
class WeightsLeftOut(Steps):
    """dA = dZ where W is square."""

    def carried(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return dZ."""
        W = self.W(layer)
        return dZ if W.shape[0] == W.shape[1] else super().carried(layer, dZ)


@mistake(
    "gradient",
    "only_one_example",
    "only the first example of the batch counts in the gradient: check the loop or the index.",
)
class OnlyOneExample(Steps):
    """dZ of the first example."""

    def mean(self, delta: FloatArray) -> FloatArray:
        """Return the gradient of the first example alone."""
        return np.where(np.arange(self.n)[:, None] == 0, delta, 0)


@mistake(
    "gradient",
    "only_one_example",
    "only the last example of the batch counts in the gradient: is it overwritten in a loop? Add "
    "up.",
)
class OnlyLastExample(Steps):
    """dZ of the last example."""

    def mean(self, delta: FloatArray) -> FloatArray:
        """Return the gradient of the last example alone."""
        return np.where(np.arange(self.n)[:, None] == self.n - 1, delta, 0)


@mistake(
    "gradient",
    "gradient_of_other_loss",
    "dZ = A - T belongs to softmax with the cross-entropy, but the loss is the squared error: "
    "take one or the other.",
    applies=lambda setting: setting.loss == SQUARED and setting.output == "softmax",
)
class GradientOfOtherLoss(Steps):
    """A - T."""

    def loss_delta(self) -> FloatArray:
        """Return A - T."""
        return self.error()


@mistake(
    "gradient",
    "gradient_zero",
    "the gradient is 0: is it computed and stored?",
    layered=True,
)
class GradientZero(Steps):
    """dW = 0, db = 0."""

    def weight_gradient(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return 0."""
        return super().weight_gradient(layer, dZ) * (not self.at(GradientZero, layer))

    def bias_gradient(self, layer: int, dZ: FloatArray) -> Array:
        """Return 0."""
        return super().bias_gradient(layer, dZ) * (not self.at(GradientZero, layer))
