"""Mistakes in a recipe are named with their fields and what to do."""

from __future__ import annotations

import pytest

from byhand.errors import ArgumentError

MISTAKES = [
    ("data.datset", "mnist", "unknown field 'data.datset'. Did you mean 'dataset'?"),
    ("data.pool", "both", "data.pool: input should be 'train' or 'train+test'; got 'both'."),
    ("data.pool", "train+test", 'data: pool = "train+test" leaves nothing to test with'),
    ("data.validation", 1.5, "data.validation: expected a fraction of the rows"),
    ("data.validation", True, "data.validation: expected a fraction of the rows"),
    ("data.rows", 1, "data.rows: input should be greater than or equal to 2; got 1."),
    ("network.layers", [], "network.layers: list should have at least 1 item"),
    ("network.layers", [{"units": 0}], "network.layers.0: units must be an integer"),
    ("network.layers", [{"units": 10**7}], "a layer has at most 1,000,000 units; got 10000000"),
    ("network.layers", [{"fn": "relu"}], "network.layers.0: a dense layer needs units"),
    ("network.layers", [{"kind": "dropout"}], "network.layers.0: a dropout layer needs rate"),
    ("network.layers", [{"units": 3, "fn": "reul"}], "unknown activation 'reul'. Did you mean"),
    ("network.layers", [{"kind": "dense_", "units": 3}], "unknown layer 'dense_'. Did you mean"),
    ("network.layers", [{"units": 3, "func": "relu"}], "unknown option of dense 'func'."),
    ("network.weight_init", "hee", "network.weight_init: unknown initialiser 'hee'. Did you mean"),
    ("network.loss", "huberr", "network.loss: unknown loss 'huberr'. Did you mean 'huber'?"),
    ("network.normalisation", "z", "network.normalisation: input should be 'auto', 'pixels'"),
    ("training.epoch", 3, "unknown field 'training.epoch'. Did you mean 'epochs'?"),
    ("training.epochs", "3", "training.epochs: input should be a valid integer; got '3'."),
    ("training.epochs", 0, "training.epochs: input should be greater than or equal to 1; got 0."),
    ("training.epochs", None, "training.epochs is missing; it is needed."),
    ("training.batch_size", "al", 'training.batch_size: expected an integer of at least 1, or'),
    ("training.optimizer", "adan", "training.optimizer: unknown optimizer 'adan'. Did you mean"),
    ("training.optimizer", {"beta1": 1}, 'training.optimizer: expected a name, or a table'),
    ("training.optimizer", {"name": "adam", "beta3": 1}, "unknown option of adam 'beta3'. Did"),
    ("training.optimizer", {"name": "adam", "beta1": 2}, "beta1 must be at least 0 and below 1"),
    ("training.schedule", "cosin", "training.schedule: unknown schedule 'cosin'. Did you mean"),
    ("training.learning_rate", -1, "training.learning_rate: input should be greater than 0; got"),
    ("training.l2", -1, "training.l2: input should be greater than or equal to 0; got -1."),
    ("training.keep", "first", "training.keep: input should be 'best' or 'last'; got 'first'."),
    ("training.monitor", {}, "training.monitor: unknown monitor {}."),
    ("training.epochs", 10**20, "training.epochs: "),
    ("training.learning_rate", float("inf"), "training.learning_rate: input should be a finite"),
    ("training.l2", float("nan"), "training.l2: input should be a finite number"),
    ("training.monitor", "acc", "training.monitor: unknown monitor 'acc'."),
    ("training.augmentation", {"shfit": 1}, "unknown option of augmentation 'shfit'. Did you mean"),
    ("training.augmentation", 3, "training.augmentation: expected a table"),
    ("training.early_stopping", {"patience": 0}, "patience of early stopping"),
    ("published", {"test_acuracy": 1.0}, "unknown measure 'test_acuracy'. Did you mean"),
    ("measures", ["speed"], "measures.0: unknown measure 'speed'."),
    ("search", {"l3": [1]}, "unknown setting to search 'l3'. Did you mean 'l"),
    ("search", {"l2": []}, "search.l2 needs at least one value"),
    ("trainig", {}, "unknown field 'trainig'. Did you mean 'training'?"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "message"), MISTAKES)
def test_a_mistake_is_named_with_its_field_and_the_nearest_right_name(small, place, value, message):
    with pytest.raises(ArgumentError) as caught:
        small.changed({place: value})

    assert message in str(caught.value)
    assert str(caught.value).startswith("recipe small")


def test_several_mistakes_are_listed_a_line_each(small):
    with pytest.raises(ArgumentError) as caught:
        small.changed({"training.epochs": 0, "training.optimizer": "x", "data.dataset": None})

    first, *others = str(caught.value).splitlines()
    assert first == "recipe small has 3 mistakes:"
    assert len(others) == 3


def test_a_search_needs_a_validation_part(small):
    with pytest.raises(ArgumentError, match="a search needs a validation part"):
        small.changed({"data.validation": 0, "search": {"l2": [0.1]}})
