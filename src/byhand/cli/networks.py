"""Networks by name: of a recipe (not trained yet), of a run, of a model file."""

from __future__ import annotations

from pathlib import Path

from byhand.cli.subject import find_subject
from byhand.data.registry import is_known, known_dataset
from byhand.network import MultiLayerPerceptron
from byhand.recipes.recipe import SHIPPED, Recipe, read_recipe
from byhand.recipes.runner import network_for

UNKNOWN_DATA = ((28, 28), 10)
"""What a recipe for data of your own is shown with: MNIST's size and classes."""


def named_network(
    name: str | None, activations: str | None = None
) -> tuple[MultiLayerPerceptron, str]:
    """A network and a line about where it comes from."""
    if name in SHIPPED or (name and Path(name).suffix == ".toml"):
        recipe = read_recipe(name)
        return recipe_network(recipe), f"{recipe.name}: {recipe.spec.title}"
    subject = find_subject(name, activations=activations)
    return subject.net, subject.title


def recipe_network(recipe: Recipe, seed: int = 0) -> MultiLayerPerceptron:
    """The network of a recipe, for the size of its data where that is known without them."""
    size, classes = UNKNOWN_DATA
    for name in (recipe.spec.data.instead, recipe.spec.data.dataset):
        if name and is_known(name):
            known = known_dataset(name)
            size, classes = known.image_size, len(known.class_names)
    return network_for(recipe, size, [str(k) for k in range(classes)], seed, recipe.name)
