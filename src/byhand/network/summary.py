"""A network as a table: layers, shapes, parameters, bytes and multiply-adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byhand.network.mlp import MultiLayerPerceptron

_HEADINGS = ("layer", "output", "parameters", "bytes", "multiply-adds")


def summary_rows(net: MultiLayerPerceptron) -> list[tuple[str, int, int, int, int]]:
    """One row for each layer: description, units, parameters, bytes, multiply-adds an example."""
    first = net.input_layer
    rows = [(f"input ({first.normalisation})", first.units, 0, 0, 0)]
    for layer, n_in, n_out in zip(net.hidden, net.widths, net.widths[1:], strict=False):
        size = sum(_product(shape) for shape in layer.parameter_shapes(n_in).values())
        rows.append(
            (_describe(layer), n_out, size, size * net.dtype.itemsize, layer.multiply_adds(n_in))
        )
    return rows


def summary_table(net: MultiLayerPerceptron) -> str:
    """The rows, aligned, with their sums."""
    rows = summary_rows(net)
    total = ("total", net.widths[-1], *(sum(row[column] for row in rows) for column in (2, 3, 4)))
    cells = [_HEADINGS] + [
        (name, f"(n, {units})", *(f"{number:,}" for number in numbers))
        for name, units, *numbers in [*rows, total]
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADINGS))]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    rule = "-" * len(lines[0])
    ending = f"loss {net.loss.name}, {net.dtype}, multiply-adds and output for one example (n = 1)"
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], ending])


def _describe(layer: object) -> str:
    kind = str(getattr(layer, "kind", type(layer).__name__))
    activation = getattr(layer, "activation", None)
    if activation is not None:
        slope = f" {activation.slope:g}" if activation.name == "leaky_relu" else ""
        return f"{kind} {activation.name}{slope}"
    rate = getattr(layer, "rate", None)
    return kind if rate is None else f"{kind} {rate:g}"


def _product(shape: tuple[int, ...]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size
