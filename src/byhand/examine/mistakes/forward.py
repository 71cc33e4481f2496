"""Mistakes of the forward pass. `../find_mistake.py` looks for them."""

from __future__ import annotations

import numpy as np

from byhand.arrays import FloatArray
from byhand.examine.mistakes.registry import mistake
from byhand.examine.steps import Setting, Steps
from byhand.network.activations import ACTIVATIONS


def _softmax(setting: Setting) -> bool:
    return setting.output == "softmax"


def _relu(setting: Setting) -> bool:
    return setting.hidden.name == "relu"


def _leaky(setting: Setting) -> bool:
    return setting.hidden.name == "leaky_relu"


def _exponentials(Z: FloatArray) -> FloatArray:
    """Return exp without an overflow that the learner's code would not have either."""
    return np.exp(np.minimum(Z, 700))


@mistake("forward", "bias_missing", "the bias is not added: Z = A W + b.", layered=True)
class BiasMissing(Steps):
    """Z = A W."""

    def bias(self, layer: int) -> FloatArray:
        """Return 0."""
        return super().bias(layer) * (not self.at(BiasMissing, layer))


@mistake(
    "forward",
    "activation_missing",
    "the activation of the hidden layer is missing, so A = Z, and all layers together are one "
    "linear layer. Apply it to Z.",
    layered=True,
)
class ActivationMissing(Steps):
    """A = Z in hidden layers."""

    def hidden(self, layer: int, Z: FloatArray) -> FloatArray:
        """Return Z."""
        return Z if self.at(ActivationMissing, layer) else super().hidden(layer, Z)


@mistake(
    "forward",
    "z_passed_on",
    "the next layer gets Z instead of A: the activation is computed, but not used. Multiply A.",
)
class ZPassedOn(Steps):
    """Z_l = Z_(l-1) W + b."""

    def fed(self, layer: int) -> FloatArray:
        """Return the layer before without its activation."""
        return self.Z[layer - 1] if layer > 1 else super().fed(layer)


@mistake(
    "forward",
    "softmax_over_examples",
    "softmax sums over the examples; each example needs its own sum, over the classes. Change the "
    "axis, and keep the dimension (keepdims=True).",
    applies=_softmax,
)
class SoftmaxOverExamples(Steps):
    """exp(Z) / sum over rows."""

    def output(self, Z: FloatArray) -> FloatArray:
        """Return the softmax of each column."""
        return ACTIVATIONS["softmax"](Z.T).T


@mistake(
    "forward",
    "softmax_over_everything",
    "softmax sums over the whole matrix; each example needs its own sum, over the classes: give "
    "the sum an axis and keepdims=True.",
    applies=_softmax,
)
class SoftmaxOverEverything(Steps):
    """exp(Z) / sum over all."""

    def output(self, Z: FloatArray) -> FloatArray:
        """Return the softmax over all numbers."""
        return ACTIVATIONS["softmax"](Z.reshape(1, -1)).reshape(Z.shape)


@mistake(
    "forward",
    "softmax_missing",
    "the last layer has no softmax: its outputs are the scores Z, not probabilities.",
    applies=_softmax,
)
class SoftmaxMissing(Steps):
    """A_L = Z_L."""

    def output(self, Z: FloatArray) -> FloatArray:
        """Return Z."""
        return Z


@mistake(
    "forward",
    "softmax_twice",
    "softmax is applied twice: once is enough.",
    applies=_softmax,
)
class SoftmaxTwice(Steps):
    """softmax(softmax(Z))."""

    def output(self, Z: FloatArray) -> FloatArray:
        """Return the softmax of the softmax."""
        return super().output(super().output(Z))


@mistake(
    "forward",
    "softmax_not_divided",
    "the exponentials are not divided by their sum: softmax is exp(Z) / sum(exp(Z)) over the "
    "classes.",
    applies=_softmax,
)
class SoftmaxNotDivided(Steps):
    """exp(Z)."""

    def output(self, Z: FloatArray) -> FloatArray:
        """Return exp(Z)."""
        return _exponentials(Z)


@mistake(
    "forward",
    "softmax_not_divided",
    "the exponentials are not divided by their sum: softmax is exp(Z) / sum(exp(Z)) over the "
    "classes.",
    applies=_softmax,
)
class StableSoftmaxNotDivided(Steps):
    """exp(Z - max)."""

    def output(self, Z: FloatArray) -> FloatArray:
        """Return exp(Z - max) of each row."""
        return np.exp(Z - Z.max(axis=1, keepdims=True))


@mistake(
    "forward",
    "softmax_maximum_over_examples",
    "before exp, softmax subtracts the maximum of each class over the examples; subtract that of "
    "each example over the classes, which changes nothing but avoids overflow.",
    applies=_softmax,
)
class SoftmaxMaximumOverExamples(Steps):
    """exp(Z - max over rows) / sum over classes."""

    def output(self, Z: FloatArray) -> FloatArray:
        """Return the softmax of Z with wrong offsets."""
        return super().output(Z - Z.max(axis=0, keepdims=True))


@mistake(
    "forward",
    "softmax_sign",
    "softmax takes exp(-Z), so the largest score gets the smallest probability: use exp(Z).",
    applies=_softmax,
)
class SoftmaxSign(Steps):
    """softmax(-Z)."""

    def output(self, Z: FloatArray) -> FloatArray:
        """Return the softmax of -Z."""
        return super().output(-Z)


@mistake(
    "forward",
    "activation_on_output",
    "the last layer has the activation of the hidden layers before softmax, which cuts its scores "
    "off. The last layer's Z goes into softmax as it is.",
    applies=_softmax,
)
class ActivationOnOutput(Steps):
    """softmax(f(Z))."""

    def output(self, Z: FloatArray) -> FloatArray:
        """Return the softmax of f(Z)."""
        return super().output(self.setting.hidden(Z))


@mistake(
    "forward",
    "hidden_activation_as_output",
    "the last layer has the activation of the hidden layers instead of its own.",
    applies=lambda setting: setting.hidden.name != setting.output,
)
class HiddenActivationAsOutput(Steps):
    """A_L = f(Z_L)."""

    def output(self, Z: FloatArray) -> FloatArray:
        """Return f(Z)."""
        return self.setting.hidden(Z)


@mistake(
    "forward",
    "output_activation_in_hidden",
    "the hidden layer has softmax, which belongs to the last layer only.",
    applies=_softmax,
)
class SoftmaxInHidden(Steps):
    """A_l = softmax(Z_l)."""

    def hidden(self, layer: int, Z: FloatArray) -> FloatArray:
        """Return softmax(Z)."""
        return ACTIVATIONS["softmax"](Z)


@mistake(
    "forward",
    "relu_minimum",
    "the ReLU keeps the negative numbers instead of the positive ones: it is max(0, Z).",
    applies=_relu,
    layered=True,
)
class ReluMinimum(Steps):
    """min(Z, 0)."""

    def hidden(self, layer: int, Z: FloatArray) -> FloatArray:
        """Return min(Z, 0)."""
        return np.minimum(Z, 0) if self.at(ReluMinimum, layer) else super().hidden(layer, Z)


@mistake(
    "forward",
    "relu_absolute",
    "the hidden layer takes |Z|; the ReLU is max(0, Z).",
    applies=_relu,
)
class ReluAbsolute(Steps):
    """|Z|."""

    def hidden(self, layer: int, Z: FloatArray) -> FloatArray:
        """Return |Z|."""
        return np.abs(Z)


@mistake(
    "forward",
    "relu_one",
    "the ReLU is max(0, Z); here it is max(1, Z).",
    applies=_relu,
)
class ReluOne(Steps):
    """max(1, Z)."""

    def hidden(self, layer: int, Z: FloatArray) -> FloatArray:
        """Return max(Z, 1)."""
        return np.maximum(Z, 1)


@mistake(
    "forward",
    "relu_step",
    "the ReLU gives 1 or 0, which is its derivative; it is max(0, Z).",
    applies=_relu,
)
class ReluStep(Steps):
    """1 where Z > 0."""

    def hidden(self, layer: int, Z: FloatArray) -> FloatArray:
        """Return 1 or 0."""
        return (Z > 0).astype(float)


@mistake(
    "forward",
    "leaky_constant",
    "for negative Z the leaky ReLU is slope * Z; here it is the slope itself.",
    applies=_leaky,
)
class LeakyConstant(Steps):
    """max(Z, slope) or slope where Z <= 0."""

    def hidden(self, layer: int, Z: FloatArray) -> FloatArray:
        """Return Z where positive, else the slope."""
        return np.where(Z > 0, Z, self.setting.hidden.slope or 0)


@mistake(
    "forward",
    "leaky_constant",
    "for negative Z the leaky ReLU is slope * Z; here it is max(slope, Z).",
    applies=_leaky,
)
class LeakyMaximum(Steps):
    """max(slope, Z)."""

    def hidden(self, layer: int, Z: FloatArray) -> FloatArray:
        """Return max(Z, slope)."""
        return np.maximum(Z, self.setting.hidden.slope or 0)


@mistake(
    "forward",
    "sigmoid_sign",
    "the sigmoid has the wrong sign in its exponent: 1 / (1 + exp(-Z)).",
    applies=lambda setting: setting.hidden.name == "sigmoid" or setting.output == "sigmoid",
)
class SigmoidSign(Steps):
    """1 / (1 + exp(Z))."""

    def hidden(self, layer: int, Z: FloatArray) -> FloatArray:
        """Return f(-Z) of a sigmoid."""
        return super().hidden(layer, -Z if self.setting.hidden.name == "sigmoid" else Z)

    def output(self, Z: FloatArray) -> FloatArray:
        """Return f(-Z) of a sigmoid."""
        return super().output(-Z if self.setting.output == "sigmoid" else Z)


@mistake("forward", "bias_subtracted", "the bias is subtracted: Z = A W + b.", layered=True)
class BiasSubtracted(Steps):
    """Z = A W - b."""

    def bias(self, layer: int) -> FloatArray:
        """Return -b."""
        return super().bias(layer) * (-1 if self.at(BiasSubtracted, layer) else 1)


@mistake("forward", "bias_twice", "the bias is added twice.", layered=True)
class BiasTwice(Steps):
    """Z = A W + 2 b."""

    def bias(self, layer: int) -> FloatArray:
        """Return 2 b."""
        return super().bias(layer) * (2 if self.at(BiasTwice, layer) else 1)


@mistake(
    "forward",
    "transposed_weights",
    "the weights are transposed where they should not be; their matrix is square, so nothing "
    "fails.",
    layered=True,
)
class TransposedWeights(Steps):
    """Z = A W^T + b."""

    def pre_activation(self, layer: int) -> FloatArray:
        """Return A W^T + b where W is square."""
        W = self.W(layer)
        if W.shape[0] != W.shape[1] or not self.at(TransposedWeights, layer):
            return super().pre_activation(layer)
        return self.fed(layer) @ W.T + self.bias(layer)


@mistake(
    "forward",
    "weights_reused",
    "a layer uses the weights of another layer: check the numbers in its Z = A W + b.",
)
class WeightsReused(Steps):
    """Z_l = A W_(l-1) + b_l where the shapes allow it."""

    def pre_activation(self, layer: int) -> FloatArray:
        """Return A W + b with the W of the layer before."""
        if layer == 1 or self.W(layer).shape != self.W(layer - 1).shape:
            return super().pre_activation(layer)
        return self.fed(layer) @ self.W(layer - 1) + self.bias(layer)
