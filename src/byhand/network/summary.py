"""Summarise a network in a table of layers, shapes, parameters, bytes and multiply-adds."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from byhand.notebook import block, small, table

if TYPE_CHECKING:
    from byhand.network.network import Network

_HEADINGS = ("layer", "output", "parameters", "bytes", "multiply-adds")


class SummaryRow(NamedTuple):
    """A layer's description, outputs and sizes; multiply-adds are for one example."""

    layer: str
    units: int
    parameters: int
    bytes: int
    multiply_adds: int

    def cells(self) -> tuple[str, ...]:
        """Return the row as text."""
        numbers = (self.parameters, self.bytes, self.multiply_adds)
        return (self.layer, f"(n, {self.units})", *(f"{number:,}" for number in numbers))


def summary_rows(net: Network) -> list[SummaryRow]:
    """Return one row for each layer."""
    first = net.input_layer
    rows = [SummaryRow(f"input ({first.normalisation})", first.units, 0, 0, 0)]
    for placed in net.stack:
        layer, n_in = placed.layer, placed.n_in
        size = sum(prod(shape) for shape in layer.parameter_shapes(n_in).values())
        nbytes = size * net.dtype.itemsize
        adds = layer.multiply_adds(n_in)
        rows.append(SummaryRow(layer.describe(), placed.n_out, size, nbytes, adds))
    return rows


def summary_table(net: Network) -> str:
    """Return the rows as an aligned table, with totals."""
    cells = [_HEADINGS, *_cells(net)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in cells
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], _ending(net)])


def summary_html(net: Network) -> str:
    """Return the same table for a notebook."""
    title = f"{type(net).__name__} {net.shape_text}, {net.parameters.vector.size:,} parameters"
    return block(title, table(_HEADINGS, _cells(net)), small(_ending(net)))


def _cells(net: Network) -> list[tuple[str, ...]]:
    """Return the table as text: a row for each layer, and the totals."""
    rows = summary_rows(net)
    total = SummaryRow(
        "total",
        net.output_layer.units,
        sum(row.parameters for row in rows),
        sum(row.bytes for row in rows),
        sum(row.multiply_adds for row in rows),
    )
    return [row.cells() for row in [*rows, total]]


def _ending(net: Network) -> str:
    return f"loss {net.loss.name}, {net.dtype}, multiply-adds for one example"
