"""The learning-rate finder on the network and the data of a recipe."""

from __future__ import annotations

from dataclasses import replace

from byhand.recipes.recipe import Recipe
from byhand.runs.build_network import build_network, describe_size
from byhand.runs.single import fit_arguments
from byhand.runs.split_dataset import labelled, split_dataset
from byhand.runs.train import fitted_to
from byhand.runs.train_options import TrainOptions
from byhand.training.rate_finder import REFUSED, RateSearch

WITHOUT = {*REFUSED, "monitor"}
"""Arguments of the recipe that apply only to a full training."""


def find_rate(recipe: Recipe, options: TrainOptions | None = None) -> RateSearch:
    """Search for a learning rate of a recipe; no run folder is written.

    Args:
        recipe: the recipe; its own learning rate and schedule are ignored.
        options: seed, sources of the data, threads.
    """
    options = options or TrainOptions()
    sources = replace(options.sources, folder=recipe.folder)
    data = split_dataset(recipe.spec.data, options.seed, sources, options.say)
    recipe = fitted_to(recipe, data)
    net = build_network(recipe, data.dataset, options.seed)
    options.say(f"data: {data.dataset.name}, {data.describe()} (seed {net.seed})")
    options.say(f"network: {describe_size(net)}")
    given = fit_arguments(recipe.spec.training)
    x, y = labelled(data.train) or (data.x, data.y)
    kept = {name: value for name, value in given.items() if name not in WITHOUT}
    return net.find_learning_rate(x, y, threads=options.threads, **kept)
