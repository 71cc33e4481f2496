"""The library's formulas as loops over batches, and its tables as menus, written for the page.

`formula_loops.js` puts the JavaScript of each activation and loss into a loop, so that the page
computes what the library's tables say. `tables.js` holds names, defaults and formulas of everything
that can be chosen.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Mapping
from typing import Any

from byhand.network.activations import ACTIVATIONS, Activation
from byhand.network.initializers import INITIALIZERS
from byhand.network.layers import LAYERS
from byhand.network.losses import DEFAULT_LOSS, LOSSES
from byhand.report.formulas import printed
from byhand.training.callbacks import ReduceOnPlateau
from byhand.training.optimizers import OPTIMIZERS
from byhand.training.schedules import SCHEDULES, Warmup

_HELPERS = ("clip", "logSumExp", "softplus", "sum")


def formula_loops() -> str:
    """Return the module `formula_loops.js`: activations and losses on batches."""
    activations = {name: _activation(one) for name, one in ACTIVATIONS.items() if one.javascript}
    return "\n".join(
        [
            "// Generated from the library's formulas by byhand.playground.formulas.",
            "",
            f'import {{ {", ".join(_HELPERS)} }} from "../../report/page/arithmetic.js";',
            "",
            "/** Name -> a function of the options: f(Z) into A, and dA * f'(Z) into dZ. */",
            _table("ACTIVATIONS", activations),
            "/** Name -> losses of the rows Z, A, T, and their gradients. */",
            _table("LOSSES", {name: _loss(one) for name, one in LOSSES.items()}),
        ]
    )


def _table(name: str, entries: Mapping[str, str]) -> str:
    lines = [f"  {json.dumps(key)}: {text}," for key, text in entries.items()]
    return "\n".join([f"export const {name} = {{", *lines, "};", ""])


def _activation(activation: Activation) -> str:
    assert activation.javascript is not None  # noqa: S101 - the caller chose those that have it
    f, f_prime = activation.javascript
    slope = json.dumps(activation.slope)
    return (
        f"({{ slope = {slope} }}) => ({{\n"
        "    value(Z, A, count) {\n"
        "      for (let i = 0; i < count; i++) {\n"
        "        const z = Z[i];\n"
        f"        A[i] = {f};\n"
        "      }\n"
        "    },\n"
        "    chain(dA, Z, A, dZ, count) {\n"
        "      for (let i = 0; i < count; i++) {\n"
        "        const [z, a] = [Z[i], A[i]];\n"
        f"        dZ[i] = dA[i] * ({f_prime});\n"
        "      }\n"
        "    },\n"
        "  })"
    )


def _loss(loss: Any) -> str:
    value, gradient = loss.javascript
    numbers = _numbers(loss)
    settings = ", ".join(f"{name} = {json.dumps(default)}" for name, default in numbers.items())
    about = {"fused_with": loss.fused_with, "smooths": "classes" if loss.takes_labels else "yes-no"}
    head = ", ".join(f"{key}: {json.dumps(text)}" for key, text in about.items())
    return (
        f"{{ {head}, build: ({{ {settings} }}) => ({{\n"
        "    value(Z, A, T, losses, n) {\n"
        "      for (let i = 0; i < n; i++) {\n"
        "        const [z, a, t] = [Z[i], A[i], T[i]];\n"
        "        const K = a.length;\n"
        f"        losses[i] = {value};\n"
        "      }\n"
        "    },\n"
        "    gradient(Z, A, T, out, n) {\n"
        "      for (let i = 0; i < n; i++) {\n"
        "        const [z, a, t, grad] = [Z[i], A[i], T[i], out[i]];\n"
        "        const K = a.length;\n"
        f"        for (let k = 0; k < K; k++) grad[k] = {gradient};\n"
        "      }\n"
        "    },\n"
        "  }) }"
    )


def _numbers(described: Any) -> dict[str, float]:
    """Return the settings of a class that are numbers, with their defaults."""
    return {
        field.name: field.default
        for field in dataclasses.fields(described)
        if isinstance(field.default, int | float) and not isinstance(field.default, bool)
    }


def tables() -> str:
    """Return the module `tables.js`: what can be chosen, with defaults and formulas."""
    content = {
        "ACTIVATION_TABLE": {
            name: {
                "formula": printed(one.formula),
                "derivative": printed(one.derivative_formula),
                "settings": {"slope": one.slope} if name == "leaky_relu" else {},
            }
            for name, one in ACTIVATIONS.items()
        },
        "LAYER_TABLE": {kind: _numbers(one) for kind, one in LAYERS.items()},
        "LOSS_TABLE": {name: _described(one) for name, one in LOSSES.items()},
        "OPTIMIZER_TABLE": {name: _described(one) for name, one in OPTIMIZERS.items()},
        "SCHEDULE_TABLE": _schedules(),
        "INITIALIZER_TABLE": {
            name: {"formula": (one.__doc__ or "").partition("  (")[0].rstrip(".")}
            for name, one in INITIALIZERS.items()
        },
        "DEFAULT_LOSS": DEFAULT_LOSS,
    }
    lines = [
        f"export const {name} = {json.dumps(table, ensure_ascii=False)};"
        for name, table in content.items()
    ]
    head = "// Generated from the library's tables by byhand.playground.formulas."
    return "\n".join([head, "", *lines, ""])


def _schedules() -> dict[str, Any]:
    """Return the schedules; reduce-on-plateau, a callback that is chosen like one, is the last."""
    table = {name: _described(one) for name, one in SCHEDULES.items()}
    table["warmup"]["settings"]["then"] = Warmup().config()["then"]["name"]
    options = inspect.signature(ReduceOnPlateau).parameters.values()
    settings = {one.name: one.default for one in options if one.default is not None}
    return {**table, "reduce_on_plateau": {"formula": "", "gradient": "", "settings": settings}}


def _described(one: Any) -> dict[str, Any]:
    return {
        "formula": printed(getattr(one, "formula", "")),
        "gradient": printed(getattr(one, "gradient_formula", "")),
        "fused_with": getattr(one, "fused_with", None),
        "settings": _numbers(one),
    }
