"""The formulas of activations, losses and optimizers, written for the page.

Each entry of the library's tables has its formula and its JavaScript beside the Python. This module
writes them into `formulas.js`, including those that a user has registered or put into a network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from byhand.network.activations import ACTIVATIONS, Activation
from byhand.network.layers import Layer
from byhand.network.losses import LOSSES
from byhand.training.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from byhand.network import Network

# --- in print -----------------------------------------------------------------------------------

_SIGNS = {
    r"<-": "←",
    r"<=": "≤",
    r"\bmean_k\b": "(1/K) Σₖ",
    r"\bsum_": "Σ_",
    r"_k\b": "ₖ",
    r"_j\b": "ⱼ",
    r"\^2": "²",
    r"\^3": "³",
    r"\b([mvx])_hat\b": "\\1\u0302",
    r"\bsqrt\b": "√",
    r"\bpi\b": "π",
    r"\blr\b": "η",
    r"\bmu\b": "μ",
    r"\brho\b": "ρ",
    r"\bdelta\b": "δ",
    r"\beps(ilon)?\b": "ε",
    r"'": "′",
    r"(?<!\w)-": "−",
}


def printed(formula: str, settings: Mapping[str, Any] | None = None) -> str:
    """Return a formula with mathematical signs, as in "w ← w − η g", and values of settings."""
    for name, value in (settings or {}).items():
        if isinstance(value, float):
            formula = re.sub(rf"\b{name}\b", f"{value:g}", formula)
    for pattern, sign in _SIGNS.items():
        formula = re.sub(pattern, sign, formula)
    return formula


# --- the module ---------------------------------------------------------------------------------

_HELPERS = ("clip", "logSumExp", "row", "softplus", "sum")


def javascript(network: Network | None = None) -> str:
    """Return the page's module `formulas.js`: the tables, and what a network adds to them."""
    return "\n".join(
        [
            "// Generated from the library's formulas by byhand.report.formulas.",
            "",
            f'import {{ {", ".join(_HELPERS)} }} from "./arithmetic.js";',
            "",
            "/** Name -> a function of the options that gives f(z) and f'(z, a). */",
            _table("ACTIVATIONS", _activations(network)),
            "/** Name -> a function of the options that gives value and gradient. */",
            _table("LOSSES", _losses(network)),
            "/** Name -> the formula, and the first step or null. */",
            _table("OPTIMIZERS", {name: _optimizer(rule) for name, rule in OPTIMIZERS.items()}),
        ]
    )


def _table(name: str, entries: dict[str, str]) -> str:
    lines = [f"  {json.dumps(key)}: {text}," for key, text in entries.items()]
    return "\n".join([f"export const {name} = {{", *lines, "};", ""])


def _activations(network: Network | None) -> dict[str, str]:
    layers = network.layers if network else []
    own = [layer.activation for layer in layers if isinstance(layer, Layer)]
    known = {one.name: one for one in [*ACTIVATIONS.values(), *own] if one is not None}
    return {name: _pair(one) for name, one in known.items() if one.javascript}


def _pair(activation: Activation) -> str:
    f, f_prime = activation.javascript or ("", "")
    return f"({{ slope }}) => [(z, a) => {f}, (z, a) => {f_prime}]"


def _losses(network: Network | None) -> dict[str, str]:
    own = {network.loss.name: type(network.loss)} if network else {}
    known = {**LOSSES, **own}
    return {name: _loss(one) for name, one in known.items() if getattr(one, "javascript", None)}


def _loss(loss: Any) -> str:
    value, gradient = loss.javascript
    return (
        f"({_settings(loss)}) => ({{\n"
        f"    value: (z, a, t, K = a.length) => {value},\n"
        f"    gradient: (z, a, t, K = a.length) => row(K, (k) => {gradient}),\n"
        "  })"
    )


def _optimizer(rule: Any) -> str:
    formula = json.dumps(printed(getattr(rule, "formula", "")), ensure_ascii=False)
    expression = getattr(rule, "javascript", None)
    step = f"({_settings(rule)}, p, g) => {expression}" if expression else "null"
    return f"{{ formula: {formula}, step: {step} }}"


def _settings(described: Any) -> str:
    """Return the numbers among the settings of a class as a JavaScript parameter."""
    numbers = [field for field in fields(described) if isinstance(field.default, int | float)]
    return f"{{ {', '.join(f'{one.name} = {json.dumps(one.default)}' for one in numbers)} }}"
