"""Formulas of activations, losses, optimizers and layers, in print and in the page's JavaScript.

The page computes with the functions of these tables: `javascript` writes them into its module
`formulas.js`. An activation, loss, optimizer or layer that describes itself, with attributes
`formula` and `javascript` (or `kind` and `config()`), needs no entry here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byhand.network import BatchNormLayer, DenseLayer, DropoutLayer
from byhand.training.optimizers import OPTIMIZERS as REGISTERED

if TYPE_CHECKING:
    from byhand.network import Network
    from byhand.network.activations import Activation

# --- activations --------------------------------------------------------------------------------


@dataclass(frozen=True)
class ActivationFormula:
    """An activation function in print and in JavaScript.

    Args:
        formula: the function in print; {slope} stands for the slope.
        derivative: its derivative in print.
        javascript: value and derivative as expressions in z and a = f(z), with `slope` where the
            function has one. None: the function looks at a whole row and stands in
            `activations.js`.
    """

    formula: str
    derivative: str
    javascript: tuple[str, str] | None


_SIGMOID = "(1 + Math.tanh(z / 2)) / 2"
_GELU_TANH = "Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))"
_GELU_SLOPE = "(1 + t) / 2 * (1 + (1 - t) * z * Math.sqrt(2 / Math.PI) * (1 + 0.134145 * z * z))"

ACTIVATIONS = {
    "relu": ActivationFormula(
        "max(z, 0)", "1 where z > 0, else 0", ("Math.max(z, 0)", "z > 0 ? 1 : 0")
    ),
    "leaky_relu": ActivationFormula(
        "max(z, {slope} z)",
        "1 where z > 0, else {slope}",
        ("Math.max(z, slope * z)", "z > 0 ? 1 : slope"),
    ),
    "elu": ActivationFormula(
        "z where z > 0, else exp(z) − 1",
        "1 where z > 0, else exp(z)",
        ("z > 0 ? z : Math.expm1(z)", "Math.min(a, 0) + 1"),
    ),
    "gelu": ActivationFormula(
        "z (1 + t)/2,  t = tanh(√(2/π) (z + 0.044715 z³))",
        "(1 + t)/2 · (1 + (1 − t) z u′)",
        (f"z * (1 + {_GELU_TANH}) / 2", f"((t) => {_GELU_SLOPE})({_GELU_TANH})"),
    ),
    "sigmoid": ActivationFormula("1 / (1 + exp(−z))", "a (1 − a)", (_SIGMOID, "a * (1 - a)")),
    "tanh": ActivationFormula("tanh(z)", "1 − a²", ("Math.tanh(z)", "1 - a * a")),
    "softplus": ActivationFormula(
        "log(1 + exp(z))",
        "1 / (1 + exp(−z))",
        ("Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))", _SIGMOID),
    ),
    "swish": ActivationFormula(
        "z / (1 + exp(−z))",
        "a + (1 − a) / (1 + exp(−z))",
        (f"z * {_SIGMOID}", f"a + (1 - a) * {_SIGMOID}"),
    ),
    "identity": ActivationFormula("z", "1", ("z", "1")),
    "softmax": ActivationFormula("exp(zₖ) / Σⱼ exp(zⱼ)", "aₖ (gₖ − Σⱼ gⱼ aⱼ)", None),
}


def activation_entry(activation: Activation) -> dict[str, Any] | None:
    """Return an activation as the page reads it; None where only its values are known."""
    entry: Any = activation if getattr(activation, "javascript", None) else None
    entry = entry or ACTIVATIONS.get(activation.name)
    if entry is None:
        return None
    slope = activation.slope
    printed = {
        key: getattr(entry, key, "").replace("{slope}", f"{slope}")
        for key in ("formula", "derivative")
    }
    options = {"slope": slope} if slope is not None else {}
    return {"name": activation.name, "kink": activation.kink, "options": options, **printed}


# --- losses -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LossFormula:
    """A loss in print and in JavaScript.

    Args:
        formula: the loss of one example in print.
        javascript: a function of the loss's options. It returns an object with `value(y, a, z,
            fused)` and `gradient(y, a)`; where loss and activation cancel, with `fusedWith` (name
            of the activation) and `fused(y, a)`; and `target(label, outputs, smoothing)` where the
            target is not the plain one-hot row. The helpers of `arithmetic.js` are in scope.
        fused: dZ in print, where loss and activation cancel.
    """

    formula: str
    javascript: str
    fused: str = ""


LOSSES = {
    "categorical_cross_entropy": LossFormula(
        "L = −Σₖ yₖ log aₖ",
        """() => ({
  fusedWith: "softmax",
  target: (label, outputs, smoothing) => smoothed(oneHot(label, outputs), smoothing, outputs),
  value(y, a, z, fused) {
    if (!fused) return -sum(a.length, (k) => y[k] * Math.log(Math.max(a[k], TINY)));
    const total = logSumExp(z);
    return sum(a.length, (k) => y[k] * (total - z[k]));
  },
  gradient: (y, a) => row(a.length, (k) => -y[k] / Math.max(a[k], TINY)),
  fused(y, a) {
    const mass = sum(y.length, (k) => y[k]);
    return row(a.length, (k) => mass * a[k] - y[k]);
  },
})""",
        "dZ = a − y",
    ),
    "binary_cross_entropy": LossFormula(
        "L = −(1/K) Σₖ yₖ log aₖ + (1 − yₖ) log(1 − aₖ)",
        """() => ({
  fusedWith: "sigmoid",
  target: (label, outputs, smoothing) => smoothed(oneHot(label, outputs), smoothing, 2),
  value(y, a, z, fused) {
    if (fused) return sum(a.length, (k) => softplus(z[k]) - y[k] * z[k]) / a.length;
    const term = (k) => y[k] * Math.log(Math.max(a[k], TINY))
      + (1 - y[k]) * Math.log(Math.max(1 - a[k], TINY));
    return -sum(a.length, term) / a.length;
  },
  gradient: (y, a) => row(
    a.length, (k) => (a[k] - y[k]) / Math.max(a[k] * (1 - a[k]), TINY) / a.length,
  ),
  fused: (y, a) => row(a.length, (k) => (a[k] - y[k]) / a.length),
})""",
        "dZ = (a − y) / K",
    ),
    "squared_error": LossFormula(
        "L = (1/K) Σₖ (aₖ − yₖ)²",
        """() => ({
  value: (y, a) => sum(a.length, (k) => (a[k] - y[k]) ** 2) / a.length,
  gradient: (y, a) => row(a.length, (k) => (2 * (a[k] - y[k])) / a.length),
})""",
    ),
    "absolute_error": LossFormula(
        "L = (1/K) Σₖ |aₖ − yₖ|",
        """() => ({
  value: (y, a) => sum(a.length, (k) => Math.abs(a[k] - y[k])) / a.length,
  gradient: (y, a) => row(a.length, (k) => Math.sign(a[k] - y[k]) / a.length),
})""",
    ),
    "huber": LossFormula(
        "L = (1/K) Σₖ ½ eₖ² where |eₖ| ≤ {delta}, else {delta} (|eₖ| − ½ {delta}),  e = a − y",
        """({ delta }) => ({
  value: (y, a) => sum(a.length, (k) => {
    const e = Math.abs(a[k] - y[k]);
    return e <= delta ? (e * e) / 2 : delta * (e - delta / 2);
  }) / a.length,
  gradient: (y, a) => row(
    a.length, (k) => Math.max(-delta, Math.min(delta, a[k] - y[k])) / a.length,
  ),
})""",
    ),
}


def loss_entry(loss: object) -> dict[str, Any]:
    """Return formula and options of a loss as the page reads them."""
    entry: Any = LOSSES.get(getattr(loss, "name", ""), loss)
    delta = getattr(loss, "delta", None)
    return {
        "formula": getattr(entry, "formula", "L").replace("{delta}", f"{delta}"),
        "fused_formula": getattr(entry, "fused", ""),
        "options": {} if delta is None else {"delta": delta},
    }


# --- optimizers ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class OptimizerFormula:
    """An optimizer's rule in print, and its first step in JavaScript.

    Args:
        formula: the rule in print.
        words: what it does.
        javascript: a function of the optimizer's settings, a weight and its gradient that
            returns the weight after the first step, when all state is still 0.
    """

    formula: str
    words: str
    javascript: str


_PLAIN = """({ learning_rate, weight_decay = 0 }, value, gradient) => (
  value * (1 - learning_rate * weight_decay) - learning_rate * gradient
)"""
_ADAM = """({ learning_rate, epsilon = 1e-8, weight_decay = 0 }, value, gradient) => (
  value * (1 - learning_rate * weight_decay)
    - (learning_rate * gradient) / (Math.abs(gradient) + epsilon)
)"""

OPTIMIZERS = {
    "sgd": OptimizerFormula("w ← w − η g", "the gradient itself, averaged over the batch", _PLAIN),
    "momentum": OptimizerFormula(
        "v ← μ v + g,  w ← w − η v", "a running sum of gradients; the first step is plain", _PLAIN
    ),
    "nesterov": OptimizerFormula(
        "v ← μ v + g,  w ← w − η (g + μ v)",
        "momentum that looks one step ahead",
        """({ learning_rate, mu = 0.9, weight_decay = 0 }, value, gradient) => (
  value * (1 - learning_rate * weight_decay) - learning_rate * (1 + mu) * gradient
)""",
    ),
    "rmsprop": OptimizerFormula(
        "s ← ρ s + (1 − ρ) g²,  w ← w − η g / (√s + ε)",
        "every weight scaled by the size of its own gradients",
        """({ learning_rate, rho = 0.9, epsilon = 1e-8, weight_decay = 0 }, value, gradient) => (
  value * (1 - learning_rate * weight_decay)
    - (learning_rate * gradient) / (Math.sqrt(1 - rho) * Math.abs(gradient) + epsilon)
)""",
    ),
    "adam": OptimizerFormula(
        "m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  w ← w − η m̂ / (√v̂ + ε)",
        "momentum and scaling together; m̂ and v̂ are m and v corrected for their start at 0, so "
        "the first step is about η",
        _ADAM,
    ),
    "adamw": OptimizerFormula(
        "w ← (1 − η λ) w,  then w ← w − η m̂ / (√v̂ + ε) as in Adam",
        "Adam, with weights that also shrink by a fixed fraction",
        _ADAM,
    ),
}


# --- layers -------------------------------------------------------------------------------------

_KINDS: dict[type, str] = {
    DenseLayer: "dense",
    BatchNormLayer: "batch_norm",
    DropoutLayer: "dropout",
}
_SETTINGS = ("units", "epsilon", "rate")


def kind_of(layer: object) -> str:
    """Return the kind of a layer: its own word for it, or the name of its class."""
    return str(getattr(layer, "kind", None) or _KINDS.get(type(layer), type(layer).__name__))


def config_of(layer: object) -> dict[str, Any]:
    """Return the settings of a layer as plain values."""
    config = getattr(layer, "config", None)
    if callable(config):
        return {key: value for key, value in config().items() if key != "activation"}
    return {name: getattr(layer, name) for name in _SETTINGS if hasattr(layer, name)}


# --- the module ---------------------------------------------------------------------------------


_HELPERS = ("logSumExp", "oneHot", "row", "smoothed", "softplus", "sum", "TINY")


def javascript(network: Network | None = None) -> str:
    """Return the page's module `formulas.js`: the tables, and what a network adds to them."""
    return "\n".join(
        [
            "// Generated from the library's formulas by byhand.report.formulas.",
            "",
            f'import {{ {", ".join(_HELPERS)} }} from "./arithmetic.js";',
            "",
            "/** Name -> a function of the options that gives value and derivative. */",
            _table("ACTIVATIONS", _activation_functions(network)),
            "/** Name -> a function of the options that gives value, gradient, ... */",
            _table("LOSSES", _loss_functions(network)),
            "/** Name -> formula, what it does, and the first step. */",
            _table("OPTIMIZERS", _optimizer_functions()),
        ]
    )


def _table(name: str, entries: dict[str, str]) -> str:
    lines = [f"  {key}: {text}," for key, text in entries.items()]
    return "\n".join([f"export const {name} = {{", *lines, "};", ""])


def _activation_functions(network: Network | None) -> dict[str, str]:
    pairs = {name: entry.javascript for name, entry in ACTIVATIONS.items()}
    for layer in network.layers[1:] if network else []:
        own: Any = getattr(layer, "activation", None)
        pairs |= {own.name: own.javascript} if getattr(own, "javascript", None) else {}
    return {
        name: f"({{ slope }}) => [(z, a) => {pair[0]}, (z, a) => {pair[1]}]"
        for name, pair in pairs.items()
        if pair
    }


def _loss_functions(network: Network | None) -> dict[str, str]:
    functions = {name: entry.javascript for name, entry in LOSSES.items()}
    own = getattr(network.loss, "javascript", None) if network else None
    return functions | ({network.loss.name: own} if network and own else {})


def _optimizer_functions() -> dict[str, str]:
    own = {name: entry for name, entry in REGISTERED.items() if getattr(entry, "javascript", None)}
    return {name: _optimizer(entry) for name, entry in {**OPTIMIZERS, **own}.items()}


def _optimizer(entry: Any) -> str:
    printed = {key: getattr(entry, key, "") for key in ("formula", "words")}
    formula, words = (json.dumps(text, ensure_ascii=False) for text in printed.values())
    return f"{{ formula: {formula}, words: {words}, step: {entry.javascript} }}"
