"""The page of a network that gives each example several labels."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.data import Dataset, Part, load_dataset
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer

from .test_page import payload_of, unpacked

NAMES = ("even", "with a loop", "above four", "never")


def marks_of(digits: np.ndarray) -> np.ndarray:
    marks = [digits % 2 == 0, np.isin(digits, (0, 6, 8, 9)), digits > 4, digits > 9]
    return np.stack(marks, axis=1).astype(int)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Properties of digits, and the page of a network trained on them."""
    digits = load_dataset("digits")
    parts = [
        Part(part.images[:400], marks_of(part.labels[:400]), task="multi-label")
        for part in (digits.train, digits.test)
    ]
    data = Dataset("properties of digits", *parts, class_names=NAMES)
    network = MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(24, "relu"), DenseLayer(4, "sigmoid")],
        loss="binary_cross_entropy", seed=0,
    )  # fmt: skip
    history = network.fit(parts[0].images, parts[0].labels, epochs=8, verbose=0)
    path = network.report(data, history=history, path=tmp_path_factory.mktemp("labels"))
    return path, network, data


def test_it_has_scores_by_label_and_no_confusion_matrix(labelled):
    path, network, data = labelled
    header, arrays = unpacked(payload_of(path))
    given, marks = network.predict(data.test.images), data.test.labels
    score = header["contents"]["result"]["score"]
    assert score["hamming"] == pytest.approx((given != marks).mean())
    assert score["exact"] == (given == marks).all(axis=1).sum()
    assert [one["name"] for one in header["sections"]] == [
        "result", "labels", "curves", "doctor", "run",
    ]  # fmt: skip
    scores = header["contents"]["labels"]["scores"]
    assert [one["support"] for one in scores] == marks.sum(axis=0).tolist()
    both = (given[:, 0] & marks[:, 0]).sum()
    assert scores[0]["f1"] == pytest.approx(2 * both / (given[:, 0].sum() + marks[:, 0].sum()))
    assert scores[3]["recall"] is None
    assert arrays["outputs"].shape == marks.shape


@pytest.mark.parametrize("width", [390, 1280])
def test_it_shows_bars_and_the_marks_of_a_chosen_example(labelled, open_page, width):
    path, network, data = labelled
    page = open_page(path, width=width)
    wrong = (network.predict(data.test.images) != data.test.labels).sum(axis=1)

    assert "with every label right" in page.locator("#result").inner_text()
    assert page.locator("#labels .scores tbody tr").count() == 4
    assert page.locator("table.confusion").count() == 0
    worst = page.locator("#labels .thumb .wrong").first.inner_text()
    assert len(worst.split(" +")) + len(worst.split(" −")) - 1 == wrong.max()
    page.locator("#labels .thumb").nth(3).click()
    number = int(page.locator("#labels .chosen b").inner_text().split()[-1])
    shown = page.locator("#labels .bars .bar").evaluate_all(
        "(bars) => bars.map((bar) => ['label', 'most'].map((c) => bar.classList.contains(c)))"
    )
    expected = np.stack([data.test.labels[number], network.predict(data.test.images)[number]], 1)
    np.testing.assert_array_equal(np.array(shown, int), expected)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
