"""Mistakes of the update. `../find_mistake.py` looks for them."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.examine.mistakes.registry import mistake
from byhand.examine.steps import Steps


@mistake(
    "update",
    "uphill",
    "the step goes up the gradient, which makes the loss larger: subtract it.",
)
class Uphill(Steps):
    """W + rate dW."""

    def rate(self) -> float:
        """Return -rate."""
        return -super().rate()


@mistake(
    "update",
    "nothing_changes",
    "the parameters are the same after the update: are the new ones stored and returned? `W = W "
    "- ...` within a function changes a local name only.",
)
class NothingChanges(Steps):
    """W."""

    def rate(self) -> float:
        """Return 0."""
        return 0.0


@mistake(
    "update",
    "rate_missing",
    "the learning rate is not used: W - rate * dW.",
    layered=True,
)
class RateMissing(Steps):
    """W - dW."""

    def stepped(self, layer: int, value: FloatArray, gradient: Array) -> FloatArray:
        """Return W - dW."""
        if not self.at(RateMissing, layer):
            return super().stepped(layer, value, gradient)
        return np.asarray(value - gradient)


@mistake(
    "update",
    "biases_not_updated",
    "the biases are never updated: b - rate * db.",
    layered=True,
)
class BiasesNotUpdated(Steps):
    """b."""

    def new_biases(self, layer: int) -> FloatArray:
        """Return b."""
        return self.b(layer) if self.at(BiasesNotUpdated, layer) else super().new_biases(layer)


@mistake(
    "update",
    "weights_not_updated",
    "the weights are never updated: W - rate * dW.",
    layered=True,
)
class WeightsNotUpdated(Steps):
    """W."""

    def new_weights(self, layer: int) -> FloatArray:
        """Return W."""
        return self.W(layer) if self.at(WeightsNotUpdated, layer) else super().new_weights(layer)


@mistake(
    "update",
    "layer_not_updated",
    "the layer is never updated: check the limits of the loop over the layers.",
    layered=True,
)
class LayerNotUpdated(Steps):
    """W and b."""

    def stepped(self, layer: int, value: FloatArray, gradient: Array) -> FloatArray:
        """Return the old value."""
        return value if self.at(LayerNotUpdated, layer) else super().stepped(layer, value, gradient)


@mistake(
    "update",
    "updated_twice",
    "each parameter is updated twice in a step.",
    layered=True,
)
class UpdatedTwice(Steps):
    """W - 2 rate dW."""

    def stepped(self, layer: int, value: FloatArray, gradient: Array) -> FloatArray:
        """Return the value after two steps."""
        once = super().stepped(layer, value, gradient)
        return super().stepped(layer, once, gradient) if self.at(UpdatedTwice, layer) else once


@mistake(
    "update",
    "old_value_lost",
    "the step replaces the parameter instead of changing it: W - rate * dW, not rate * dW.",
)
class OldValueLost(Steps):
    """-rate dW."""

    def stepped(self, layer: int, value: FloatArray, gradient: Array) -> FloatArray:
        """Return the step alone."""
        return super().stepped(layer, value, gradient) - value


@mistake(
    "update",
    "old_value_lost",
    "the step replaces the parameter instead of changing it: W - rate * dW, not rate * dW.",
)
class OldValueLostSign(Steps):
    """+rate dW."""

    def stepped(self, layer: int, value: FloatArray, gradient: Array) -> FloatArray:
        """Return rate dW."""
        return value - super().stepped(layer, value, gradient)


@mistake(
    "update",
    "mean_in_update",
    "the step is divided by the number of examples, but the gradient already is.",
)
class MeanInUpdate(Steps):
    """W - rate dW / n."""

    def rate(self) -> float:
        """Return rate / n."""
        return super().rate() / self.n


@mistake(
    "update",
    "sum_in_update",
    "the step is too long by a factor of the number of examples.",
)
class SumInUpdate(Steps):
    """W - rate n dW."""

    def rate(self) -> float:
        """Return rate * n."""
        return super().rate() * self.n


@mistake(
    "update",
    "gradient_sign_only",
    "only the sign of the gradient is used: W - rate * dW.",
)
class SignOnly(Steps):
    """W - rate sign(dW)."""

    def stepped(self, layer: int, value: FloatArray, gradient: Array) -> FloatArray:
        """Return the step by the sign."""
        return super().stepped(layer, value, np.sign(gradient))


@mistake(
    "update",
    "multiplied",
    "the parameter is multiplied by the step; subtract it: W - rate * dW.",
)
class Multiplied(Steps):
    """W * rate dW."""

    def stepped(self, layer: int, value: FloatArray, gradient: Array) -> FloatArray:
        """Return the product."""
        return np.asarray(value * self.rate() * gradient)


@mistake(
    "update",
    "rate_divides",
    "the gradient is divided by the learning rate; multiply it: W - rate * dW.",
)
class RateDivides(Steps):
    """W - dW / rate."""

    def rate(self) -> float:
        """Return 1 / rate."""
        return 1 / super().rate()


@mistake(
    "update",
    "gradients_of_other_layer",
    "the layers get one another's gradients.",
)
class GradientsOfOtherLayer(Steps):
    """W_l - rate dW_(l') where the shapes allow it."""

    def stepped(self, layer: int, value: FloatArray, gradient: Array) -> FloatArray:
        """Return the step with the gradient of another layer of the same shape."""
        table = self.dW if np.ndim(value) == 2 else self.db
        fitting = [g for other, g in table.items() if other != layer and g.shape == value.shape]
        return super().stepped(layer, value, fitting[0] if fitting else gradient)
