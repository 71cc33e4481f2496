"""ReadOptions: the options of `load_dataset` that the readers of single formats understand."""

from __future__ import annotations

from dataclasses import dataclass

from byhand.data.labels import TaskChoice
from byhand.data.traits import Invert


@dataclass(frozen=True)
class ReadOptions:
    """Options for readers; each reader uses those that apply to its format.

    Args:
        label: the label column of a table, by name or position, "auto" or None.
        task: "classification", "regression", or "auto" to choose by the labels.
        invert: True for images of dark ink on light paper, False to keep them; "auto" decides by
            looking at them.
        size: side of the squares into which a folder's images are fitted; None fits them only if
            their sizes differ.
        memory_map: True leaves the images on disk; see `Format.maps`.
    """

    label: str | int | None = "auto"
    task: TaskChoice = "auto"
    invert: Invert = "auto"
    memory_map: bool = False
    size: int | None = None
