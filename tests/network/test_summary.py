"""The summary: every number in it can be counted by hand."""

from __future__ import annotations

import pytest

from byhand import BatchNormLayer, DenseLayer, DropoutLayer, InputLayer, Network
from byhand.network.summary import summary_rows

LAYERS = [
    InputLayer(784, "pixels"),
    DenseLayer(300, "leaky_relu", slope=0.2),
    BatchNormLayer(),
    DropoutLayer(0.25),
    DenseLayer(10, "softmax"),
]


@pytest.mark.parametrize(("dtype", "size"), [("float32", 4), ("float64", 8)])
def test_rows_hold_units_parameters_bytes_and_multiply_adds(dtype, size):
    rows = summary_rows(Network(LAYERS, dtype=dtype))

    assert rows == [
        ("input (pixels)", 784, 0, 0, 0),
        ("dense leaky_relu 0.2", 300, 235_500, 235_500 * size, 235_200),
        ("batch_norm identity", 300, 600, 600 * size, 300),
        ("dropout 0.25", 300, 0, 0, 0),
        ("dense softmax", 10, 3_010, 3_010 * size, 3_000),
    ]


def test_the_printed_table_has_every_row_the_totals_and_the_loss(capsys):
    Network(LAYERS).summary()

    out = capsys.readouterr().out
    for piece in ("layer", "parameters", "bytes", "multiply-adds", "(n, 300)", "235,500"):
        assert piece in out
    total = next(line for line in out.splitlines() if line.startswith("total"))
    assert total.split()[-3:] == ["239,110", "956,440", "238,500"]
    assert "categorical_cross_entropy" in out
    assert "float32" in out


def test_the_columns_of_the_table_line_up(capsys):
    Network(LAYERS).summary()

    *table, _ending = capsys.readouterr().out.splitlines()
    assert len({len(line) for line in table}) == 1


def test_the_summary_can_be_printed_by_another_function():
    lines = []

    Network(LAYERS).summary(lines.append)

    assert "dense softmax" in lines[0]


def test_the_totals_are_those_of_the_network():
    net = Network(LAYERS)

    assert sum(row[2] for row in summary_rows(net)) == net.parameters.vector.size
    assert sum(row[3] for row in summary_rows(net)) == net.parameters.vector.nbytes
