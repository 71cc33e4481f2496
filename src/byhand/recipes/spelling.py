"""Options as a recipe spells them, for advice that is given in Python."""

from __future__ import annotations

import re
from collections.abc import Callable

_SETTING = r"(\w+)=(\"[^\"]*\"|[-+.\w]+)"


def _table(text: str) -> str:
    """`shift=2, rotate=10` as `{ shift = 2, rotate = 10 }`."""
    return "{ " + re.sub(_SETTING, r"\1 = \2", text) + " }"


SPELLINGS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"augment=Augmentation\(([^)]*)\)", lambda m: f"augmentation = {_table(m[1])}"),
    (r"EarlyStopping\((patience=\d+)\)", lambda m: f"early_stopping = {_table(m[1])}"),
    (
        r"EarlyStopping\(monitor=\"(\w+)\"\)",
        r'early_stopping = { patience = 5 } with monitor = "\1"',
    ),
    (
        r"CategoricalCrossEntropy\((label_smoothing)=([\d.]+)\)",
        r'loss = { name = "categorical_cross_entropy", \1 = \2 }',
    ),
    (r"DropoutLayer\(([\d.]+)\)", r'{ kind = "dropout", rate = \1 }'),
    (r"BatchNormLayer", r'{ kind = "batch_norm" }'),
    (r"InputLayer\(units, (?:normalisation=)?(\"\w+\")\)", r"network.normalisation = \1"),
    (r"validation_split=([\d.]+)", r"validation = \1"),
    (_SETTING, r"\1 = \2"),
)
"""What is written in Python, and how a recipe writes it."""


def in_recipe_words(advice: str) -> str:
    """Advice with its options spelled as in a recipe: `l2=1e-4` as `l2 = 1e-4`."""
    for pattern, spelling in SPELLINGS:
        advice = re.sub(pattern, spelling, advice)
    return advice
