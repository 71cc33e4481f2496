"""Recognises the arrays of a learner's network by their names: which of them is Z1, dW2, ...

`find_parameters.py` finds weights and biases, `find_functions.py` the functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.examine.array_names import Path, kind_of, quantity
from byhand.examine.convention import Convention
from byhand.examine.find_network import Subject
from byhand.examine.find_parameters import arrays_in, listed_gradients
from byhand.examine.problem import Problem
from byhand.examine.watch import Returned

GRADIENTS = ("grad", "d_", "dparam")
"""Beginnings of the names of lists and dictionaries that hold gradients."""

BEFORE = ("d", "d_", "grad_", "g_", "delta_", "nabla_")
AFTER = ("_grad", "_gradient", "_g", "_d")
"""What the name of a gradient adds to the name of its parameter."""


class Recogniser:
    """Finds arrays by their names, in byhand's form.

    Args:
        subject: the learner's network.
        problem: the sizes of the layers and the batch.
        convention: the form in which the network gets examples.
    """

    def __init__(self, subject: Subject, problem: Problem, convention: Convention) -> None:
        self.subject, self.problem, self.convention = subject, problem, convention
        self.layers = len(problem.weights)

    def arrays(
        self, result: Any, returns: list[Returned], state: Any, kinds: tuple[str, ...]
    ) -> Iterator[tuple[str, Array]]:
        """Yield (name, array) for a call, those of the outermost function first.

        Args:
            result: the result of the call.
            returns: what it and the functions inside it returned, innermost first.
            state: the network after the call.
            kinds: the wanted kinds, from "Z", "A", "dW" and "db".
        """
        where = self.subject.parameters
        if "dW" in kinds:
            for name, array in listed_gradients(result, where).items():
                path = (where.weights if name[1] == "W" else where.biases)[int(name[2:]) - 1]
                yield name, where.canonical(path, array).copy()
        sources = list(self._sources(result, returns, state))
        shift = self._shift([path for path, _ in sources])
        for path, array in sources:
            known = self._named(path, kinds, shift)
            if known is None:
                continue
            kind, layer = known
            in_list = any(isinstance(token, tuple) for token in path)
            canonical = self._canonical(kind, layer, array)
            if canonical is not None and not (in_list and self._misfits(kind, layer, array)):
                yield f"{kind}{layer}", canonical

    def _sources(
        self, result: Any, returns: list[Returned], state: Any
    ) -> Iterator[tuple[Path, Array]]:
        """Yield every array of a call with the path to it."""
        names = returns[-1].names if returns else ()
        results = result if isinstance(result, tuple) else (result,)
        for place, value in enumerate(results):
            name = names[place] if place < len(names) and names[place] else None
            if not self.subject.is_own(value):
                yield from arrays_in(value, self.subject.is_own, (name or "result",))
        for one in reversed(returns):
            yield from one.arrays
        if self.subject.is_class:
            yield from arrays_in(state, self.subject.is_own)

    def _shift(self, paths: list[Path]) -> int:
        """Return 1 if the input is called A1, so that the first layer computes Z2; else 0."""
        named = {kind_of(path[-1]) for path in paths if isinstance(path[-1], str)}
        return int(bool({("Z", self.layers + 1), ("A", self.layers + 1)} & named))

    def _named(self, path: Path, kinds: tuple[str, ...], shift: int = 0) -> tuple[str, int] | None:
        """Return the wanted kind and the layer that a path names, or None."""
        kind, layer = self._named_after_parameter(path) or quantity(path, self.layers) or ("", None)
        if kind not in kinds:
            return None
        of_object = self._layer_of_object(path)
        if kind == "A" and of_object is not None and "out" in str(path[-1]):
            return None  # the output of a layer may be its Z, if the activation is a layer too
        if layer is not None and kind in ("Z", "A") and isinstance(path[-1], str):
            layer -= shift
        layer = of_object or layer
        return (kind, layer) if layer is not None and 1 <= layer <= self.layers else None

    def _named_after_parameter(self, path: Path) -> tuple[str, int] | None:
        """Return the gradient that is named after a parameter: "dW_hidden" after "W_hidden"."""
        if not path or not isinstance(path[-1], str):
            return None
        name = path[-1].lower().lstrip("_")
        in_gradients = any(
            isinstance(t, str) and t.lower().startswith(GRADIENTS) for t in path[:-1]
        )
        where = self.subject.parameters
        for kind, paths in (("dW", where.weights), ("db", where.biases)):
            lasts = [one[-1] for one in paths]
            for layer, last in enumerate(lasts, start=1):
                if not isinstance(last, str) or lasts.count(last) > 1:
                    continue
                own = last.lower().lstrip("_")
                derived = {before + own for before in BEFORE} | {own + after for after in AFTER}
                if name in derived or (in_gradients and name == own):
                    return kind, layer
        return None

    def _layer_of_object(self, path: Path) -> int | None:
        """Return the layer whose object has this attribute: the object that holds its W."""
        for layer, where in enumerate(self.subject.parameters.weights, start=1):
            parent = where[:-1]
            if parent and path[-len(parent) - 1 : -1] == parent:
                return layer
        return None

    def _misfits(self, kind: str, layer: int, array: Array) -> bool:
        """Return whether a gradient in a list belongs to another layer: lists may be reversed."""
        where = self.subject.parameters
        paths = where.weights if kind == "dW" else where.biases
        if kind not in ("dW", "db") or layer > len(paths):
            return False
        return array.size not in (1, int(np.prod(where.shapes[paths[layer - 1]])))

    def _canonical(self, kind: str, layer: int, array: Array) -> Array | None:
        """Return an array in byhand's form; None if its shape or layer does not fit."""
        if kind in ("Z", "A"):
            fits = self.convention.fits(array, len(self.problem.X), self.problem.sizes[layer])
            return self.convention.rows(array) if fits else None
        where = self.subject.parameters
        paths = where.weights if kind == "dW" else where.biases
        return where.canonical(paths[layer - 1], array).copy() if layer <= len(paths) else None
