"""Finds weights and biases in any container: dictionary, list, tuple, attributes, layers.

It also tells whether W is (n_in, n_out) or (n_out, n_in), by the shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.examine.array_names import Path, quantity

DEPTH = 5
"""Largest depth of nested containers that is searched."""


def arrays_in(
    value: Any, is_own: Callable[[Any], bool], path: Path = (), depth: int = DEPTH
) -> Iterator[tuple[Path, Array]]:
    """Yield each array inside a value, with the names and indices that lead to it.

    Args:
        value: an array, a container, or an object of the learner's classes.
        is_own: whether an object is of a class of the learner's, whose attributes are searched.
        path: the way to the value.
        depth: number of containers within one another that are still searched.
    """
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "biuf":
            yield path, value
        return
    if isinstance(value, (float, np.floating)) and path:
        yield path, np.asarray(value)
        return
    if depth == 0:
        return
    for token, inner in _inside(value, is_own):
        yield from arrays_in(inner, is_own, (*path, token), depth - 1)


def _inside(value: Any, is_own: Callable[[Any], bool]) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (f"_{key}" if isinstance(key, int) else str(key)), inner
    elif isinstance(value, (list, tuple)) and len(value) <= 100:
        names = getattr(value, "_fields", None)
        for index, inner in enumerate(value):
            yield (names[index] if names else (index, len(value))), inner
    elif is_own(value):
        yield from getattr(value, "__dict__", {}).items()
        for name in getattr(type(value), "__slots__", ()):
            if hasattr(value, name):
                yield name, getattr(value, name)


@dataclass(frozen=True)
class Parameters:
    """The places of a network's weights and biases, and the orientation of W.

    Args:
        weights: the way to each W, from the first layer to the last.
        biases: the way to each b; empty if there are none.
        shapes: the shape of each array.
        out_first: whether W is (n_out, n_in).
        shared: layers whose W is one and the same array.
    """

    weights: tuple[Path, ...]
    biases: tuple[Path, ...]
    shapes: Mapping[Path, tuple[int, ...]]
    out_first: bool
    shared: tuple[tuple[int, int], ...] = ()

    @property
    def sizes(self) -> list[int]:
        """Units of the input and of each layer."""
        shapes = [self.shapes[path] for path in self.weights]
        ordered = [shape[::-1] if self.out_first else shape for shape in shapes]
        return [ordered[0][0], *(shape[1] for shape in ordered)]

    def fill(self, arrays: Mapping[Path, Array], W: Sequence[Array], b: Sequence[Array]) -> None:
        """Write weights (n_in, n_out) and biases (n_out,) into the arrays of a container."""
        for path, value in zip(self.weights, W, strict=True):
            arrays[path][...] = value.T if self.out_first else value
        for path, value in zip(self.biases, b, strict=False):
            arrays[path][...] = value.reshape(arrays[path].shape)

    def canonical(self, path: Path, array: Array) -> Array:
        """Return W as (n_in, n_out) and b as (n_out,); an array of another shape as it is."""
        if path in self.weights:
            fits = array.shape == self.shapes[path]
            return array.T if fits and self.out_first else array
        units = int(np.prod(self.shapes[path]))
        if array.size == 1:
            return np.full(units, array.ravel()[0])
        return array.ravel() if array.size == units else array


def find_parameters(value: Any, is_own: Callable[[Any], bool]) -> Parameters | None:
    """Return where the weights of at least two layers are; None if there are none that fit."""
    found = [(path, array) for path, array in arrays_in(value, is_own) if array.dtype.kind == "f"]
    named = [one for one in found if (kind := quantity(one[0], 0)) and kind[0] in "Wb"]
    return _parameters(named) or _parameters(found)


def _parameters(found: Sequence[tuple[Path, FloatArray]]) -> Parameters | None:
    weights = _in_order([one for one in found if one[1].ndim == 2 and min(one[1].shape) > 1])
    biases = _in_order([one for one in found if one[1].ndim in (1, 2) and _is_vector(one[1])])
    if len(weights) < 2:
        return None
    for out_first in (False, True):
        shapes = [w.shape[::-1] if out_first else w.shape for _, w in weights]
        if any(left[1] != right[0] for left, right in pairwise(shapes)):
            continue
        if [b.size for _, b in biases] == [shape[1] for shape in shapes] or not biases:
            every = [*weights, *biases]
            return Parameters(
                weights=tuple(path for path, _ in weights),
                biases=tuple(path for path, _ in biases),
                shapes={path: array.shape for path, array in every},
                out_first=out_first,
                shared=_shared([w for _, w in weights]),
            )
    return None


def _is_vector(array: Array) -> bool:
    return array.ndim == 1 or min(array.shape) == 1


def _in_order(found: Sequence[tuple[Path, FloatArray]]) -> list[tuple[Path, FloatArray]]:
    """Sort by the number in the name where each array has one; else keep the order."""
    numbers = [known[1] if (known := quantity(path, 0)) else None for path, _ in found]
    if any(number is None for number in numbers):
        return list(found)
    order = np.argsort(np.array(numbers, dtype=int), kind="stable")
    return [found[place] for place in order]


def _shared(weights: Sequence[Array]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (i + 1, j + 1)
        for i, first in enumerate(weights)
        for j, second in enumerate(weights)
        if i < j and (np.shares_memory(first, second) or np.array_equal(first, second))
    )


def listed_gradients(result: Any, where: Parameters) -> dict[str, Array]:
    """Return dW1, db1, ... from lists in what a function returned, where their shapes fit.

    Args:
        result: a list of pairs (dW, db), or a tuple of a list of dW and a list of db.
        where: the parameters, whose shapes the gradients have.
    """
    layers = len(where.weights)
    shapes = {
        "W": [where.shapes[path] for path in where.weights],
        "b": [where.shapes[path] for path in where.biases],
    }
    found: dict[str, Array] = {}
    for held in (result, *(result if isinstance(result, tuple) else ())):
        if not isinstance(held, (list, tuple)) or len(held) != layers:
            continue
        pairs = all(isinstance(one, (list, tuple)) and len(one) == 2 for one in held)
        rows = {"W": [one[0] for one in held], "b": [one[1] for one in held]} if pairs else {}
        for kind, expected in shapes.items():
            arrays = rows.get(kind, held)
            summed = pairs and kind == "b"  # a bias gradient summed over everything
            if len(arrays) == len(expected) and all(
                np.shape(one) == wanted or (summed and np.ndim(one) == 0)
                for one, wanted in zip(arrays, expected, strict=True)
            ):
                found |= {
                    f"d{kind}{place}": np.asarray(one) for place, one in enumerate(arrays, start=1)
                }
    return found
