"""Saliency and occlusion."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.errors import ArgumentError
from byhand.evaluation import occlusion, saliency
from byhand.evaluation.attribution import log_odds

H = 1e-5


def _logits(net, x, classes):
    """The chosen logit of each example, by a plain forward pass."""
    z = np.array(net.forward(x).layers[-1].z)
    if z.shape[1] == 1:
        return np.where(classes, z[:, 0], -z[:, 0])
    return z[np.arange(len(x)), classes]


def _measured(net, x, classes):
    """Central differences of the chosen logits."""
    slopes = np.empty_like(x)
    for column in range(x.shape[1]):
        step = np.zeros(x.shape[1])
        step[column] = H
        slopes[:, column] = (_logits(net, x + step, classes) - _logits(net, x - step, classes)) / (
            2 * H
        )
    return slopes


@pytest.mark.parametrize("chosen", [None, 1])
def test_saliency_is_the_slope_of_the_logit(net, examples, chosen):
    """This holds for every kind of layer; dropout and batch normalisation act as in inference."""
    x, _ = examples
    classes = net.predict(x) if chosen is None else np.full(len(x), chosen)

    found = saliency(net, x, chosen)

    error = np.abs(found - _measured(net, x, classes)).max(axis=1)
    assert np.median(error) < 1e-8
    assert (error < 1e-6).mean() > 0.97  # a step may cross a kink of relu


def test_saliency_is_with_respect_to_the_raw_input():
    """The gradient includes the factor of the normalisation."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)) * [1, 50, 0.01], rng.integers(0, 2, 60)
    net = MultiLayerPerceptron(
        [InputLayer(3), DenseLayer(4, "tanh"), DenseLayer(2, "softmax")], seed=0, dtype="float64"
    )
    net.fit(x, y, epochs=2, verbose=0)
    classes = net.predict(x)
    step = np.array([0, 1e-4, 0])

    slopes = (_logits(net, x + step, classes) - _logits(net, x - step, classes)) / 2e-4

    assert net.input_layer.normalisation == "standardise"
    np.testing.assert_allclose(saliency(net, x)[:, 1], slopes, rtol=1e-6)


def test_saliency_has_the_shape_of_the_images(network_of):
    """Each pixel has a number, also if the images are computed in blocks."""
    images = np.random.default_rng(0).random((1100, 3, 4))

    maps = saliency(network_of("relu"), images)

    assert maps.shape == images.shape
    np.testing.assert_allclose(maps[1090:], saliency(network_of("relu"), images[1090:]))


@pytest.mark.parametrize("classes", [4, -1, [0, 1], np.array([0.5] * 3)])
def test_classes_must_exist(relu_net, classes):
    """One class may be given for all examples, or one for each."""
    with pytest.raises(ArgumentError, match="one class or 3 classes, as integers from 0 to 3"):
        saliency(relu_net, np.zeros((3, 12)), classes)


def test_log_odds_are_those_of_the_probabilities(net, examples):
    """They are log(p / (1 - p)) if the outputs are probabilities, and otherwise the logits."""
    odds = log_odds(net, examples[0])
    p = net.predict_proba(examples[0])

    if net.output_layer.activation.name == "identity":
        np.testing.assert_allclose(odds, p)
        return
    expected = np.log(p / (1 - p))
    if p.shape[1] == 1:
        expected = np.hstack([-expected, expected])
    np.testing.assert_allclose(odds, expected, rtol=1e-7, atol=1e-9)


def test_log_odds_do_not_saturate(network_of):
    """They differ even where the probability is 1 in float32."""
    net = network_of("no hidden layer", dtype="float32")
    net.parameters["b1"][:] = [80, 0, 0, 0]
    net.parameters["W1"][:] = 0

    assert net.predict_proba(np.zeros((1, 12)))[0, 0] == 1
    assert log_odds(net, np.zeros((1, 12)))[0, 0] == pytest.approx(80 - np.log(3))


def test_occlusion_by_a_single_pixel_is_what_covering_it_costs(network_of):
    """The test covers all pixels one by one."""
    net, rng = network_of("relu"), np.random.default_rng(1)
    images = rng.random((2, 3, 4))
    classes = log_odds(net, images).argmax(axis=1)

    maps = occlusion(net, images, patch=1, fill=0.5)

    for n, i, j in np.ndindex(images.shape):
        covered = images.copy()
        covered[n, i, j] = 0.5
        change = (log_odds(net, images) - log_odds(net, covered))[n, classes[n]]
        assert maps[n, i, j] == pytest.approx(change, abs=1e-12)


def test_a_pixel_takes_the_mean_over_the_squares_that_cover_it(network_of):
    """Four 2 x 2 squares cover an inner pixel; none of them is cut by the edge."""
    net, rng = network_of("softmax"), np.random.default_rng(2)
    image = rng.random((1, 3, 4))

    found = occlusion(net, image, 2, patch=2)[0, 1, 1]

    falls = []
    for top, left in np.ndindex(2, 2):
        covered = image.copy()
        covered[0, top : top + 2, left : left + 2] = 0
        falls.append((log_odds(net, image) - log_odds(net, covered))[0, 2])
    assert found == pytest.approx(np.mean(falls), abs=1e-12)


def test_covering_bare_paper_changes_nothing(network_of):
    """The map of an empty image is empty for every class."""
    empty = occlusion(network_of("relu"), np.zeros((1, 3, 4)), 3)

    assert np.abs(empty).max() < 1e-12


def test_occlusion_needs_images_and_a_patch(relu_net):
    """A patch has at least one pixel."""
    with pytest.raises(ArgumentError, match="height, width"):
        occlusion(relu_net, np.zeros((2, 12)))
    with pytest.raises(ArgumentError, match="one pixel"):
        occlusion(relu_net, np.zeros((2, 3, 4)), patch=0)
