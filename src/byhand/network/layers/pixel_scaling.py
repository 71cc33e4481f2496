"""The input layer: it divides pixels by 255, or standardises, so a network takes raw inputs.

It also checks input arrays, so that the other layers do not have to.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, ClassVar

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray, Scratch, aligned_zeros
from byhand.backend import overridable
from byhand.checks import integer
from byhand.errors import ArgumentError, unknown_name
from byhand.lazy_rows import is_lazy
from byhand.network.layers.input_checks import check_pixels, check_same_scale, wrong_shape
from byhand.network.standardise import standardisation, value_range

NORMALISATIONS = ("auto", "pixels", "standardise", "none")


@dataclass
class InputBuffers(Scratch):
    """The arrays of the input layer."""

    raw: Array  # (n, units) a batch before normalisation
    a: FloatArray  # (n, units) A0


@dataclass(frozen=True)
class InputLayer:
    """The input: A0 = (x - mean) * factor, for x of shape (n, units) or (n, height, width).

    The mean is subtracted in float64: timestamps of 1.7e9 seconds that are an hour apart are the
    same number in float32.

    Args:
        units: values in one example: height * width of an image, or columns of a table.
        normalisation: "pixels" divides by 255 (integers or floats from 0 to 255);
            "standardise" subtracts the training mean and divides by the standard deviation (of
            all pixels together for images, of each column for tables); "none" leaves the numbers
            unchanged; "auto" lets fit choose: pixels for uint8, none for floats within [0, 1],
            and standardise for other tables.
        factor: 1 / deviation, computed by `fit` for "standardise".
        mean: mean of the training data, computed by `fit` for "standardise".
        offset: subtracted after the factor; only in model files of byhand 0.1.0, without a mean.
        input_range: smallest and largest raw value of the training data; set by fit.
    """

    units: int
    normalisation: str = "auto"
    _: KW_ONLY
    factor: float | FloatArray = 1.0
    mean: float | FloatArray | None = None
    offset: float | FloatArray | None = None
    input_range: tuple[float, float] | None = None

    kind: ClassVar[str] = "input"

    def __post_init__(self) -> None:
        integer("units", self.units)
        if self.normalisation not in NORMALISATIONS:
            raise unknown_name("normalisation", self.normalisation, NORMALISATIONS)
        if self.normalisation == "pixels":
            object.__setattr__(self, "factor", 1 / 255)
        for name in ("factor", "mean", "offset"):
            shape = np.shape(getattr(self, name))  # () of a number and of None
            if shape not in ((), (self.units,)):
                raise ArgumentError(
                    f"{name} must be one number, or one for each of {self.units} columns; got an "
                    f"array of shape {shape}."
                )

    # --- checking the input -----------------------------------------------------------------------

    def rows(self, x: Array) -> Array:
        """Return x as (n, units), a view if possible; raise if its shape or type is wrong."""
        if not is_lazy(x):
            x = np.asarray(x)  # a memory-mapped array becomes a plain view; nothing is read yet
        if x.dtype.kind not in "uifb":
            raise ArgumentError(
                f"the input must be an array of numbers, (n, {self.units}); got {x.dtype} of "
                f"shape {x.shape}."
            )
        if x.ndim < 2 or x[0:1].size != min(len(x), 1) * self.units:
            raise ArgumentError(wrong_shape(x.shape, self.units))
        if is_lazy(x):
            return x.reshape(len(x), self.units)
        rows = np.ascontiguousarray(x.reshape(len(x), self.units)).view()
        rows.flags.writeable = False  # the network never writes to its input
        return rows

    def check(self, x: Array) -> None:
        """Raise if rows x contain NaN or infinity, or differ in scale from the training data."""
        if x.dtype == np.uint8 and self.normalisation in {"auto", "pixels"}:
            return  # the usual case, which is always valid
        if not len(x):
            return
        low, high = value_range(x)
        if self.normalisation == "pixels":
            check_pixels(low, high, x.dtype)
        elif self.input_range is not None:
            check_same_scale(self.input_range, high)

    # --- fitting --------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether the normalisation is known, from its name or from fit."""
        return self.normalisation in {"pixels", "none"} or (
            self.normalisation == "standardise" and self.input_range is not None
        )

    def fit(self, x: Array, images: bool, rows: IntArray | None = None) -> InputLayer:
        """Return this layer with the normalisation computed from training data x (n, units).

        Args:
            x: raw rows.
            images: whether they are images, whose pixels share one mean and deviation.
            rows: numbers of the rows to learn from; all by default.
        """
        if self.input_range is not None:  # a trained network keeps the scale of its first training
            self.check(x)
            return self
        if x.dtype == np.uint8 and self.normalisation in {"auto", "pixels"}:
            return replace(self, normalisation="pixels", input_range=(0.0, 255.0))
        low, high = value_range(x)
        auto = self.normalisation == "auto"
        kind = self._resolve(low, high, images) if auto else self.normalisation
        fitted = replace(self, normalisation=kind, input_range=(low, high))
        if kind == "pixels":
            check_pixels(low, high, x.dtype)
        if kind == "standardise":
            mean, factor = standardisation(x, images, rows)
            return replace(fitted, mean=mean, factor=factor)
        return fitted

    @staticmethod
    def _resolve(low: float, high: float, images: bool) -> str:
        if low >= 0 and high <= 1:
            return "none"
        if images and low >= 0 and high <= 255:
            return "pixels"
        return "standardise"

    def astype(self, dtype: np.dtype[np.generic]) -> InputLayer:
        """Return this layer with factor and offset in the network's precision.

        With a mean they stay in float64, up to the rounding of A0.
        """
        if self.offset is None or np.ndim(self.factor) == 0:
            return self
        factor, offset = np.asarray(self.factor, dtype), np.asarray(self.offset, dtype)
        return replace(self, factor=factor, offset=offset)

    # --- computing ------------------------------------------------------------------------------

    def new_buffers(self, n: int, source: Array, dtype: np.dtype[np.generic]) -> InputBuffers:
        """Create buffers for n rows of a source."""
        return InputBuffers(
            raw=aligned_zeros((n, self.units), source.dtype),
            a=aligned_zeros((n, self.units), dtype),
        )

    @overridable
    def forward(self, x: Array, buffers: InputBuffers) -> None:
        """A0 = (x - mean) * factor, from rows x (n, units)."""
        if self.mean is not None:
            buffers.a[:] = (x.astype(np.float64) - self.mean) * self.factor
            return
        offset = 0 if self.offset is None else self.offset
        buffers.a[:] = x.astype(buffers.a.dtype) * self.factor - offset

    @overridable
    def gather(self, source: Array, rows: IntArray, buffers: InputBuffers) -> None:
        """Compute A0 from the given rows of a source, reading and scaling only these."""
        buffers.raw[:] = source[rows]
        self.forward(buffers.raw, buffers)

    def limits(self) -> tuple[float | FloatArray, float | FloatArray]:
        """Return the limits of A0, between which the raw training data lie; infinite if unknown."""
        if self.input_range is None:
            return -np.inf, np.inf
        mean = 0.0 if self.mean is None else self.mean
        offset = 0.0 if self.offset is None else self.offset
        low, high = ((end - mean) * self.factor - offset for end in self.input_range)
        return low, high

    def config(self) -> dict[str, Any]:
        """Return the settings as plain values; factor, mean and offset only if they are numbers."""
        names = ("units", "normalisation", "input_range")
        described = {"kind": self.kind, **{name: getattr(self, name) for name in names}}
        if np.ndim(self.factor) == 0:  # vectors go into a model file as tensors
            described |= {"factor": self.factor, "mean": self.mean, "offset": self.offset}
        return described
