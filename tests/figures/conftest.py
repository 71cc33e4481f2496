"""Subjects of every kind that figures must handle, and a reader of the drawn texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from byhand import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
    load_dataset,
)
from byhand.data import Part
from byhand.evaluation import Statistics
from byhand.figures import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox


def trained(x, y, layers, names=None, epochs=3, keep=120, **options) -> Subject:
    """A network trained on all but `keep` examples, and evaluated on those."""
    record = Statistics(samples=3)
    net = MultiLayerPerceptron([InputLayer(x[0].size), *layers], seed=0, **options)
    history = net.fit(
        x[keep:], y[keep:], epochs=epochs, validation_split=0.2, verbose=0, callbacks=[record]
    )
    return Subject(
        net,
        Part(x[:keep], y[:keep]),
        name="a set of this test",
        unlabelled=Part(x[:keep]),
        history=history,
        statistics=record.result,
        class_names=names,
    )


def _digits() -> tuple[np.ndarray, np.ndarray]:
    train = load_dataset("digits").train
    return train.images, train.labels


def digits_28() -> Subject:
    """28 x 28, ten classes, two hidden layers with dropout and batch normalisation."""
    x, y = _digits()
    x = np.pad(np.kron(x[:800], np.ones((3, 3), np.uint8)), ((0, 0), (2, 2), (2, 2)))
    layers = [
        DenseLayer(110, "relu"),
        DropoutLayer(0.2),
        DenseLayer(30),
        BatchNormLayer("tanh"),
        DenseLayer(10, "softmax"),
    ]
    return trained(x, y[:800], layers)


def digits_8() -> Subject:
    """8 x 8, ten classes with long names, one hidden layer, a history of many epochs."""
    x, y = _digits()
    names = [f"the digit number {k}" for k in range(10)]
    return trained(
        x[:500], y[:500], [DenseLayer(17, "sigmoid"), DenseLayer(10, "softmax")], names, 30
    )


def two_classes() -> Subject:
    """One sigmoid output."""
    x, y = _digits()
    chosen = np.flatnonzero(y < 2)
    layers = [DenseLayer(5, "relu"), DenseLayer(1, "sigmoid")]
    return trained(x[chosen], y[chosen], layers, ["zero", "one"])


def many_classes() -> Subject:
    """62 classes, four hidden layers."""
    rng = np.random.default_rng(0)
    prototypes = rng.integers(0, 2, (62, 14, 14)) * 255
    y = np.arange(1400) % 62
    noisy = np.where(rng.random((1400, 14, 14)) < 0.25, 255 - prototypes[y], prototypes[y])
    names = [f"{'upper' if k % 2 else 'lower'}case {k}" for k in range(62)]
    layers = [*[DenseLayer(40, "relu") for _ in range(4)], DenseLayer(62, "softmax")]
    return trained(noisy.astype(np.uint8), y, layers, names, epochs=6, keep=130)


def table() -> Subject:
    """13 columns on different scales, three classes, leaky relu."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 300)
    x = rng.normal(size=(300, 13)) * 10.0 ** rng.integers(-2, 3, 13) + y[:, None]
    layers = [DenseLayer(9, "leaky_relu"), DenseLayer(3, "softmax")]
    return trained(x, y, layers, ["a wine from the hills", "b", "c"])


def tiny() -> Subject:
    """Six examples, one epoch, one hidden unit: predictions are correct only by chance."""
    x, y = _digits()
    layers = [DenseLayer(1, "relu"), DenseLayer(10, "softmax")]
    return trained(x[:60], y[:60], layers, epochs=1, keep=6)


def no_hidden_layer() -> Subject:
    """A linear network with squared error: its outputs are not probabilities."""
    x, y = _digits()
    return trained(x[:400], y[:400], [DenseLayer(10, "identity")], loss="squared_error", keep=200)


KINDS: dict[str, Callable[[], Subject]] = {
    make.__name__: cache(make)
    for make in (digits_28, digits_8, two_classes, many_classes, table, tiny, no_hidden_layer)
}


@pytest.fixture(autouse=True)
def _few_points(monkeypatch):
    """Make poor but fast maps; these tests do not need good ones."""
    monkeypatch.setattr("byhand.figures.projections.TSNE_POINTS", 40)


@pytest.fixture(params=KINDS)
def subject(request: pytest.FixtureRequest) -> Subject:
    """A subject of each kind in turn."""
    return KINDS[request.param]()


@pytest.fixture
def digits_subject() -> Subject:
    """The subject with 28 x 28 images."""
    return KINDS["digits_28"]()


@pytest.fixture
def table_subject() -> Subject:
    """The subject without images."""
    return KINDS["table"]()


# --- what is drawn ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawing:
    """The texts that were drawn, with their boxes, and the size of the canvas."""

    texts: list[tuple[str, Bbox]]
    width: float
    height: float

    def cut(self) -> list[str]:
        """Texts that leave the canvas."""
        return [
            text
            for text, box in self.texts
            if box.x0 < -1 or box.y0 < -1 or box.x1 > self.width + 1 or box.y1 > self.height + 1
        ]

    def overlapping(self) -> list[tuple[str, str]]:
        """Pairs of texts that cover each other by more than a pixel."""
        found = []
        for k, (text, box) in enumerate(self.texts):
            for other, second in self.texts[k + 1 :]:
                wide = min(box.x1, second.x1) - max(box.x0, second.x0)
                high = min(box.y1, second.y1) - max(box.y0, second.y0)
                if wide > 1 and high > 1:
                    found.append((text, other))
        return found


@contextmanager
def _noted_texts(noted: list[tuple[str, Bbox]]) -> Iterator[None]:
    from matplotlib.text import Text

    draw = Text.draw

    def noting(self: Text, renderer: object) -> None:
        draw(self, renderer)
        if self.get_visible() and self.get_text().strip():
            noted.append((self.get_text(), self.get_window_extent(renderer)))

    Text.draw = noting
    try:
        yield
    finally:
        Text.draw = draw


@pytest.fixture
def draw() -> Callable[[Figure], Drawing]:
    """Draws a figure and returns its texts."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    def drawn(figure: Figure) -> Drawing:
        canvas = FigureCanvasAgg(figure)
        noted: list[tuple[str, Bbox]] = []
        with _noted_texts(noted):
            canvas.draw()
        return Drawing(noted, *canvas.get_width_height())

    return drawn
