"""The slider over the epochs: snapshots of the weights in the page."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.data import load_dataset
from byhand.evaluation import Subject
from byhand.mlp import MultiLayerPerceptron
from byhand.network import BatchNormLayer, DenseLayer, InputLayer
from byhand.report import Options, write_report
from byhand.report.snapshots import MIDDLE, moments
from byhand.training.snapshots import Snapshot, Snapshots, read_snapshots

from .conftest import repainted


@pytest.fixture(scope="module")
def travelled(tmp_path_factory):
    """A network with batch normalisation, its snapshots, and its page."""
    folder = tmp_path_factory.mktemp("time")
    digits = load_dataset("digits")
    network = MultiLayerPerceptron(
        [
            InputLayer(64), DenseLayer(96, "relu"), BatchNormLayer(), DenseLayer(48, "tanh"),
            DenseLayer(10, "softmax"),
        ],
        seed=0,
    )  # fmt: skip
    history = network.fit(
        digits.train.images, digits.train.labels, epochs=12, batch_size=64, verbose=0,
        callbacks=[Snapshots(folder / "s.safetensors", 5)],
    )  # fmt: skip
    snapshots = read_snapshots(folder / "s.safetensors")
    subject = Subject(network, digits.test, name="digits", train=digits.train, history=history)
    path = write_report(folder, subject, Options(snapshots=snapshots))
    return path, subject, snapshots


def at_epoch(network, snapshot):
    earlier = network.copy()
    for store in (earlier.parameters, earlier.statistics):
        for name in store:
            store[name] = snapshot.arrays[name]
    return earlier


def test_the_slider_shows_the_network_of_each_epoch(travelled, open_page):
    path, subject, snapshots = travelled
    page = open_page(path)
    assert page.evaluate("byhand.timeline.moments.map((m) => m.epoch)") == [0, 1, 2, 5, 12]
    assert [one.epoch for one in snapshots] == [0, 1, 2, 5, 12]
    slider = page.locator("#mistakes .time input")
    for place, snapshot in enumerate(snapshots):
        slider.fill(str(place))
        repainted(page)
        images = subject.images[:40]
        shown = page.evaluate(
            "(images) => images.map((image) => Array.from(byhand.network.predict(image)))",
            images.reshape(40, -1).tolist(),
        )
        expected = at_epoch(subject.network, snapshot).predict_proba(images)
        np.testing.assert_allclose(shown, expected, atol=0.05)
        diagonal = page.locator(".confusion button").evaluate_all(
            "all => all.filter(b => b.dataset.label === b.dataset.predicted)"
            ".reduce((sum, b) => sum + Number(b.textContent), 0)"
        )
        correct = (at_epoch(subject.network, snapshot).predict(subject.images)
                   == subject.test.labels).sum()  # fmt: skip
        assert abs(diagonal - correct) <= 2
    assert page.locator(".time input").evaluate_all("all => all.map(i => i.value)") == ["4"] * 5


def test_the_way_back_is_exact(travelled, open_page):
    path, subject, _ = travelled
    page = open_page(path)
    slider = page.locator("#draw .time input")
    slider.fill("0")
    repainted(page)
    assert "before training" in page.locator("#draw .when").inner_text()
    slider.fill("4")
    repainted(page)
    shown = page.evaluate("Array.from(byhand.network.parameters.W1)")
    np.testing.assert_array_equal(np.float32(shown), subject.network.parameters["W1"].ravel())


def test_the_drawing_follows_the_slider(travelled, open_page):
    page = open_page(travelled[0])
    figures = "all => all.map(b => b.textContent).join(' ')"
    after = page.locator("#draw .bar .figure").evaluate_all(figures)
    page.locator("#draw .time input").fill("0")
    repainted(page)
    assert page.locator("#draw .bar .figure").evaluate_all(figures) != after


def test_codes_are_within_a_fraction_of_the_change(travelled):
    _, subject, snapshots = travelled
    for moment, snapshot in zip(
        moments(subject.network, snapshots, 10**9), snapshots, strict=False
    ):
        codes, step = moment.codes["W1"], moment.steps["W1"]
        final, before = subject.network.parameters["W1"], snapshot.arrays["W1"]
        carried = final + (codes.astype(float) - MIDDLE) * step
        assert np.abs(carried - before).max() <= 0.51 * step
        assert step <= np.abs(final - before).max() / 4 + (final - before).std() / 4


def test_snapshots_of_another_network_or_of_nan_are_left_out(travelled):
    _, subject, snapshots = travelled
    other = Snapshot(1, {"W1": np.zeros((3, 3))})
    broken = Snapshot(2, {name: array * np.nan for name, array in snapshots[0].arrays.items()})
    assert moments(subject.network, [other, broken], 10**9) == []


def test_a_small_budget_leaves_moments_out(travelled):
    _, subject, snapshots = travelled
    size = max(one.size() for one in moments(subject.network, snapshots, 10**9))
    few = moments(subject.network, snapshots, 2 * size + 10)
    assert [one.epoch for one in few] == [0, 5]
    assert moments(subject.network, snapshots, -10 * size) == []  # beside a large network
