"""The page of a network that predicts values."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.data import Part
from byhand.evaluation import Subject
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer
from byhand.report import write_report

from .test_page import payload_of, unpacked


@pytest.fixture(scope="module")
def priced(tmp_path_factory):
    """A value from three columns, and the page of a network trained on it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3)).astype(np.float32)
    y = 40 * x[:, 0] - 10 * x[:, 1] + 5 * x[:, 2]
    network = MultiLayerPerceptron(
        [InputLayer(3, "standardise"), DenseLayer(16, "tanh"), DenseLayer(1, "identity")], seed=0
    )
    history = network.fit(x[:300], y[:300], epochs=40, verbose=0, learning_rate=0.01)
    train = Part(x[:300], y[:300], task="regression")
    test = Part(x[300:], y[300:], task="regression")
    subject = Subject(
        network, test, name="prices", train=train, history=history,
        column_names=("a", "b", "c"), class_names=("price",),
    )  # fmt: skip
    return write_report(tmp_path_factory.mktemp("values"), subject), subject


def test_it_carries_targets_and_outputs(priced):
    path, subject = priced
    header, arrays = unpacked(payload_of(path))
    expected = subject.network.predict(subject.images)
    np.testing.assert_allclose(arrays["outputs"], expected, rtol=1e-5, atol=1e-5)
    score = header["contents"]["result"]["score"]
    known = subject.network.evaluate(subject.images, subject.test.labels)
    assert score["loss"] == pytest.approx(known["loss"])
    rmse = np.sqrt(((expected[:, 0] - subject.test.labels) ** 2).mean())
    assert score["rmse"] == pytest.approx(rmse, rel=1e-5)
    assert [one["name"] for one in header["sections"]] == [
        "result", "draw", "why", "curves", "errors", "network", "trace", "doctor", "run",
    ]  # fmt: skip


def test_it_predicts_traces_and_shows_errors(priced, open_page):
    path, subject = priced
    page = open_page(path)
    for place, value in enumerate(["1", "0.5", "-2"]):
        page.locator("#draw input[type=number]").nth(place).fill(value)
    shown = [float(text.split()[0].replace("−", "-"))
             for text in page.locator("#verdict .answer").all_inner_texts()]  # fmt: skip
    expected = subject.network.predict(np.array([[1, 0.5, -2]], np.float32))[0]
    np.testing.assert_allclose(shown, expected, rtol=1e-3)
    assert page.locator(".scatter circle").count() == 100
    page.locator(".scatter circle").nth(7).click()
    assert page.locator("#network .chosen b").last.inner_text().startswith("Test row")
    page.locator("#trace").scroll_into_view_if_needed()
    page.wait_for_selector("#checks td")
    verdicts = page.locator("#checks tr td:last-child").all_inner_texts()
    assert all("✓" in text for text in verdicts)
    words = page.locator("main").inner_text()
    assert "accuracy" not in words.lower().replace("accuracy that", "")
    assert "undefined" not in words
    assert "NaN" not in words
