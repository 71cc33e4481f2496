"""Trained networks by name, from a run or a model file, with the data to evaluate them on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from byhand.data import Part, load_dataset
from byhand.ensemble import Ensemble
from byhand.errors import ArgumentError, FileError
from byhand.mlp import MultiLayerPerceptron
from byhand.model_file import is_ensemble
from byhand.recipes.recipe import is_shipped, read_recipe
from byhand.runs.build_network import describe_size, network_without_data
from byhand.runs.run import Run
from byhand.runs.split_dataset import DataSources
from byhand.user_path import user_path

KERAS_SUFFIXES = (".keras", ".h5")
MODEL_SUFFIXES = (".safetensors", ".npz", ".onnx", *KERAS_SUFFIXES)


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network and where it comes from.

    Args:
        net: the network.
        path: its file.
        run: its run, if it has one.
    """

    net: MultiLayerPerceptron
    path: Path
    run: Run | None = None

    @property
    def dataset(self) -> str | None:
        """The data that it was trained on, if known."""
        if self.run is not None:
            return self.run.facts.dataset.name
        return self.net.facts.get("dataset")

    @property
    def title(self) -> str:
        """The network and its origin in one line."""
        origin = f", trained on {self.dataset}" if self.dataset else ""
        where = self.run.path if self.run else self.path
        return f"{where} ({describe_size(self.net)}{origin})"

    def examples(
        self, dataset: str | None, part: str | None, sources: DataSources
    ) -> tuple[str, str, Part]:
        """Return a part of the model's own data or of other data: data set name, part name, part.

        Args:
            dataset: other data.
            part: train, validation or test; by default test, or validation if there is no test
                part.
            sources: where to look for data.

        Raises:
            ArgumentError: the data are not known, or they have no such part with labels.
        """
        if self.run is not None and (dataset is None or self.run.folder.is_on(dataset)):
            parts, name = self.run.data.parts(), self.run.data.dataset.name
        else:
            name = dataset or self.dataset or ""
            if not name:
                raise ArgumentError(
                    f"{self.path} does not record what it was trained on; name the data with "
                    "--dataset, such as --dataset mnist."
                )
            data = load_dataset(name, data_dir=sources.data_dir, offline=sources.offline)
            parts, name = dict(data.parts()), data.name
        known = [part for part, found in parts.items() if found.labels is not None]
        if part is None:
            part = next((one for one in ("test", "validation") if one in known), "test")
        if part not in known:
            raise ArgumentError(
                f"{name} has no {part} part with labels here. Choose another with --part: "
                f"{', '.join(known)}."
            )
        return name, part, parts[part]


def find_model(
    name: str | None,
    dataset: str | None = None,
    activations: str | None = None,
    sources: DataSources | None = None,
) -> Model:
    """Return the network of a run (by default the latest on these data) or in a model file.

    Args:
        name: a run folder or its name, "latest", or a file.
        dataset: for the latest run: its data.
        activations: activations for an npz or .weights.h5, which have none: "relu,softmax".
        sources: where data are looked for.
    """
    path = user_path(name or "")
    if name and path.suffix in MODEL_SUFFIXES:
        return Model(load_network(path, activations), path)
    run = Run(name, dataset=dataset if name is None else None, sources=sources)
    return Model(run.net, run.folder.model, run)


def load_network(path: Path, activations: str | None = None) -> MultiLayerPerceptron:
    """Return the network in a file: safetensors, ONNX, Keras, or an npz of W1, b1, ..."""
    if path.suffix in KERAS_SUFFIXES:
        from byhand.interop.keras import load_keras

        return load_keras(path, activations.split(",") if activations else None)
    if path.suffix == ".onnx":
        from byhand.interop.onnx_import import load_onnx

        return load_onnx(path)
    if path.suffix != ".npz":
        return Ensemble.load(path) if is_ensemble(path) else MultiLayerPerceptron.load(path)
    from byhand.interop.npz import load_npz

    if not path.is_file():
        raise FileError(f"there is no model file {path}.")
    return load_npz(path, (activations or "relu,softmax").split(","))


def named_network(
    name: str | None, activations: str | None = None
) -> tuple[MultiLayerPerceptron, str]:
    """Return a network and a line about its origin: of a recipe (untrained), a run or a file."""
    if name and (is_shipped(name) or Path(name).suffix == ".toml"):
        recipe = read_recipe(name)
        return network_without_data(recipe), f"{recipe.name}: {recipe.spec.title}"
    model = find_model(name, activations=activations)
    return model.net, model.title
