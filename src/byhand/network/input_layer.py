"""The input layer: it owns the normalisation, so a trained network takes raw pixels.

Everything that can be wrong with an input array is noticed here, once, at the edge.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import ClassVar

import numpy as np

from byhand import kernels
from byhand.arrays import Array, FloatArray, IntArray, aligned_zeros
from byhand.checks import whole_number
from byhand.errors import ArgumentError, DataError, unknown_name

NORMALISATIONS = ("auto", "pixels", "standardise", "none")

_ROWS_AT_ONCE = 4096  # statistics of data larger than memory are taken in blocks of this many rows


@dataclass
class InputBuffers:
    """Of the input layer: a batch as it came and as the network sees it, both (n, units)."""

    raw: Array
    y: FloatArray


@dataclass(frozen=True)
class InputLayer:
    """The input: A0 = x * factor - offset, for x of shape (n, units) or (n, height, width).

    Args:
        units: numbers in one example: height * width of an image, columns of a table.
        normalisation: "pixels" divides by 255 (whole numbers or floats from 0 to 255);
            "standardise" subtracts the training mean and divides by the standard deviation, of
            all pixels together for images, of each column for tables; "none" leaves the numbers
            as they are; "auto", which fit settles, is pixels for uint8, none for floats within
            [0, 1], and standardise for other tables.
        factor: what standardise learnt, 1 / deviation; set by fit.
        offset: what standardise learnt, mean / deviation; set by fit.
        seen: the smallest and largest raw value of the training data; set by fit.
    """

    units: int
    normalisation: str = "auto"
    _: KW_ONLY
    factor: float | FloatArray = 1.0
    offset: float | FloatArray | None = None
    seen: tuple[float, float] | None = None

    kind: ClassVar[str] = "input"

    def __post_init__(self) -> None:
        whole_number("units", self.units)
        if self.normalisation not in NORMALISATIONS:
            raise unknown_name("normalisation", self.normalisation, NORMALISATIONS)
        if self.normalisation == "pixels":
            object.__setattr__(self, "factor", 1 / 255)

    # --- the edge: what may come in -------------------------------------------------------------

    def rows(self, x: Array) -> Array:
        """x as (n, units), a view where it can be; raises if it is not such an array."""
        x = np.asarray(x)  # of a memory-mapped array a plain view: nothing is read yet
        if x.dtype.kind not in "uifb":
            raise ArgumentError(
                f"the input must be an array of numbers, (n, {self.units}); got {x.dtype} of "
                f"shape {x.shape}."
            )
        if x.ndim < 2 or x[0:1].size != min(len(x), 1) * self.units:
            raise ArgumentError(self._wrong_shape(x))
        rows = np.ascontiguousarray(x.reshape(len(x), self.units)).view()
        rows.flags.writeable = False  # the network never writes to what it is given
        return rows

    def _wrong_shape(self, x: Array) -> str:
        side = int(self.units**0.5)
        images = f" or (n, {side}, {side})" if side * side == self.units else ""
        single = x.shape in {(self.units,), (side, side)}
        hint = " For a single example write x[None]." if single else ""
        return (
            f"the network has {self.units} inputs and takes arrays of shape (n, {self.units})"
            f"{images}; got {x.shape}.{hint}"
        )

    def check(self, x: Array) -> None:
        """Raise if rows x hold NaN or infinity, or stand on another scale than in training."""
        if x.dtype == np.uint8 and self.normalisation in {"auto", "pixels"}:
            return  # the usual case, in which nothing can be wrong
        if not len(x):
            return
        low, high = value_range(x)
        if self.normalisation == "pixels":
            self._check_pixels(low, high, x.dtype)
        elif self.seen is not None:
            self._check_same_scale(high)

    def _check_pixels(self, low: float, high: float, dtype: np.dtype[np.generic]) -> None:
        if low < 0 or high > 255:
            raise DataError(
                f"this network takes raw pixels from 0 to 255; got {low:g} to {high:g}. "
                "Use InputLayer(units, 'standardise') for other numbers."
            )
        if dtype.kind == "f" and 0 < high <= 1:
            raise DataError(
                "this network takes raw pixels from 0 to 255 and scales them itself; got numbers "
                f"from {low:g} to {high:g}, which look scaled already. Pass the raw pixels, or "
                "multiply by 255."
            )

    def _check_same_scale(self, high: float) -> None:
        assert self.seen is not None  # noqa: S101 - asked by the caller
        trained_high = self.seen[1]
        grown = trained_high <= 1 < high and high > 16
        shrunk = trained_high > 16 and 0 < high <= 1
        if grown or shrunk:
            raise DataError(
                f"this network was trained on numbers from {self.seen[0]:g} to {trained_high:g}; "
                f"got a largest number of {high:g}, which is another scale. Bring the input to "
                "the scale of the training data."
            )

    # --- fitting --------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether the normalisation is settled, by its name or by fit."""
        return self.normalisation in {"pixels", "none"} or (
            self.normalisation == "standardise" and self.seen is not None
        )

    def fit(self, x: Array, images: bool, rows: IntArray | None = None) -> InputLayer:
        """This layer with its normalisation settled on training data x (n, units).

        Args:
            x: rows of raw numbers.
            images: whether they are images, whose pixels share one mean and deviation.
            rows: which of them to learn from; all unless given.
        """
        if (
            self.seen is not None
        ):  # weights that have been trained fit the scale they were trained on
            self.check(x)
            return self
        if x.dtype == np.uint8 and self.normalisation in {"auto", "pixels"}:
            return replace(self, normalisation="pixels", seen=(0.0, 255.0))
        low, high = value_range(x)
        kind = self._settle(low, high, images) if self.normalisation == "auto" else None
        kind = kind or self.normalisation
        settled = replace(self, normalisation=kind, seen=(low, high))
        if kind == "pixels":
            self._check_pixels(low, high, x.dtype)
        if kind == "standardise":
            factor, offset = _standardisation(x, images, rows)
            return replace(settled, factor=factor, offset=offset)
        return settled

    @staticmethod
    def _settle(low: float, high: float, images: bool) -> str:
        if low >= 0 and high <= 1:
            return "none"
        if images and low >= 0 and high <= 255:
            return "pixels"
        return "standardise"

    def astype(self, dtype: np.dtype[np.generic]) -> InputLayer:
        """This layer with the numbers of standardise in the network's precision."""
        if self.normalisation != "standardise" or np.ndim(self.factor) == 0:
            return self
        factor, offset = np.asarray(self.factor, dtype), np.asarray(self.offset, dtype)
        return replace(self, factor=factor, offset=offset)

    # --- computing ------------------------------------------------------------------------------

    def new_buffers(self, n: int, source: Array, dtype: np.dtype[np.generic]) -> InputBuffers:
        """Buffers for n rows of a source."""
        return InputBuffers(
            raw=aligned_zeros((n, self.units), source.dtype),
            y=aligned_zeros((n, self.units), dtype),
        )

    def forward(self, x: Array, buffers: InputBuffers) -> None:
        """A0 from rows x (n, units) that lie together."""
        kernels.scale(x, self.factor, self.offset, buffers.y)

    def gather(self, source: Array, rows: IntArray, buffers: InputBuffers) -> None:
        """A0 from the given rows of a source, of which only these are read and scaled."""
        kernels.gather(source, rows, self.factor, self.offset, buffers.raw, buffers.y)


def value_range(x: Array) -> tuple[float, float]:
    """The smallest and largest value of rows x, in blocks; raises for NaN, infinity, no rows."""
    if not len(x):
        raise DataError("expected at least one example; got an array with no rows.")
    low, high = np.inf, -np.inf
    for start in range(0, len(x), _ROWS_AT_ONCE):
        block = x[start : start + _ROWS_AT_ONCE]
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        if not (np.isfinite(low) and np.isfinite(high)) or np.isnan(block.min()):
            row = start + int(np.argmax(~np.isfinite(block).all(axis=1)))
            raise DataError(
                f"the input holds NaN or infinity, first in row {row}; remove or replace it."
            )
    return low, high


def _standardisation(
    x: Array, images: bool, rows: IntArray | None
) -> tuple[float | FloatArray, float | FloatArray]:
    """1 / deviation and mean / deviation, of all numbers (images) or of each column."""
    axis = None if images else 0
    chosen = np.arange(len(x)) if rows is None else rows
    # E[x^2] - E[x]^2 loses all digits far from 0, so moments are taken about a first guess.
    guess = x[chosen[:_ROWS_AT_ONCE]].astype(np.float64).mean(axis=axis)
    total = square = np.zeros_like(guess)
    for start in range(0, len(chosen), _ROWS_AT_ONCE):
        block = x[chosen[start : start + _ROWS_AT_ONCE]].astype(np.float64) - guess
        total = total + block.sum(axis=axis)
        square = square + (block * block).sum(axis=axis)
    count = len(chosen) * (x.shape[1] if images else 1)
    shift = total / count
    mean = guess + shift
    deviation = np.sqrt(np.maximum(square / count - shift * shift, 0))
    deviation = np.where(deviation > 1e-12 * np.maximum(np.abs(mean), 1), deviation, 1.0)
    factor, offset = 1 / deviation, mean / deviation
    return (float(factor), float(offset)) if images else (factor, offset)
