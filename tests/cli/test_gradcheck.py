"""`byhand gradcheck`: gradients beside finite differences."""

from __future__ import annotations

import pytest

from byhand.network.activations import ACTIVATIONS
from byhand.network.layers import LAYERS
from byhand.network.losses import LOSSES


def test_gradients_agree_with_finite_differences(byhand):
    said = byhand("gradcheck", "--layers", "8", "--samples", 20)

    assert said.code == 0
    assert "all gradients agree with finite differences" in said.out


def test_every_activation_loss_and_kind_of_layer_is_checked(byhand):
    found = byhand("gradcheck", "--all", "--layers", "6", "--samples", 10, "--json").json

    expected = {*ACTIVATIONS, *LOSSES, *LAYERS, "square layers"} - {"softmax", "dense"}
    smoothed = {"categorical_cross_entropy, smoothed", "binary_cross_entropy, smoothed"}
    assert set(found) == expected | smoothed
    assert all(report["passed"] for report in found.values())


@pytest.mark.parametrize("loss", ["huber", "binary_cross_entropy", "categorical_cross_entropy"])
def test_a_wrong_gradient_of_any_loss_is_noticed(byhand, monkeypatch, loss):
    write = LOSSES[loss].write

    def twice(self, z, a, targets, buffers, gradient):
        write(self, z, a, targets, buffers, gradient)
        if gradient:
            buffers.grad *= 2

    monkeypatch.setattr(LOSSES[loss], "write", twice)
    said = byhand("gradcheck", "--all", "--layers", "6", "--samples", 10, "--json")

    assert said.code == 1
    assert not said.json[loss]["passed"]


def test_the_network_of_a_recipe_is_checked(byhand):
    found = byhand("gradcheck", "mini-batches", "--samples", 10, "--examples", 4, "--json").json

    (report,) = found.values()
    assert report["passed"]


def test_gradients_that_disagree_end_with_1(byhand):
    said = byhand("gradcheck", "--layers", "8", "--samples", 20, "--tolerance", "1e-30")

    assert said.code == 1


def test_an_unknown_activation(byhand):
    said = byhand("gradcheck", "--activation", "tahn")

    assert said.code == 2
    assert "unknown activation 'tahn'. Did you mean 'tanh'?" in said.err
