"""Checks that arrays of a file fit a chain of layers, before memory is taken for a network."""

from __future__ import annotations

from collections.abc import Sequence

from byhand.arrays import Array
from byhand.errors import FormatError
from byhand.network.layers import Layer


def check_shapes(units: int, layers: Sequence[Layer], arrays: Sequence[Sequence[Array]]) -> None:
    """Raise a FormatError unless the arrays have the shapes of the layers' parameters.

    No variance may be negative, because its root would be NaN.

    Two layers of a million units need few numbers each in a file that lies about their widths, and
    a million million in a network.

    Args:
        units: number of inputs.
        layers: the layers after the input layer.
        arrays: for each layer that has parameters, these and then its statistics.
    """
    n_in = units
    given = iter(arrays)
    for number, layer in enumerate(layers, 1):
        shapes = [*layer.parameter_shapes(n_in).values()]
        if shapes:
            shapes += [(n_in,)] * len(layer.statistic_names)
            own = next(given)
            for shape, array in zip(shapes, own, strict=True):
                if array.shape != shape:
                    raise FormatError(
                        f"the {layer.kind} layer {number} takes an array of the shape {shape}; "
                        f"got {array.shape}."
                    )
            if "variance" in layer.statistic_names and (own[-1] < 0).any():
                raise FormatError(f"the variance of layer {number} holds negative numbers.")
        n_in = layer.n_out(n_in)
