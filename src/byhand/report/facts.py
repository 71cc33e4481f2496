"""What the page tells of a run, line by line: recipe, split, options, time, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from byhand.network import DropoutLayer, MultiLayerPerceptron

if TYPE_CHECKING:
    from byhand.data.dataset import Part
    from byhand.training.history import History

EXTRAS = {
    "l1": "L1",
    "l2": "L2",
    "clip_norm": "clipping by norm",
    "clip_value": "clipping by value",
}
"""Penalties and clipping: the field of a recipe, and its name in print."""

HELP = {
    "recipe": "Everything that was asked for has a name; the whole of it stands below.",
    "split": "What it learnt from, and what was held out to judge it.",
    "epochs": "An epoch is one pass through the training images.",
    "time": "Of all epochs together.",
    "stopped": "Why training ended.",
    "seed": "The same seed, data, recipe and threads give the same network again.",
    "optimizer": "The rule that makes a step of a gradient.",
    "schedule": "How the learning rate changes while training goes on.",
    "batch size": "How many images one step learns from.",
    "kernels": "The inner loops: plain NumPy, or compiled with Numba.",
    "threads": "How many made the matrix products and, if compiled, the loops.",
    "blas": "The library that multiplies the matrices.",
    "versions": "What it ran with.",
    "L1": "A penalty on the sum of the weights' sizes: it pulls many of them to 0.",
    "L2": "A penalty on the sum of the weights' squares: it keeps them small.",
    "clipping by norm": "A gradient longer than this was shortened to it.",
    "clipping by value": "Every number of a gradient was kept within this of 0.",
    "dropout": "The share of units that each training step left out, at random.",
}
"""What each fact means."""


def in_use(history: History | None) -> dict[str, object]:
    """Penalties and clipping that were used, as the history recorded them."""
    known = history.record if history else {}
    return {name: known[name] for name in EXTRAS if known.get(name)}


def _extra_facts(network: MultiLayerPerceptron, extras: Mapping[str, object]) -> dict[str, object]:
    rates = [layer.rate for layer in network.layers if isinstance(layer, DropoutLayer)]
    dropout = ", ".join(f"{rate:g}" for rate in rates)
    return {**{EXTRAS[name]: value for name, value in extras.items()}, "dropout": dropout}


def run_facts(
    facts: Mapping[str, object],
    network: MultiLayerPerceptron,
    train: Part,
    test: Part,
    history: History | None,
    words: Mapping[str, str],
) -> list[dict[str, str]]:
    """Name, value and help of each line about a run.

    Args:
        facts: what the caller knows; it comes last and wins.
        network: for its dropout.
        train: what it learnt from.
        test: what it is judged on.
        history: of the training, or None.
        words: what the page calls the part that judges, and its members.
    """
    trained = _training_facts(history)
    versions = trained.pop("versions", None)
    told: dict[str, object] = {
        "recipe": None,  # the first line, where there is one
        "split": f"{thin(len(train))} to train on, {thin(len(test))} {_use(words)}",
        **trained,
        **_extra_facts(network, in_use(history)),
        "versions": versions,
        **facts,
    }
    many = words["many"]
    return [
        {"name": key, "value": str(value), "help": HELP.get(key, "").replace("images", many)}
        for key, value in told.items()
        if value not in (None, "")
    ]


def _training_facts(history: History | None) -> dict[str, object]:
    """What the history tells of the run, by the names that the page prints."""
    if history is None or not history.epochs:
        return {}
    # the split tells the examples, and _extra_facts what is in EXTRAS
    record = {key: what for key, what in history.record.items() if key not in {"examples", *EXTRAS}}
    python, numpy = record.pop("python", None), record.pop("numpy", None)
    return {
        "epochs": f"{history.epochs}, of which the best is {history.best_epoch}",
        "time": _duration(sum(history.columns.get("seconds", []))),
        "stopped": history.stopped,
        **{key.replace("_", " "): what for key, what in record.items()},
        "versions": f"python {python}, numpy {numpy}" if numpy else None,
    }


def _use(words: Mapping[str, str]) -> str:
    return "to test with" if words["part"] == "test" else words["part"].replace("-", " ")


def thin(count: int) -> str:
    """12345 as 12 345."""
    return f"{count:,}".replace(",", "\u202f")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f} min {rest:.0f} s" if minutes else f"{rest:.1f} s"
