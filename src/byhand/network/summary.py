"""A network as a table: layers, shapes, parameters, bytes and multiply-adds."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from byhand.network.layers import Layer

if TYPE_CHECKING:
    from byhand.network.mlp import MultiLayerPerceptron

_HEADINGS = ("layer", "output", "parameters", "bytes", "multiply-adds")


class SummaryRow(NamedTuple):
    """One layer: what it is, its outputs, and numbers; multiply-adds are of one example."""

    layer: str
    units: int
    parameters: int
    bytes: int
    multiply_adds: int

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        numbers = (self.parameters, self.bytes, self.multiply_adds)
        return (self.layer, f"(n, {self.units})", *(f"{number:,}" for number in numbers))


def summary_rows(net: MultiLayerPerceptron) -> list[SummaryRow]:
    """One row for each layer."""
    first = net.input_layer
    rows = [SummaryRow(f"input ({first.normalisation})", first.units, 0, 0, 0)]
    for layer, n_in, n_out in zip(net.hidden, net.widths, net.widths[1:], strict=False):
        size = sum(prod(shape) for shape in layer.parameter_shapes(n_in).values())
        rows.append(
            SummaryRow(
                _describe(layer), n_out, size, size * net.dtype.itemsize, layer.multiply_adds(n_in)
            )
        )
    return rows


def summary_table(net: MultiLayerPerceptron) -> str:
    """The rows, aligned, with their sums."""
    rows = summary_rows(net)
    total = SummaryRow(
        "total",
        net.widths[-1],
        sum(row.parameters for row in rows),
        sum(row.bytes for row in rows),
        sum(row.multiply_adds for row in rows),
    )
    cells = [_HEADINGS, *(row.cells() for row in [*rows, total])]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in cells
    ]
    rule = "-" * len(lines[0])
    ending = f"loss {net.loss.name}, {net.dtype}, multiply-adds of one example"
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], ending])


def _describe(layer: Layer[Any]) -> str:
    fn = layer.activation
    if fn is not None:
        slope = f" {fn.slope:g}" if fn.name == "leaky_relu" else ""
        return f"{layer.kind} {fn.name}{slope}"
    rate = getattr(layer, "rate", None)
    return layer.kind if rate is None else f"{layer.kind} {rate:g}"
