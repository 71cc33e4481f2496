"""Every reader of untrusted files: its valid inputs, its call, and the checks of its result."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.fuzz import corpus
from benchmarks.fuzz.files import Files
from benchmarks.fuzz.foreign import FOREIGN, is_there
from benchmarks.fuzz.mutate.folders import mutate_files
from benchmarks.fuzz.mutate.tensors import mutate_tensors
from byhand import MultiLayerPerceptron, load_dataset
from byhand.data import Preparation, read_image
from byhand.data.dataset import Dataset
from byhand.data.formats.idx import check_idx, read_idx
from byhand.ensemble import Ensemble
from byhand.errors import ArgumentError, ByhandError
from byhand.evaluation.doubt import Doubt
from byhand.evaluation.training_statistics import TrainingStatistics
from byhand.interop.npz import load_npz
from byhand.network import Network
from byhand.npz_archive import names_in, read_arrays
from byhand.recipes.recipe import parse_recipe, read_recipe
from byhand.runs.checksums import read_checksums
from byhand.runs.folder import find_run
from byhand.runs.run import Run
from byhand.training import History
from byhand.training.checkpoint import restore_checkpoint
from byhand.training.run import TrainingRun
from byhand.training.snapshots import read_snapshots

Mutate = Callable[[Files, Random], Files]


class BrokenPromiseError(Exception):
    """A reader accepted what it should have refused."""


@dataclass(frozen=True)
class Reader:
    """A reader, with its inputs and its call.

    Args:
        name: its name in the table of results.
        corpus: makes the valid inputs.
        read: reads the input in a folder, as a user would, and checks the result.
        mutate: turns a valid input into a malformed one.
    """

    name: str
    corpus: Callable[[], list[Files]]
    read: Callable[[Path], object]
    mutate: Mutate = field(default=mutate_files)


def _only(folder: Path) -> Path:
    (name,) = os.listdir(folder)
    return folder / name


def _quiet(_: str) -> None:
    pass


# --- data ---------------------------------------------------------------------------------------


def _idx(folder: Path) -> None:
    path = _only(folder)
    array = read_idx(path)
    if check_idx(path).shape != array.shape:
        raise BrokenPromiseError("check_idx and read_idx differ")


def _data_set(folder: Path) -> None:
    _check_data(load_dataset(folder, say=_quiet, offline=True))


def _data_file(folder: Path) -> None:
    _check_data(load_dataset(_only(folder), say=_quiet, offline=True))


def _check_data(data: Dataset) -> None:
    for name, part in data.parts():
        if part.images.dtype not in (np.float32, np.float64, np.uint8):  # float64 far from zero
            raise BrokenPromiseError(f"{name}: inputs of {part.images.dtype}")
        if not np.isfinite(part.images).all():
            raise BrokenPromiseError(f"{name}: inputs that are not finite")
        labels = part.labels
        if labels is None:
            continue
        if len(labels) != len(part) or not np.isfinite(labels).all():
            raise BrokenPromiseError(f"{name}: labels that do not fit")
        if data.task == "classification" and not 0 <= labels.min() <= labels.max() < len(
            data.class_names
        ):
            raise BrokenPromiseError(f"{name}: labels outside the classes")
    repr(data)
    data.summary()


def _arrays(folder: Path) -> None:
    path = _only(folder)
    if set(names_in(path)) != set(read_arrays(path)):
        raise BrokenPromiseError("names_in and read_arrays differ")


def _picture(folder: Path) -> None:
    image = read_image(_only(folder), invert="auto")
    if image.dtype != np.uint8 or image.ndim != 2 or not image.size:
        raise BrokenPromiseError(f"an image of {image.dtype} {image.shape}")


# --- networks -----------------------------------------------------------------------------------


def _model(folder: Path) -> None:
    _check_network(MultiLayerPerceptron.load(_only(folder)))


def _ensemble(folder: Path) -> None:
    """Read the members and average them, as `byhand evaluate` does."""
    both = Ensemble.load(_only(folder))
    for net in both.members:
        _check_network(net)
    with np.errstate(all="ignore"):
        both.predict(np.zeros((2, both.input_layer.units)))


def _foreign(load: Callable[[Path], Network], folder: Path) -> None:
    _check_network(load(_only(folder)))


def _fun_mnist(folder: Path) -> None:
    _check_network(load_npz(_only(folder)))


def _check_network(net: Network) -> None:
    """Check that a network's numbers are finite, and use it as the command line would."""
    if not np.isfinite(net.parameters.vector).all() or not np.isfinite(net.statistics.vector).all():
        raise BrokenPromiseError("a network with NaN or infinity")
    repr(net)
    x = np.zeros((2, net.input_layer.units))
    with np.errstate(all="ignore"):
        net.predict(x)
        doubt = Doubt.of(net)
        if doubt is not None:
            doubt.about(net, x)
        with contextlib.suppress(ArgumentError):  # trained on a table
            _prepare(Preparation.of(net))


@lru_cache(maxsize=1000)
def _prepare(preparation: Preparation) -> None:
    """Prepare an image. This is slow, and most mutations do not change the preparation."""
    preparation(np.eye(9, dtype=np.uint8) * 255)


@cache
def _training() -> TrainingRun:
    return corpus.training_run()


def _checkpoint(folder: Path) -> None:
    run = _training()
    restore_checkpoint(run, _only(folder))
    if not np.isfinite(run.net.parameters.vector).all():
        raise BrokenPromiseError("a checkpoint with NaN or infinity")
    if run.best_so_far is not None:
        run.best_so_far.restore(run.net)


def _mutate_doubt(files: Files, rng: Random) -> Files:
    (name,) = files
    content = files[name]
    assert isinstance(content, bytes)
    return {name: mutate_tensors(content, rng, "facts", "doubt")}


# --- runs ---------------------------------------------------------------------------------------


def _recipe(folder: Path) -> None:
    recipe = read_recipe(_only(folder))
    again = parse_recipe(recipe.to_toml("again"), "again")
    if repr(again.spec) != repr(recipe.spec):
        raise BrokenPromiseError("a recipe that changes when it is written and read")


def _run_folder(folder: Path) -> None:
    """Read every file of a run, even if another is refused."""
    run = Run(find_run(folder))
    refused: ByhandError | None = None
    for read in (
        lambda: repr(run), lambda: run.recipe, lambda: run.history, run.folder.split,
        lambda: _check_network(run.net), lambda: run.seconds,
        lambda: TrainingStatistics.load(run.folder.statistics_file),
        lambda: read_snapshots(run.folder.snapshots_file),
        lambda: read_checksums(run.folder.checksums_file),
        lambda: run.folder.is_on("digits"),
        lambda: restore_checkpoint(_training(), run.folder.last),
    ):  # fmt: skip
        try:
            read()
        except ByhandError as error:
            refused = error
    if refused is not None:
        raise refused


def _facts(folder: Path) -> None:
    run = Run(find_run(folder))
    run.facts.as_dict()
    for use in (repr, lambda run: run.seconds, lambda run: run.folder.is_on("mnist")):
        use(run)


def _one(read: Callable[[Path], object], folder: Path) -> None:
    read(_only(folder))


READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        Reader("idx", corpus.idx, _idx),
        Reader("idx.gz", corpus.idx_gzip, _idx),
        Reader("idx folder", corpus.idx_folder, _data_set),
        Reader("table", corpus.tables, _data_file),
        Reader("table.gz", corpus.tables_gzip, _data_file),
        Reader("table folder", corpus.table_folder, _data_set),
        Reader("npz data", corpus.archives, _data_file),
        Reader("npy folder", corpus.npy_folders, _data_set),
        Reader("npy arrays", corpus.arrays, _arrays),
        Reader("image", corpus.pictures, _picture),
        Reader("image folder", corpus.image_folder, _data_set),
        Reader("model", corpus.models, _model),
        Reader("ensemble", corpus.ensembles, _ensemble),
        Reader("doubt", corpus.doubts, _model, _mutate_doubt),
        Reader("fun-MNIST npz", corpus.fun_mnist, _fun_mnist),
        Reader("checkpoint", corpus.checkpoints, _checkpoint),
        Reader("snapshots", corpus.of_run("snapshots.safetensors"), partial(_one, read_snapshots)),
        Reader(
            "statistics", corpus.of_run("statistics.npz"), partial(_one, TrainingStatistics.load)
        ),
        Reader("history", corpus.of_run("history.csv"), partial(_one, History.from_csv)),
        Reader("checksums", corpus.of_run("checksums.csv"), partial(_one, read_checksums)),
        Reader("recipe", corpus.recipes, _recipe),
        Reader("run.json", corpus.of_run("run.json"), _facts),
        Reader("run folder", corpus.run_folders, _run_folder),
    )
}
"""Name -> reader; further below, those that need packages which may be missing."""

READERS |= {
    name: Reader(name, models, partial(_foreign, load))
    for name, (package, models, load) in FOREIGN.items()
    if is_there(package)
}
