"""Ways of writing a network that occur in code found in public."""

from __future__ import annotations

import json

import pytest

from byhand.examine.examine import examine_file
from byhand.examine.result import RIGHT, WRONG

COLUMNS = """
import numpy as np

def init_params():
    W1 = np.random.randn(10, 64) * 0.1
    b1 = np.zeros((10, 1))
    W2 = np.random.randn(10, 10) * 0.1
    b2 = np.zeros((10, 1))
    return W1, b1, W2, b2

def softmax(Z):
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=0)

def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2 @ A1 + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2

def one_hot(Y):
    return np.eye(10)[Y].T

def back_prop(Z1, A1, Z2, A2, W2, X, Y):
    m = Y.size
    dZ2 = A2 - one_hot(Y)
    dW2 = dZ2 @ A1.T / m
    db2 = dZ2.sum(axis=1, keepdims=True) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    dW1 = dZ1 @ X.T / m
    db1 = dZ1.sum(axis=1, keepdims=True) / m
    return dW1, db1, dW2, db2

def update(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    return W1 - alpha * dW1, b1 - alpha * db1, W2 - alpha * dW2, b2 - alpha * db2
"""

ATTRIBUTES = """
import numpy as np

class Net:
    def __init__(self, data_path="weights.npz", n_in=64, n_hidden=16, n_out=10):
        if data_path is not None:
            raise FileNotFoundError(data_path)
        self.W1, self.b1 = np.random.randn(n_in, n_hidden) * 0.1, np.zeros(n_hidden)
        self.W2, self.b2 = np.random.randn(n_hidden, n_out) * 0.1, np.zeros(n_out)

    def forward(self, X):
        self.Z1 = X @ self.W1 + self.b1
        self.A1 = np.maximum(self.Z1, 0)
        self.Z2 = self.A1 @ self.W2 + self.b2
        E = np.exp(self.Z2 - self.Z2.max(axis=1, keepdims=True))
        self.A2 = E / E.sum(axis=1, keepdims=True)
        return self.A2

    def backward(self, X, y):
        dZ2 = (self.A2 - np.eye(10)[y]) / len(y)
        self.dW2, self.db2 = self.A1.T @ dZ2, dZ2.sum(axis=0)
        dZ1 = dZ2 @ self.W2.T * (self.Z1 > 0)
        self.dW1, self.db1 = X.T @ dZ1, dZ1.sum(axis=0)
        return self.dW1, self.db1, self.dW2, self.db2

    def update(self, dW1, db1, dW2, db2, lr):
        self.W1 -= lr * dW1
        self.b1 -= lr * db1
        self.W2 -= lr * dW2
        self.b2 -= lr * db2
"""


def status(result):
    return {check.name: check.status for check in result.checks}


def assert_right(result):
    assert result.error is None
    assert result.causes == ()
    assert WRONG not in status(result).values()
    assert status(result)["dW1"] == status(result)["new W1"] == RIGHT


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        pytest.param(COLUMNS, [], id="columns"),
        pytest.param(ATTRIBUTES, [], id="results that are attributes, and a path"),
        pytest.param(COLUMNS, [("import numpy", "import cupy")], id="cupy"),
        pytest.param(
            COLUMNS,
            [("* 0.1", "* np.float32(0.1)"), ("np.random.randn(10, ", "np.float32(1) * randn(10, "),
             ("import numpy as np", "import numpy as np\n\ndef randn(*shape):\n"
              "    return np.random.randn(*shape).astype(np.float32)")],
            id="single precision",
        ),
        pytest.param(
            COLUMNS,
            [("W2, X, Y):\n    m = Y.size", "W2, X, Y):"),
             ("import numpy as np", "import numpy as np\nX = np.load('x.npy')\nm, n = X.shape")],
            id="the number of examples is a global variable",
        ),
        pytest.param(
            COLUMNS,
            [("Z1", "Z9"), ("A1", "A9"), ("Z2", "Z3"), ("A2", "A3"), ("Z9", "Z2"), ("A9", "A2")],
            id="the input is called A1",
        ),
        pytest.param(
            COLUMNS,
            [("W1 @ X", "W1 @ X.T"), ("@ X.T / m", "@ X / m")],
            id="turned inside",
        ),
        pytest.param(
            ATTRIBUTES,
            [("Z1", "P1"), ("A1", "Z1"), ("P1", "A1"), ("Z2", "P2"), ("A2", "Z2"), ("P2", "A2"),
             ("self, data_path", "self, dataPath"), ("if data_path", "if dataPath"),
             ("Error(data_path", "Error(dataPath")],
            id="Z and A exchanged",
        ),
        pytest.param(
            ATTRIBUTES,
            [("def backward(self, X, y)", "def backward(self, X, d_out)"),
             ("(self.A2 - np.eye(10)[y]) / len(y)", "d_out / len(X)")],
            id="the gradient of the output as an argument",
        ),
    ],
)  # fmt: skip
def test_a_right_network_is_right_in_every_way_of_writing(examined, text, changes):
    assert_right(examined(text, *changes))


def test_a_notebook_is_examined_by_its_code_cells(tmp_path):
    path = tmp_path / "net.ipynb"
    cells = [
        {"cell_type": "markdown", "source": ["# My network"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install numpy"]},
        {"cell_type": "code", "source": COLUMNS.splitlines(keepends=True)},
        {"cell_type": "code", "source": "W1, b1, W2, b2 = train_forever()"},
    ]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), "utf-8")

    assert_right(examine_file(path))


@pytest.mark.parametrize("text", ["{}", "[" * 100_000])
def test_a_file_that_is_not_a_notebook_is_reported(text, tmp_path):
    path = tmp_path / "net.ipynb"
    path.write_text(text, "utf-8")

    assert "not a Jupyter notebook" in str(examine_file(path).error)


def test_files_beside_the_network_are_used_and_their_scripts_are_not_run(examined, tmp_path):
    head, tail = COLUMNS.split("def forward_prop")
    (tmp_path / "parts.py").write_text(f"{head}\nraise SystemExit('trained')\n", "utf-8")

    result = examined(f"from parts import *\nimport missing_package\ndef forward_prop{tail}")

    assert_right(result)
    assert result.found["parameters"] == "init_params"


def test_a_function_that_cannot_be_called_is_a_note_and_no_accusation(examined):
    result = examined(
        ATTRIBUTES, ("backward(self, X, y)", "backward(self, X, riddle)"), ("[y]", "[riddle]")
    )

    assert result.causes == ()
    assert "needs `riddle`" in result.notes[0]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (("softmax(Z2)", "softmax(A1)"), {"output_of_layer_before"}),
        (("dZ1 @ X.T", "dZ2 @ X.T"), {"delta_of_next_layer"}),
        (("dZ1 @ X.T", "(W2.T @ dZ2) @ X.T"), {"slope_missing_in_weights"}),
    ],
)
def test_an_array_of_another_layer_is_named(examined, change, names):
    assert {cause.name for cause in examined(COLUMNS, change).causes} == names
