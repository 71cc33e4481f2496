"""Snapshots of the weights at a few epochs of training, in a file of limited size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from byhand.arrays import Array
from byhand.checks import integer
from byhand.errors import FileError, FormatError
from byhand.model_file import read_tensors, write_tensors
from byhand.network import Network
from byhand.training.callbacks import Callback
from byhand.training.run import TrainingRun

FORMAT = "byhand-snapshots-1"

SNAPSHOTS = 8
"""Default number of snapshots of a run."""

MOST_BYTES = 16_000_000
"""Largest size of the file; to stay below it, numbers become float16, then epochs are left out."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The weights of a network after one epoch.

    Args:
        epoch: the epoch after which it was taken; 0 is before training.
        arrays: parameters and statistics by name: W1, b1, ...
    """

    epoch: int
    arrays: Mapping[str, Array]


class Snapshots(Callback):
    """Write the weights of a few epochs to a safetensors file, for the report's time slider.

    The first snapshot is taken before training and the last at the end. Between them the epochs
    grow by a constant factor, because a network changes most at the beginning.

    Args:
        path: path of the file, which is replaced as a whole at each snapshot.
        count: largest number of snapshots.
    """

    def __init__(self, path: str | Path, count: int = SNAPSHOTS) -> None:
        self.path = Path(path).expanduser()
        self.count = integer("number of snapshots", count)

    def on_train_begin(self, run: TrainingRun) -> None:
        """Plan the epochs; a resumed run keeps its existing snapshots."""
        self.dtype, self.most = _precision(run.net, self.count)
        self.epochs = planned_epochs(run.epochs, self.most) if self.most else frozenset()
        self.taken = {one.epoch: one for one in self._earlier(run.epoch)}
        if run.epoch == 0:
            self._take(run)

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Take a snapshot if this epoch is planned."""
        self._take(run)

    def on_train_end(self, run: TrainingRun) -> None:
        """Take the last snapshot if training was stopped early."""
        if self.epochs and run.history.epochs == run.epoch:
            self.epochs |= {run.epoch}
            self._take(run)

    def _earlier(self, epoch: int) -> list[Snapshot]:
        """Return the snapshots in the file up to an epoch; a damaged file counts as empty."""
        if not epoch or not self.path.exists():
            return []
        try:
            return [one for one in read_snapshots(self.path) if one.epoch <= epoch]
        except (FileError, FormatError):
            return []

    def _take(self, run: TrainingRun) -> None:
        if run.epoch not in self.epochs or run.epoch in self.taken:
            return
        arrays = {**run.net.parameters, **run.net.statistics}
        copied = {name: array.astype(self.dtype) for name, array in arrays.items()}
        self.taken[run.epoch] = Snapshot(run.epoch, copied)
        if len(self.taken) > self.most:  # a resumed or stopped run: make room
            del self.taken[sorted(self.taken)[-2]]
        write_snapshots(list(self.taken.values()), self.path)


def planned_epochs(epochs: int, count: int) -> frozenset[int]:
    """Return at most `count` epochs from 0 to the last: 0, 1, ..., growing by a constant factor."""
    growing = np.geomspace(1, max(epochs, 1), max(count - 1, 1))
    return frozenset([0, *growing.round().astype(int).tolist()][:count])


def _precision(net: Network, count: int) -> tuple[type[np.floating], int]:
    """Return the type of the numbers, and the number of snapshots that fit into MOST_BYTES."""
    numbers = net.parameters.vector.size + net.statistics.vector.size
    if count * numbers * 4 <= MOST_BYTES:
        return np.float32, count
    return np.float16, min(count, MOST_BYTES // (2 * numbers))


def write_snapshots(snapshots: list[Snapshot], path: str | Path) -> Path:
    """Write snapshots to a safetensors file; each array is named epoch/name, such as 12/W1."""
    tensors = {
        f"{one.epoch}/{name}": array for one in snapshots for name, array in one.arrays.items()
    }
    return write_tensors(Path(path), tensors, {"format": FORMAT})


def read_snapshots(path: str | Path) -> list[Snapshot]:
    """Read the snapshots in a file, in the order of their epochs.

    Raises:
        FileError: there is no such file.
        FormatError: it contains no snapshots, or is damaged.
    """
    tensors, metadata = read_tensors(Path(path))
    if metadata.get("format") != FORMAT:
        raise FormatError(f"{path} contains no snapshots (its metadata have no format={FORMAT!r}).")
    by_epoch: dict[int, dict[str, Array]] = {}
    for key, array in tensors.items():
        epoch, _, name = key.partition("/")
        if not (epoch.isdecimal() and len(epoch) <= 10 and name):
            raise FormatError(f"{path} contains {key!r}, which is not an array of a snapshot.")
        by_epoch.setdefault(int(epoch), {})[name] = array
    return [Snapshot(epoch, by_epoch[epoch]) for epoch in sorted(by_epoch)]
