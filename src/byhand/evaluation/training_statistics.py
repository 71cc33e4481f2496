"""Statistics of activations, gradients and updates by epoch, recorded by the callback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.atomic import replacing
from byhand.errors import FormatError
from byhand.npz_archive import read_arrays

KINDS = ("activations", "gradients", "updates")


@dataclass(frozen=True, eq=False)
class Histograms:
    """The histograms of one array, one for each epoch.

    Args:
        counts: how many numbers fall into each bin (epochs, bins).
        edges: edges of the bins (epochs, bins + 1). For gradients and updates they are powers of
            ten, and the histogram is that of absolute values.
        zeros: fraction of the numbers that are exactly 0; they are in no bin (epochs,).
        logarithmic: whether the edges are powers of ten.
    """

    counts: IntArray
    edges: FloatArray
    zeros: FloatArray
    logarithmic: bool

    def taken(self, kept: Array) -> Histograms:
        """Return the histograms of the epochs where `kept` is True."""
        return replace(
            self, counts=self.counts[kept], edges=self.edges[kept], zeros=self.zeros[kept]
        )

    def joined(self, later: Histograms) -> Histograms:
        """Return these histograms followed by those of later epochs."""
        return replace(
            self,
            counts=np.concatenate([self.counts, later.counts]),
            edges=np.concatenate([self.edges, later.edges]),
            zeros=np.concatenate([self.zeros, later.zeros]),
        )

    def density(self, edges: FloatArray) -> FloatArray:
        """Return the fraction of each epoch's non-zero numbers in bins with the given edges.

        Numbers are assumed to be evenly spread within their own bin.

        Returns:
            (epochs, len(edges) - 1).
        """
        fractions = self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)
        sums = np.pad(np.cumsum(fractions, axis=1), ((0, 0), (1, 0)))
        rows = [np.interp(edges, old, total) for old, total in zip(self.edges, sums, strict=True)]
        return np.diff(np.array(rows).reshape(-1, len(edges)), axis=1)


@dataclass(frozen=True, eq=False)
class TrainingStatistics:
    """The record of the callback `Statistics`.

    Args:
        epochs: numbers of the recorded epochs, counted from 1 (epochs,).
        steps: steps at which the update-to-weight ratio was measured, in epochs
            (epochs, samples); 1.5 is the middle of the second epoch.
        activations: histograms of each row of units, as {"A1": ...}.
        gradients: histograms of the gradient of each weight matrix, as {"dW1": ...}.
        updates: histograms of |change of a weight in one step| / |weight|, as {"W1": ...}.
        ratios: norm of the update / norm of the weights, as {"W1": (epochs, samples)}.
    """

    epochs: IntArray
    steps: FloatArray
    activations: dict[str, Histograms]
    gradients: dict[str, Histograms]
    updates: dict[str, Histograms]
    ratios: dict[str, FloatArray]

    def save(self, path: str | Path) -> Path:
        """Write the statistics to an .npz file of plain arrays."""
        arrays: dict[str, Array] = {"epochs": self.epochs, "steps": self.steps}
        for kind in KINDS:
            for name, histograms in getattr(self, kind).items():
                for field in ("counts", "edges", "zeros"):
                    arrays[f"{kind}/{name}/{field}"] = getattr(histograms, field)
        arrays |= {f"ratios/{name}": values for name, values in self.ratios.items()}
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        return Path(path).expanduser()

    def until(self, epoch: int) -> TrainingStatistics:
        """Return the statistics up to and including an epoch."""
        kept = self.epochs <= epoch
        histograms = {
            kind: {name: one.taken(kept) for name, one in getattr(self, kind).items()}
            for kind in KINDS
        }
        ratios = {name: values[kept] for name, values in self.ratios.items()}
        return TrainingStatistics(self.epochs[kept], self.steps[kept], **histograms, ratios=ratios)

    def followed_by(self, later: TrainingStatistics) -> TrainingStatistics:
        """Join the statistics of a resumed training; keep only the later if the shapes differ."""
        if not len(self.epochs) or self.steps.shape[1:] != later.steps.shape[1:]:
            return later
        if not len(later.epochs):
            return self
        histograms = {
            kind: {
                name: one.joined(getattr(later, kind)[name])
                for name, one in getattr(self, kind).items()
            }
            for kind in KINDS
        }
        ratios = {
            name: np.concatenate([values, later.ratios[name]])
            for name, values in self.ratios.items()
        }
        epochs = np.concatenate([self.epochs, later.epochs])
        steps = np.concatenate([self.steps, later.steps])
        return TrainingStatistics(epochs, steps, **histograms, ratios=ratios)

    @classmethod
    def load(cls, path: str | Path) -> TrainingStatistics:
        """Read a file written by `save`."""
        arrays = read_arrays(path)
        try:
            histograms = {kind: _histograms(arrays, kind) for kind in KINDS}
            ratios = {
                name.removeprefix("ratios/"): values
                for name, values in arrays.items()
                if name.startswith("ratios/")
            }
            found = cls(arrays["epochs"], arrays["steps"], **histograms, ratios=ratios)
            found.check()
        except (KeyError, ValueError) as error:
            raise FormatError(
                f"{path} is damaged or does not contain training statistics: {error}."
            ) from error
        return found

    def check(self) -> None:
        """Raise a ValueError unless all arrays are numbers with a row for each epoch."""
        epochs = len(self.epochs) if self.epochs.ndim == 1 else -1
        if epochs < 0 or self.epochs.dtype.kind not in "iu":
            raise ValueError("the epochs are not a row of integers")
        for name, array in {"steps": self.steps, **self.ratios}.items():
            _check_rows(name, array, self.steps.shape)
        for kind in KINDS:
            for name, one in getattr(self, kind).items():
                bins = one.counts.shape[-1] if one.counts.ndim else 0
                _check_rows(f"{kind} of {name}", one.counts, (epochs, bins))
                _check_rows(f"{kind} of {name}", one.edges, (epochs, bins + 1))
                _check_rows(f"{kind} of {name}", one.zeros, (epochs,))
        _check_rows("steps", self.steps, (epochs, *self.steps.shape[1:2]))


def _check_rows(name: str, array: Array, shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype.kind not in "iuf":
        raise ValueError(
            f"{name}: expected numbers of shape {shape}, got {array.dtype} {array.shape}"
        )


def _histograms(arrays: Mapping[str, Array], kind: str) -> dict[str, Histograms]:
    names = dict.fromkeys(key.split("/")[1] for key in arrays if key.startswith(f"{kind}/"))
    return {
        name: Histograms(
            counts=arrays[f"{kind}/{name}/counts"],
            edges=arrays[f"{kind}/{name}/edges"],
            zeros=arrays[f"{kind}/{name}/zeros"],
            logarithmic=kind != "activations",
        )
        for name in names
    }
