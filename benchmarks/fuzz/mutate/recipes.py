"""Change TOML: values, keys and lines, with the words that recipes use."""

from __future__ import annotations

import re
from random import Random

from benchmarks.fuzz.mutate.octets import an_integer, mutate_octets
from benchmarks.fuzz.mutate.words import NUMBERS, a_text

VALUES = (
    "0", "1", "-1", "2", "64", "0.1", "-0.5", "1.5", "1e308", "1e400", "nan", "inf", "-inf",
    "true", "false", '""', '"all"', '"classes"', '"adam"', '"relu"', '"softmax"', '"best"', "[]",
    "{}", "[[]]", "[1, 2]", "[0.1, 0.2]", '["relu"]', "1979-05-27", "07:32:00",
    "1979-05-27T07:32:00Z", "'''x'''", "0xff", "0o7", "0b1", "1_0", "{ name = 'adam' }",
    '{ name = "sgd", momentum = 0.9 }', '{ name = "adam", beta1 = nan }', "{ units = 3 }",
    '[{ units = 3, fn = "relu" }, { units = "classes", fn = "softmax" }]',
    '[{ kind = "dropout", rate = 0.5 }, { kind = "batch_norm" }]', "{ shift = 2 }",
    "{ patience = 3 }", '{ name = "step", every = 0 }', '"reduce_on_plateau"', '"cosine"',
    '{ a = { b = { c = 1 } } }', "[" * 300 + "]" * 300, "9" * 20, "9" * 5000,
    "9" * 400, "0x" + "f" * 5000,
    '"\\ud800"', '"\\u0000"',
)  # fmt: skip

WORDS = (
    "title", "order", "teaches", "source", "data", "network", "training", "published", "measures",
    "search", "dataset", "instead", "pool", "rows", "validation", "test", "label", "invert", "size",
    "layers", "weight_init", "bias_init", "loss", "normalisation", "epochs", "least_steps",
    "batch_size", "drop_last", "optimizer", "learning_rate", "schedule", "l1", "l2", "clip_norm",
    "clip_value", "class_weight", "augmentation", "early_stopping", "monitor", "keep", "kind",
    "units", "fn", "name", "rate", "momentum", "beta1", "epsilon", "patience", "min_delta",
    "test_accuracy",
)  # fmt: skip


def mutate_recipe(data: bytes, rng: Random) -> bytes:
    """Return a TOML text with changed lines, or changed bytes."""
    if rng.random() < 0.1:
        return mutate_octets(data, rng)
    lines = data.decode("utf-8", "replace").splitlines()
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if lines:
            _change_line(lines, rng)
    return "\n".join(lines).encode("utf-8", "replace")[:100_000]


def _change_line(lines: list[str], rng: Random) -> None:
    place = rng.randrange(len(lines))
    key, _, value = lines[place].partition("=")
    change = rng.randrange(10)
    if change <= 2:
        lines[place] = f"{key}= {_a_value(rng)}"
    elif change == 3:
        lines[place] = f"{_a_key(rng)} = {value or _a_value(rng)}"
    elif change == 4:
        lines.insert(place, f"{_a_key(rng)} = {_a_value(rng)}")
    elif change == 5:
        lines.insert(rng.randrange(len(lines) + 1), lines[place])
    elif change == 6:
        del lines[place]
    elif change == 7:
        lines.insert(
            place, rng.choice(("[{}]", "[[{}]]", "[{}.x]", "[[{}.x]]")).format(_a_key(rng))
        )
    elif change == 8:
        numbers = list(re.finditer(r"-?\d+(\.\d+)?", lines[place]))
        if numbers:
            found = rng.choice(numbers)
            text = rng.choice((*NUMBERS, str(an_integer(rng))))
            lines[place] = lines[place][: found.start()] + text + lines[place][found.end() :]
    else:
        words = list(re.finditer(r"\b[a-z_]{3,}\b", lines[place]))
        if words:
            found = rng.choice(words)
            lines[place] = lines[place][: found.start()] + _a_key(rng) + lines[place][found.end() :]


def _a_value(rng: Random) -> str:
    return rng.choice((rng.choice(VALUES), rng.choice(NUMBERS), str(an_integer(rng))))


def _a_key(rng: Random) -> str:
    odd = ("", '""', "a.b", "a" * 500, ".".join("a" * 19), ".".join("a" * 2000), '"' + "é" + '"')
    return rng.choice((rng.choice(WORDS), rng.choice(WORDS), rng.choice(odd), a_text(rng)))
