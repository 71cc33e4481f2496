"""Mistakes with the mean over the batch. `../find_mistake.py` looks for them."""

from __future__ import annotations

from byhand.arrays import Array, FloatArray
from byhand.examine.mistakes.registry import mistake
from byhand.examine.steps import CROSS_ENTROPY, Steps


@mistake(
    "gradient",
    "mean_missing",
    "the mean over the batch is missing: the gradient of a mean loss is divided by the number of "
    "examples, preferably once, in dZ of the last layer.",
)
class MeanMissing(Steps):
    """dZ = A - T."""

    def mean(self, delta: FloatArray) -> FloatArray:
        """Return the sum's gradient."""
        return delta


@mistake(
    "gradient",
    "mean_twice",
    "the mean over the batch is taken twice: dZ of the last layer is divided by the number of "
    "examples already, so dW and db must not be.",
)
class MeanTwice(Steps):
    """dZ / n^2."""

    def mean(self, delta: FloatArray) -> FloatArray:
        """Return the gradient divided by n twice."""
        return super().mean(delta) / self.n


@mistake(
    "gradient",
    "mean_again_in_layer",
    "the gradient is divided by the number of examples once more: dZ has the 1/n from the layer "
    "after it already.",
    layered=True,
)
class MeanAgainInLayer(Steps):
    """dW and db of a layer divided by n again."""

    def weight_gradient(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return dW / n."""
        return super().weight_gradient(layer, dZ) / (self.n if self._here(layer) else 1)

    def bias_gradient(self, layer: int, dZ: FloatArray) -> Array:
        """Return db / n."""
        return super().bias_gradient(layer, dZ) / (self.n if self._here(layer) else 1)

    def _here(self, layer: int) -> bool:
        return self.at(MeanAgainInLayer, layer)


@mistake(
    "gradient",
    "mean_missing_in_layer",
    "the mean over the batch is missing in this layer's gradients: divide by the number of "
    "examples.",
    layered=True,
)
class MeanMissingInLayer(Steps):
    """dW and db of a layer without the mean."""

    def weight_gradient(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return n dW."""
        return super().weight_gradient(layer, dZ) * (self.n if self._here(layer) else 1)

    def bias_gradient(self, layer: int, dZ: FloatArray) -> Array:
        """Return n db."""
        return super().bias_gradient(layer, dZ) * (self.n if self._here(layer) else 1)

    def _here(self, layer: int) -> bool:
        return self.at(MeanMissingInLayer, layer)


@mistake(
    "gradient",
    "mean_missing_in_biases",
    "the mean over the batch is missing in the gradients of the biases; those of the weights "
    "have it.",
    layered=True,
)
class MeanMissingInBiases(Steps):
    """n db."""

    def bias_gradient(self, layer: int, dZ: FloatArray) -> Array:
        """Return n db."""
        return super().bias_gradient(layer, dZ) * (
            self.n if self.at(MeanMissingInBiases, layer) else 1
        )


@mistake(
    "gradient",
    "mean_missing_in_weights",
    "the mean over the batch is missing in the gradients of the weights; those of the biases "
    "have it.",
    layered=True,
)
class MeanMissingInWeights(Steps):
    """n dW."""

    def weight_gradient(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return n dW."""
        factor = self.n if self.at(MeanMissingInWeights, layer) else 1
        return super().weight_gradient(layer, dZ) * factor


@mistake(
    "gradient",
    "mean_twice_in_biases",
    "db takes the mean over the batch although dZ already contains the 1/n: sum dZ over the "
    "examples.",
    layered=True,
)
class MeanTwiceInBiases(Steps):
    """db / n."""

    def bias_gradient(self, layer: int, dZ: FloatArray) -> Array:
        """Return db / n."""
        return super().bias_gradient(layer, dZ) / (
            self.n if self.at(MeanTwiceInBiases, layer) else 1
        )


@mistake(
    "gradient",
    "mean_twice_in_weights",
    "dW is divided by the number of examples although dZ already contains the 1/n.",
    layered=True,
)
class MeanTwiceInWeights(Steps):
    """dW / n."""

    def weight_gradient(self, layer: int, dZ: FloatArray) -> FloatArray:
        """Return dW / n."""
        factor = self.n if self.at(MeanTwiceInWeights, layer) else 1
        return super().weight_gradient(layer, dZ) / factor


@mistake(
    "gradient",
    "mean_over_classes",
    "the gradient is divided by the number of classes, as if the mean were over them: divide by "
    "the number of examples.",
    applies=lambda setting: setting.loss == CROSS_ENTROPY,
)
class MeanOverClasses(Steps):
    """dZ / K."""

    def mean(self, delta: FloatArray) -> FloatArray:
        """Return the gradient divided by K."""
        return delta / self.K
