"""Turns the body of a request into rows of raw inputs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.data import Preparation
from byhand.data.formats.decode_images import decoded_bytes
from byhand.errors import DataError
from byhand.network.network import Network
from byhand.serve.limits import Limits


class Inputs:
    """Reads bodies for one network.

    Args:
        net: the network.
        limits: limits of a request.
    """

    def __init__(self, net: Network, limits: Limits) -> None:
        self.net, self.limits = net, limits
        has_preparation = net.facts.get("preparation") is not None
        self.preparation = Preparation.of(net) if has_preparation else None

    def blank(self) -> Array:
        """Return one row of zeros."""
        return np.zeros((1, self.net.input_layer.units))

    def of_json(self, body: bytes) -> Array:
        """Return the rows of {"inputs": [...]}: one example, or a list of them.

        Raises:
            DataError, ArgumentError: the body is something else, or does not fit the network.
        """
        try:
            sent = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise DataError(f"the body is not JSON: {error}.") from error
        if not isinstance(sent, dict) or not isinstance(sent.get("inputs"), list):
            raise DataError(
                f'expected {{"inputs": [[...], ...]}} with {self.net.input_layer.units} numbers '
                "for each example."
            )
        if body.count(b'"') > 2 and _has_text(sent["inputs"]):
            raise DataError("the inputs must be numbers; some are text.")
        return self._rows(_array(sent["inputs"]))

    def of_image(self, body: bytes) -> Array:
        """Return the row of an image file, prepared as `byhand predict` prepares it.

        Raises:
            DataError: it is not an image, or the network does not take images.
        """
        if self.preparation is None:
            raise DataError("this network takes rows of numbers, not images; send JSON.")
        return self._rows(self.preparation(decoded_bytes(body, "the body"))[None])

    def _rows(self, x: Array) -> Array:
        is_image = self.preparation is not None and x.shape == self.preparation.shape
        if x.ndim == 1 or is_image:  # a single example
            x = x[None]
        rows = self.net.input_layer.rows(x)
        if not 0 < len(rows) <= self.limits.rows:
            raise DataError(
                f"expected 1 to {self.limits.rows:,} examples in a request; got {len(rows):,}."
            )
        self.net.input_layer.check(rows)
        return rows.astype(np.float64)  # one type, so that requests can share a batch


def _has_text(values: Any) -> bool:
    """Return whether there is text in nested lists: as an array, each would be as long as any."""
    waiting = [values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            return True
        if isinstance(value, list):
            waiting += value
    return False


def _array(values: list[Any]) -> Array:
    try:
        array = np.asarray(values)
    except (ValueError, OverflowError) as error:
        raise DataError("the examples must all have the same number of inputs.") from error
    if array.dtype.kind not in "iuf":
        raise DataError("the inputs must be numbers, and the same number for each example.")
    return array
