"""Plants a mistake into an implementation by a substitution in its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).parent / "implementations"

TUNED = (
    "dict_functions",
    "kaggle_columns",
    "attribute_class",
    "list_of_layers",
    "sigmoid_class",
    "layer_objects",
    "leaky_full_batch",
)
"""Implementations whose results guided the work on the examiner."""

UNSEEN = ("rows_out_in", "backward_updates", "deep_dictionary")
"""Implementations first examined after the examiner's last change."""

SCRIPTS = (
    "eleven_lines",
    "blobs_and_penalty",
    "train_in_columns",
    "theta_with_ones",
    "everything_in_main",
    "closures",
    "layers_by_script",
    "batches_from_generator",
    "weights_made_in_fit",
    "one_image_at_a_time",
)
"""Implementations in which one function, or the script itself, does everything."""

LATER_SCRIPTS = (
    "moons_notebook",
    "momentum_train",
    "zip_lists",
    "xor_columns",
    "idx_files",
    "named_tuple",
    "unrolled_theta",
    "iris_table",
    "grad_input_layers",
    "dropout_inside",
)
"""More of them, first examined after the recording of scripts was finished."""


@dataclass(frozen=True)
class Plant:
    """One implementation with one mistake.

    Args:
        implementation: its name.
        names: names of the mistake; several if they give the same numbers.
        source: the text with the mistake.
        changed: the replaced text, for messages.
    """

    implementation: str
    names: tuple[str, ...]
    source: str
    changed: str


def source_of(implementation: str) -> str:
    """Return the correct source."""
    return (FOLDER / f"{implementation}.py").read_text("utf-8")


def plants_of(implementation: str) -> Iterator[Plant]:
    """Yield every planted mistake of an implementation."""
    source = source_of(implementation)
    for names, old, new in import_module(f"benchmarks.examine.plants.{implementation}").PLANTS:
        olds, news = old.split("|"), new.split("|")
        if len(olds) != len(news):
            raise ValueError(
                f"{implementation}: {len(olds)} texts and {len(news)} to replace them: {old}"
            )
        text = source
        for before, after in zip(olds, news, strict=True):
            if before not in text:
                raise ValueError(f"{implementation}: not found: {before!r}")
            text = text.replace(before, after)
        yield Plant(implementation, tuple(names.split("|")), text, f"{old} -> {new}")
