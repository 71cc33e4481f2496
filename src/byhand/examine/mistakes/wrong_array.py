"""Mistakes in which an array of another layer, or of another scale, is taken.

`../find_mistake.py` looks for them.
"""

from __future__ import annotations

from byhand.arrays import FloatArray
from byhand.examine.mistakes.registry import mistake
from byhand.examine.steps import SQUARED, Steps

TINY = 1e-8
"""The usual number that keeps a deviation from being 0."""


@mistake(
    "forward",
    "output_of_layer_before",
    "the output activation is applied to A of the layer before instead of Z of the last layer, "
    "whose weights then play no part in the output.",
)
class OutputOfLayerBefore(Steps):
    """A_L = f(A_(L-1)), possible where both layers have the same number of units."""

    def activated(self, layer: int) -> FloatArray:
        """Return f(A of the layer before) in the last layer."""
        before = self.A[layer - 1]
        if layer < self.L or before.shape != self.Z[layer].shape:
            return super().activated(layer)
        return self.output(before)


@mistake(
    "forward",
    "inputs_standardised_by_batch",
    "forward standardises each batch by its own mean and deviation, so the output for an image "
    "depends on the images beside it, and a single image becomes all zeros. Compute the mean and "
    "the deviation once, from the training data.",
)
class InputsStandardisedByBatch(Steps):
    """A_0 = (X - mean(X)) / std(X), over the examples of the batch."""

    def inputs(self) -> FloatArray:
        """Return the batch with mean 0 and deviation 1 in each column."""
        X = super().inputs()
        return (X - X.mean(axis=0)) / (X.std(axis=0) + TINY)


@mistake(
    "gradient",
    "delta_of_next_layer",
    "dW is computed from dZ of the next layer instead of dZ of its own.",
    layered=True,
)
class DeltaOfNextLayer(Steps):
    """dW_l = A_(l-1)^T dZ_(l+1), possible where both layers have the same number of units."""

    def weight_gradient(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return the gradient with dZ of the next layer."""
        later = self.dZ.get(layer + 1)
        if later is None or later.shape != dZ.shape or not self.at(DeltaOfNextLayer, layer):
            return super().weight_gradient(layer, dZ)
        return super().weight_gradient(layer, later)


@mistake(
    "gradient",
    "slope_missing_in_weights",
    "dW is computed from dA instead of dZ, so the derivative of the activation is missing in it.",
    layered=True,
)
class SlopeMissingInWeights(Steps):
    """dW_l = A_(l-1)^T dA_l in hidden layers."""

    def weight_gradient(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return the gradient with dA."""
        here = layer < self.L and self.at(SlopeMissingInWeights, layer)
        return super().weight_gradient(layer, self.dA[layer] if here else dZ)


@mistake(
    "gradient",
    "error_carried_without_slope",
    "what is carried back from the last layer is the error A - T without the derivative of the "
    "output activation: carry dZ back, dA = dZ W^T.",
    applies=lambda setting: setting.loss == SQUARED and setting.output != "identity",
)
class ErrorCarriedWithoutSlope(Steps):
    """dA of the layer before the last = (A - T) W^T, while its own dW is right."""

    def carried(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Carry back the derivative of the loss by A instead of dZ."""
        if layer == self.L:
            dZ = self.mean(2 * self.setting.factor * self.error() / self.K)
        return super().carried(layer, dZ)
