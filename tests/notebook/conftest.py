"""A notebook that a real Jupyter kernel executes, once for all tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

CELLS = {
    "prepare": """
        from byhand import *
        from byhand.evaluation import Statistics, class_scores, confusion_matrix, predictions
        digits = load_dataset("digits")
        x, y = digits.train.images, digits.train.labels
        test = digits.test.images, digits.test.labels
        net = MultiLayerPerceptron(
            [InputLayer(64), DenseLayer(32, "relu"), DenseLayer(10, "softmax")],
            seed=0, class_names=[f"<b>{k}</b>" for k in range(10)],
        )
    """,
    "data set": "digits",
    "part": "digits.train",
    "network": "net",
    "fit": "history = net.fit(x, y, epochs=20, validation_split=0.1)",
    "history": "history",
    "scores": "net.evaluate(*test)",
    "predictions": "found = predictions(net, *test); found",
    "class scores": "class_scores(confusion_matrix(found.labels, found.predicted, 10))",
    "gradient check": "gradient_check(net, x[:10], y[:10], samples=20)",
    "doctor": """
        from byhand.evaluation.doctor import Doctor
        doctor = Doctor(print_fn=None)
        sick = MultiLayerPerceptron(
            [InputLayer(64, "none"), DenseLayer(32, "relu"), DenseLayer(10, "softmax")], seed=0
        )
        sick.fit(x, y, epochs=2, learning_rate=1.0, verbose=0, callbacks=[doctor])
        doctor.findings
    """,
    "silent": "net.fit(x, y, epochs=1, verbose=0) and None",
}
"""Cells of the notebook by name; the last expression of each is shown."""


class Executed:
    """The outputs of the notebook's cells."""

    def __init__(self, outputs: dict[str, list[Any]]) -> None:
        self.outputs = outputs

    def html(self, cell: str) -> str:
        """The HTML that a cell shows, all its displays together."""
        data = [one.get("data", {}) for one in self.outputs[cell]]
        return "".join(one.get("text/html", "") for one in data)

    def plain(self, cell: str) -> str:
        """The same as plain text, with what the cell prints."""
        shown = [one.get("data", {}).get("text/plain", "") for one in self.outputs[cell]]
        return "\n".join([*shown, *(one.get("text", "") for one in self.outputs[cell])])


def execute(cells: dict[str, str], folder: Path) -> Executed:
    """Run cells in a kernel of this Python; a cell that fails fails the test."""
    from textwrap import dedent

    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(dedent(source).strip()) for source in cells.values()]
    client = nbclient.NotebookClient(
        book,
        timeout=300,
        startup_timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env={**os.environ, "BYHAND_OFFLINE": "1"})
    return Executed({name: cell.outputs for name, cell in zip(cells, book.cells, strict=True)})


@pytest.fixture(scope="session")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    """The outputs of all cells."""
    return execute(CELLS, tmp_path_factory.mktemp("notebook"))
