"""A real marimo: what its page shows, live curves, and the drawing box in its browser."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from urllib.request import urlopen

import pytest

pytest.importorskip("marimo", reason="marimo is not installed")

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def prepare():
    import marimo as mo
    from byhand import (
        DenseLayer, DrawingBox, InputLayer, MultiLayerPerceptron, gradient_check, load_dataset,
    )
    from byhand.evaluation import predictions
    from byhand.evaluation.doctor import Doctor

    digits = load_dataset("digits")
    x, y = digits.train.images, digits.train.labels
    net = MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(32, "relu"), DenseLayer(10, "softmax")], seed=0
    )
    return Doctor, DrawingBox, digits, gradient_check, mo, net, predictions, x, y


@app.cell
def fit(net, x, y):
    history = net.fit(x, y, epochs=20)
    return (history,)


@app.cell
def shown_history(history):
    history


@app.cell
def shown_network(history, net):
    net if history else None


@app.cell
def shown_data_set(digits):
    digits


@app.cell
def shown_predictions(digits, history, net, predictions):
    predictions(net, digits.test.images, digits.test.labels) if history else None


@app.cell
def shown_gradients(gradient_check, history, net, x, y):
    gradient_check(net, x[:10], y[:10], samples=20) if history else None


@app.cell
def shown_box(DrawingBox, history, mo, net):
    box = mo.ui.anywidget(DrawingBox(net if history else None))
    box
    return (box,)


@app.cell
def read(box, mo, net):
    box.value
    words = f"Python sees class {net.predict(box.image[None])[0]}, empty: {box.is_empty}"
    mo.md(words)


if __name__ == "__main__":
    app.run()
"""
"""Cells by name; the last expression of each is shown."""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("marimo") / "notebook.py"
    path.write_text(dedent(NOTEBOOK).lstrip(), encoding="utf-8")
    return path


def marimo(*arguments: str | Path) -> list[str | Path]:
    return [sys.executable, "-m", "marimo", "--quiet", *arguments]


@pytest.fixture(scope="module")
def exported(notebook: Path) -> dict[str, dict]:
    """The outputs that `marimo export html` writes, in the order of the cells."""
    page = notebook.with_suffix(".html")
    command = marimo("export", "html", notebook, "-o", page)
    subprocess.run(command, check=True, timeout=1200, stdin=subprocess.DEVNULL)
    text = page.read_text(encoding="utf-8")
    at = text.index('"session":') + len('"session":')
    session, _ = json.JSONDecoder().raw_decode(text[at:].lstrip())
    names = re.findall(r"def (\w+)\(", NOTEBOOK)
    return dict(zip(names, session["cells"], strict=True))


def html_of(cell: dict) -> str:
    return "".join(str(one.get("data", {}).get("text/html", "")) for one in cell["outputs"])


@pytest.mark.slow  # a server of its own reads the notebook
@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("shown_history", "History of 20 epochs"),
        ("shown_network", "64-32-10, 2,410 parameters"),
        ("shown_data_set", "1,437 images"),
        ("shown_predictions", "of 360 correct"),
        ("shown_gradients", "all gradients agree"),
    ],
)
def test_marimo_exports_what_each_object_shows(exported, cell, words):
    assert words in html_of(exported[cell])


@pytest.mark.slow
def test_training_leaves_the_curves_as_the_cells_output_and_prints_nothing(exported):
    html = html_of(exported["fit"])

    assert html.count("<svg") == 2
    assert "all epochs done" in html
    assert exported["fit"]["console"] == []


@pytest.mark.slow
def test_the_notebook_as_a_plain_program_prints_lines(notebook):
    command = [sys.executable, notebook]
    done = subprocess.run(command, check=True, timeout=1200, capture_output=True, text=True)

    assert "epoch 20/20" in done.stdout
    assert "<svg" not in done.stdout


@pytest.fixture
def served(notebook: Path) -> Iterator[str]:
    """The address of the notebook as an app."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = marimo("run", notebook, "--headless", "--no-token", "--host", "127.0.0.1")
    process = subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/health")
        yield address
    finally:
        process.terminate()
        process.wait(600)


def wait_for(address: str, seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urlopen(address, timeout=60).close()  # noqa: S310 - our own server
            return
        except OSError:
            assert time.monotonic() < end, "marimo does not answer"
            time.sleep(0.3)


@pytest.mark.slow
def test_a_drawing_in_marimos_page_reaches_the_cells_that_read_the_box(served, browser):
    page = browser.new_page(viewport={"width": 1000, "height": 1600})
    try:
        page.goto(served)
        canvas = page.locator(".byhand-drawing canvas")
        canvas.wait_for(timeout=600_000)
        page.get_by_text("empty: True").wait_for(timeout=600_000)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        x, y, side = box["x"] + box["width"] / 2, box["y"], box["width"]
        page.mouse.move(x, y + 0.2 * side)
        page.mouse.down()
        page.mouse.move(x, y + 0.8 * side, steps=8)
        page.mouse.up()
        page.get_by_text("Python sees class 1, empty: False").wait_for(timeout=600_000)

        page.locator(".byhand-drawing .chip", has_text="1 ·").wait_for(timeout=600_000)
        assert page.get_by_text("Something went wrong").count() == 0
        assert page.get_by_text("of 360 correct").is_visible()
    finally:
        page.close()
