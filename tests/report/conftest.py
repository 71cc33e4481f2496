"""A trained network, its page, and a browser in which to open it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from byhand.data import Dataset, Part, load_dataset
from byhand.evaluation import Subject
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer
from byhand.report import Options, write_report
from byhand.training.history import History
from byhand.training.optimizers import Adam

FINDING = {
    "name": "Over-fitting",
    "severity": "warning",
    "evidence": "training 99 %, validation 95 %",
    "meaning": "It remembers more than it understands.",
    "fix": "--l2 0.0001 </script><b>",
}


@dataclass(frozen=True)
class Report:
    """A page and its sources."""

    path: Path
    network: MultiLayerPerceptron
    data: Dataset
    history: History


def make_report(folder: Path, data: Dataset, units: int, rows: int, epochs: int) -> Report:
    """Train a small network on some rows of the data and write its page."""
    first = data.train.images[0]
    network = MultiLayerPerceptron(
        [InputLayer(first.size), DenseLayer(units, "relu"), DenseLayer(10, "softmax")],
        seed=0,
        class_names=list(data.class_names),
    )
    history = network.fit(
        data.train.images[:rows], data.train.labels[:rows], epochs=epochs, batch_size=32,
        optimizer="adam", validation_split=0.1, verbose=0,
    )  # fmt: skip
    options = Options(
        optimizer=Adam(1e-3),
        findings=[FINDING],
        facts={"seed": 0, "versions": f"numpy {np.__version__}"},
        recipe="name = '</script>'",
    )
    subject = Subject(network, data.test, name=data.name, train=data.train, history=history)
    path = write_report(folder, subject, options)
    return Report(path, network, data, history)


@pytest.fixture(scope="session")
def digits_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return make_report(tmp_path_factory.mktemp("digits"), load_dataset("digits"), 48, 1437, 60)


@pytest.fixture(scope="session")
def mnist_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    if not os.environ.get("BYHAND_DATA"):
        pytest.skip("MNIST is not at hand: BYHAND_DATA is not set")
    return make_report(tmp_path_factory.mktemp("mnist"), load_dataset("mnist"), 64, 20_000, 4)


@pytest.fixture(scope="session")
def table_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Rows of three numbers, large and small, evaluated on validation rows."""
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 2
    values = rng.normal(2.0 - 4.0 * labels[:, None], 2.0, (300, 3)).astype(np.float32)
    train, held = Part(values[:240], labels[:240]), Part(values[240:], labels[240:])
    data = Dataset("sizes", train, None, ("large", "small"))
    network = MultiLayerPerceptron(
        [InputLayer(3), DenseLayer(6, "relu"), DenseLayer(2, "softmax")],
        seed=0,
        class_names=list(data.class_names),
    )
    history = network.fit(
        train.images, train.labels, epochs=30, batch_size=16, optimizer="adam", l2=1e-3, verbose=0
    )
    subject = Subject(
        network, held, name=data.name, train=train, evaluated_on="validation", chose_epoch=True,
        column_names=("width", "height", "depth"), history=history,
    )  # fmt: skip
    path = write_report(tmp_path_factory.mktemp("table"), subject, Options(optimizer=Adam(1e-3)))
    return Report(path, network, data, history)


MOST_MILLISECONDS = 180_000
"""Limit for what a page does soon, on a machine that is not busy with other things."""


class Opened:
    """An open page with its console messages and its requests."""

    def __init__(self, browser: Any, path: Path, width: int = 1280, **options: Any) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        size = {"width": width, "height": 900}
        self.context = browser.new_context(viewport=size, offline=True, **options)
        self.context.set_default_timeout(MOST_MILLISECONDS)
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]")

    def _heard(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


REPAINTED = """async () => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame(); // in which the page redraws what was changed
  await frame(); // by which it is painted
}"""

AT_REST = """() => {
  const { frames = 0, top } = window.scrolling ?? {};
  window.scrolling = { frames: top === scrollY ? frames + 1 : 0, top: scrollY };
  return frames > 15;
}"""


def repainted(page: Any) -> None:
    """Wait until the page shows the change, however slow the machine is."""
    page.evaluate(REPAINTED)


def at_rest(page: Any) -> None:
    """Wait until the page has scrolled to its destination."""
    page.evaluate("delete window.scrolling")
    page.wait_for_function(AT_REST)
    repainted(page)


@pytest.fixture
def open_page(browser: Any) -> Iterator[Any]:
    """Opens pages with the network off; every one must stay silent on the console."""
    opened: list[Opened] = []

    def open_one(path: Path, width: int = 1280, **options: Any) -> Any:
        opened.append(Opened(browser, path, width, **options))
        return opened[-1].page

    yield open_one
    for one in opened:
        one.context.close()
        assert one.complaints == []
        assert all(url.startswith(("file:", "data:", "blob:")) for url in one.requests)
