"""The details of a run, line by line: recipe, split, options, time, versions."""

from __future__ import annotations

from collections.abc import Mapping

from byhand.network import DropoutLayer, Network
from byhand.readable import duration
from byhand.report.all_sections import Contents
from byhand.report.penalties import PENALTIES, penalties_in_use

HELP = {
    "recipe": "The name of the settings, which are listed in full below.",
    "split": "The images used for training, and those set aside for evaluation.",
    "epochs": "An epoch is one pass through the training images.",
    "time": "Duration of all epochs together.",
    "stopped": "Why training ended.",
    "seed": "The same seed, data, recipe and threads give the same network again.",
    "optimizer": "The rule that turns a gradient into a step.",
    "schedule": "How the learning rate changes during training.",
    "batch size": "Number of images in one training step.",
    "kernels": "The inner loops: plain NumPy, or compiled with Numba.",
    "threads": "Number of threads for the matrix products and, if compiled, the loops.",
    "blas": "The library that multiplies the matrices.",
    "versions": "The software it ran with.",
    "L1": "A penalty on the sum of the weights' sizes: it pulls many of them to 0.",
    "L2": "A penalty on the sum of the weights' squares: it keeps them small.",
    "clipping by norm": "A longer gradient is shortened to this length.",
    "clipping by value": "Every number of a gradient is kept within this of 0.",
    "dropout": "Fraction of the units that each training step leaves out at random.",
}
"""The meaning of each fact."""

TECHNICAL = ("kernels", "threads", "blas", "versions")
"""Facts about the machine, which come last."""


def details(contents: Contents) -> list[dict[str, str]]:
    """Return name, value and help of each line about a run."""
    subject, history = contents.subject, contents.subject.history
    use = "to test with" if subject.evaluated_on == "test" else "for validation"
    told: dict[str, object] = {
        "recipe": None,  # the first line, if there is one
        "split": f"{len(contents.train):,} to train on, {len(subject.test):,} {use}",
        **_of_training(history),
        **_of_regularisation(subject.network, history),
        **contents.options.facts,
    }
    ordered = [*(key for key in told if key not in TECHNICAL), *TECHNICAL]
    return [
        {
            "name": key,
            "value": printed(told[key]),
            "help": HELP.get(key, "").replace("images", subject.many),
        }
        for key in ordered
        if told.get(key) not in (None, "")
    ]


def printed(value: object) -> str:
    """Return a value in print; settings as "adam, learning_rate 0.001"."""
    if not isinstance(value, Mapping):
        return str(value)
    settings = [f"{key} {what}" for key, what in value.items() if key != "name"]
    return ", ".join([str(value.get("name", "")), *settings])


def _of_regularisation(network: Network, history: object) -> dict[str, object]:
    rates = [layer.rate for layer in network.layers if isinstance(layer, DropoutLayer)]
    used = {PENALTIES[name]: value for name, value in penalties_in_use(history).items()}
    return {**used, "dropout": ", ".join(f"{rate:g}" for rate in rates)}


def _of_training(history: object) -> dict[str, object]:
    """Return the facts in the history, by the names that the page prints."""
    epochs = getattr(history, "epochs", 0)
    if not epochs:
        return {}
    told = getattr(history, "record", {})
    # the split shows the number of examples, and _of_regularisation the penalties
    record = {key: what for key, what in told.items() if key not in {"examples", *PENALTIES}}
    python, numpy = record.pop("python", None), record.pop("numpy", None)
    best = getattr(history, "best_epoch", None)
    return {
        "epochs": f"{epochs:,}" + (f"; the best is epoch {best:,}" if best else ""),
        "time": duration(sum(getattr(history, "columns", {}).get("seconds", []))),
        "stopped": getattr(history, "stopped", ""),
        **{key.replace("_", " "): what for key, what in record.items()},
        "versions": f"python {python}, numpy {numpy}" if numpy else None,
    }
