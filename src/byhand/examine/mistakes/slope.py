"""Mistakes with the derivative of the hidden activation. `../find_mistake.py` looks for them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from byhand.arrays import FloatArray
from byhand.examine.mistakes.registry import mistake
from byhand.examine.steps import Setting, Steps
from byhand.network.activations import ACTIVATIONS


def _hidden(*names: str) -> Callable[[Setting], bool]:
    """Return the condition that a hidden layer has one of these activations."""

    def applies(setting: Setting) -> bool:
        return not setting.names.isdisjoint(names)

    return applies


@mistake(
    "gradient",
    "slope_missing",
    "the derivative of the hidden activation is missing: dZ = dA * f'(Z).",
    layered=True,
)
class SlopeMissing(Steps):
    """dZ = dA."""

    def slope(self, layer: int) -> FloatArray:
        """Return 1."""
        return np.ones_like(self.Z[layer]) if self.at(SlopeMissing, layer) else super().slope(layer)


@mistake(
    "gradient",
    "slope_of_activation",
    "the derivative is taken at A instead of Z: the activation is applied twice. Give the "
    "derivative Z, or use its formula in A.",
    applies=lambda setting: bool(setting.names - {"relu", "leaky_relu"}),
)
class SlopeOfActivation(Steps):
    """f'(A)."""

    def slope(self, layer: int) -> FloatArray:
        """Return f'(A)."""
        A, f = self.A[layer], self.setting.activation(layer)
        return f.backward(np.ones_like(A), A, f(A))


@mistake(
    "gradient",
    "activation_for_slope",
    "dA is multiplied by the activation f(Z) itself; the chain rule needs its derivative f'(Z).",
)
class ActivationForSlope(Steps):
    """dZ = dA * A."""

    def slope(self, layer: int) -> FloatArray:
        """Return A."""
        return self.A[layer]


@mistake(
    "gradient",
    "z_for_slope",
    "dA is multiplied by Z; the chain rule needs the derivative f'(Z).",
)
class ZForSlope(Steps):
    """dZ = dA * Z."""

    def slope(self, layer: int) -> FloatArray:
        """Return Z."""
        return self.Z[layer]


@mistake(
    "gradient",
    "slope_formula_of_z",
    "the derivative's formula in A is given Z: a (1 - a) and 1 - a^2 need a = f(z).",
    applies=_hidden("sigmoid", "tanh"),
)
class SlopeFormulaOfZ(Steps):
    """Z (1 - Z) or 1 - Z^2."""

    def slope(self, layer: int) -> FloatArray:
        """Return the formula with Z for A."""
        Z, name = self.Z[layer], self.setting.activation(layer).name
        slopes = {"sigmoid": Z * (1 - Z), "tanh": 1 - Z**2}
        return slopes[name] if name in slopes else super().slope(layer)


@mistake(
    "gradient",
    "slope_square_missing",
    "the derivative of tanh is 1 - a^2; the square is missing.",
    applies=_hidden("tanh"),
)
class SlopeSquareMissing(Steps):
    """1 - A."""

    def slope(self, layer: int) -> FloatArray:
        """Return 1 - A."""
        is_tanh = self.setting.activation(layer).name == "tanh"
        return 1 - self.A[layer] if is_tanh else super().slope(layer)


@mistake(
    "gradient",
    "slope_inverted",
    "the derivative of the ReLU is 1 where Z > 0; here it is the opposite.",
    applies=_hidden("relu", "leaky_relu"),
)
class SlopeInverted(Steps):
    """1 where Z <= 0."""

    def slope(self, layer: int) -> FloatArray:
        """Return the slope of -Z."""
        Z = self.Z[layer]
        return self.setting.activation(layer).backward(np.ones_like(Z), -Z, -self.A[layer])


@mistake(
    "gradient",
    "slope_of_relu",
    "the hidden layer has a leaky ReLU, but the derivative is that of the ReLU: for negative Z "
    "it is the slope, not 0.",
    applies=_hidden("leaky_relu"),
)
class SlopeOfRelu(Steps):
    """1 where Z > 0, else 0."""

    def slope(self, layer: int) -> FloatArray:
        """Return the slope of the ReLU."""
        return (self.Z[layer] > 0).astype(float)


@mistake(
    "gradient",
    "slope_leaky_constant",
    "for negative Z the derivative of the leaky ReLU is its slope; here it is slope * Z.",
    applies=_hidden("leaky_relu"),
)
class SlopeLeakyConstant(Steps):
    """1 where Z > 0, else slope * Z."""

    def slope(self, layer: int) -> FloatArray:
        """Return slope * Z where negative."""
        return np.where(self.Z[layer] > 0, 1, self.A[layer])


def _other_slope(name: str) -> type[Steps]:
    """Return the mistake of taking the derivative of another activation."""
    other = ACTIVATIONS[name]

    class SlopeOfOther(Steps):
        """f' of another activation."""

        def slope(self, layer: int) -> FloatArray:
            """Return the other's slope, at Z and its own A, or at this network's A."""
            if not self.at(SlopeOfOther, layer):
                return super().slope(layer)
            Z, A = self.Z[layer], self.A[layer]
            return other.backward(np.ones_like(Z), Z, other(Z) if name in ("relu",) else A)

    return mistake(
        "gradient",
        "slope_of_other_activation",
        f"the derivative is that of {name}, but the hidden layer has another activation: use the "
        "derivative of the function that made A.",
        layered=True,
        applies=lambda setting: bool(
            setting.names - {name, *(["leaky_relu"] if name == "relu" else [])}
        ),
    )(SlopeOfOther)


for _name in ("sigmoid", "tanh", "relu"):
    _other_slope(_name)


@mistake(
    "gradient",
    "relu_of_gradient",
    "where the gradient passes is decided by dA itself, as if the ReLU were applied to it; it is Z "
    "that decides: dZ = dA * (Z > 0).",
    applies=_hidden("relu", "leaky_relu"),
)
class ReluOfGradient(Steps):
    """dZ = max(dA, 0)."""

    def hidden_delta(self, layer: int, dA: FloatArray) -> FloatArray:
        """Return f(dA)."""
        return self.setting.activation(layer)(dA)


@mistake(
    "gradient",
    "slope_of_gradient",
    "the derivative is taken at dA; it is Z that decides: dZ = dA * f'(Z).",
    applies=_hidden("sigmoid", "tanh"),
)
class SlopeOfGradient(Steps):
    """dZ = dA * f'(dA)."""

    def hidden_delta(self, layer: int, dA: FloatArray) -> FloatArray:
        """Return dA * f'(dA)."""
        f = self.setting.activation(layer)
        return f.backward(dA, dA, f(dA))
