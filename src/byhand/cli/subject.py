"""What a verb is about: a trained network by the name of its run or file, and the data to ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byhand.arrays import Array, IntArray
from byhand.data import load_dataset
from byhand.errors import ArgumentError, FileError
from byhand.network import MultiLayerPerceptron
from byhand.recipes.folders import RunFolder, find_run
from byhand.recipes.material import Places
from byhand.recipes.runner import describe_network, old_material

MODEL_SUFFIXES = (".safetensors", ".npz")


@dataclass(frozen=True, eq=False)
class Subject:
    """A trained network and where it comes from.

    Args:
        net: the network.
        path: of its file.
        folder: of its run, if it has one.
    """

    net: MultiLayerPerceptron
    path: Path
    folder: RunFolder | None = None

    @property
    def dataset(self) -> str | None:
        """The data it was trained on, if it is known."""
        if self.folder is not None:
            return self.folder.dataset
        return self.net.facts.get("dataset")

    @property
    def title(self) -> str:
        """The network and its origin, in a line."""
        origin = f", trained on {self.dataset}" if self.dataset else ""
        where = self.folder.path if self.folder else self.path
        return f"{where} ({describe_network(self.net)}{origin})"


def find_subject(
    name: str | None, dataset: str | None = None, activations: str | None = None
) -> Subject:
    """The network of a run (the latest, on these data, unless named) or in a model file.

    Args:
        name: a run folder or its name, "latest", or a file.
        dataset: for the latest run: on which data.
        activations: of an npz of plain arrays, which does not say: "relu,softmax".
    """
    path = Path(name or "").expanduser()
    if name and path.suffix in MODEL_SUFFIXES:
        return Subject(load_network(path, activations), path)
    folder = find_run(name, dataset if name is None else None)
    return Subject(MultiLayerPerceptron.load(folder.model), folder.model, folder)


def load_network(path: Path, activations: str | None = None) -> MultiLayerPerceptron:
    """The network in a file: safetensors, or an npz of W1, b1, ..."""
    if path.suffix != ".npz":
        return MultiLayerPerceptron.load(path)
    from byhand.interop.npz import load_npz

    if not path.is_file():
        raise FileError(f"there is no model file {path}.")
    return load_npz(path, (activations or "relu,softmax").split(","))


def examples_for(
    subject: Subject, dataset: str | None, part: str, places: Places, say: Any
) -> tuple[str, Array, IntArray]:
    """(name of the data, x, y) of a part of the subject's own data, or of other data.

    Raises:
        ArgumentError: nobody knows which data, or they have no such part.
    """
    if subject.folder is not None and (dataset is None or subject.folder.is_on(dataset)):
        material = old_material(subject.folder, places, say)
        found, name = material.part(part), material.dataset.name
    else:
        name = dataset or subject.dataset or ""
        if not name:
            raise ArgumentError(
                f"{subject.path} does not say what it was trained on; name the data with "
                "--dataset, as in --dataset mnist."
            )
        data = load_dataset(name, data_dir=places.data_dir, offline=places.offline)
        chosen = {"train": data.train, "test": data.test}.get(part)
        labels = chosen.labels if chosen else None
        found = None if chosen is None or labels is None else (chosen.images, labels)
        name = data.name
    if found is None:
        raise ArgumentError(f"{name} has no {part} part with labels here; see --part.")
    return name, *found
