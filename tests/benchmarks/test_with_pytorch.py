"""The script for PyTorch follows a recipe as byhand does."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from benchmarks.records.with_pytorch import augmentation, build, build_optimizer, schedule, train

from byhand.augmentation import move_images
from byhand.recipes.recipe import read_recipe
from byhand.training.schedules import Cosine, Warmup

LAYERS = [{"units": 20, "fn": "relu"}, {"units": 10, "fn": "softmax"}]
STILL = {"shift": 0.0, "rotate": 0.0, "scale": 0.0}


def some_images(n: int = 40) -> np.ndarray:
    """Return images with ink in the middle, so that no movement pushes it out."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = np.random.default_rng(0).integers(0, 256, (n, 12, 12))
    return images


@pytest.mark.parametrize("name", ["fastest-98", "fastest-99", "fastest-99-4", "ciresan-1000-500"])
def test_record_recipes_are_understood_and_trained(name):
    recipe = dict(read_recipe(name).values)
    recipe["network"] = {**recipe["network"], "layers": LAYERS}
    recipe["training"] = {**recipe["training"], "epochs": 2, "batch_size": 20}
    images = some_images().reshape(-1, 784) / np.float32(255)

    model = train(recipe, images, np.arange(40) % 10, None)

    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


def test_settings_that_the_script_does_not_know_are_refused():
    recipe = {"network": {"layers": LAYERS}, "training": {"epochs": 1, "mixup": 0.2}}

    with pytest.raises(SystemExit, match="mixup"):
        train(recipe, None, None, None)


def test_the_learning_rate_follows_the_same_curve():
    mine = schedule({"name": "warmup", "epochs": 0.5, "then": "cosine"}, 4)

    for t in (0.0, 0.2, 0.5, 1.7, 3.99):
        assert mine(t) == pytest.approx(Warmup(0.5, Cosine())(t, 4))


def test_images_that_do_not_move_stay_the_same():
    images = torch.from_numpy(some_images().reshape(-1, 784) / np.float32(255))

    moved = augmentation(STILL)(images)

    np.testing.assert_allclose(moved, images, atol=1e-5)


def test_images_move_as_byhands_do(monkeypatch):
    """With every amount at its upper limit, both libraries make the same image."""
    monkeypatch.setattr(torch, "rand", lambda *shape: torch.ones(shape))
    images = some_images()

    moved = augmentation({"shift": 1.5, "rotate": 10.0, "scale": 0.1, "shear": 0.1})(
        torch.from_numpy(images.reshape(-1, 784).astype(np.float32))
    )

    expected = move_images(images, (1.5, 1.5), rotate=10, scale=1.1, shear=0.1)
    np.testing.assert_allclose(moved.reshape(-1, 28, 28), expected, atol=0.6)


def test_weight_decay_spares_the_biases():
    model = build(LAYERS)
    wanted = {"name": "adamw", "weight_decay": 0.5}
    optimizer = build_optimizer(wanted, model, 0.1)
    for parameter in model.parameters():
        parameter.data.fill_(1.0)
        parameter.grad = torch.zeros_like(parameter)

    optimizer.step()

    weights, biases = (group["params"][0] for group in optimizer.param_groups)
    assert weights[0, 0].item() == pytest.approx(0.95)  # 1 - 0.1 * 0.5
    assert biases[0].item() == 1.0
