"""ReadOptions: the options of `load_dataset` that the readers of single formats understand."""

from __future__ import annotations

from dataclasses import dataclass

from byhand.data.image_traits import Invert
from byhand.data.labels import TaskChoice
from byhand.terminal import Say, to_stderr


@dataclass(frozen=True)
class ReadOptions:
    """Options for readers; each reader uses those that apply to its format.

    Args:
        label: the label column of a table, by name or position, "auto" or None.
        task: "classification", "regression", or "auto" to choose by the labels.
        invert: True for images of dark ink on light paper, False to keep them; "auto" decides by
            looking at them.
        size: side of the squares into which a folder's images are fitted; None chooses one for
            images that are large or differ in size.
        memory_map: True leaves the images on disk; see `Format.maps`.
        say: receives a message about what a reader chose.
    """

    label: str | int | None = "auto"
    task: TaskChoice = "auto"
    invert: Invert = "auto"
    memory_map: bool = False
    size: int | None = None
    say: Say = to_stderr
