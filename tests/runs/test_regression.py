"""A recipe for classes predicts values where the labels are values."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.data import Dataset, Part
from byhand.runs import split_dataset
from byhand.runs.build_network import changes_for_regression
from byhand.runs.train import train_recipe


def examples(rng, n):
    x = rng.normal(size=(n, 3)).astype(np.float32)
    return Part(x, x @ [1.0, -2.0, 0.5] + 3, "regression")


@pytest.fixture
def table(monkeypatch, tmp_path):
    """Labels that are a sum of the columns."""
    rng = np.random.default_rng(0)
    data = Dataset("table", examples(rng, 300), examples(rng, 100), ())
    monkeypatch.setattr(split_dataset, "load_dataset", lambda *_, **__: data)
    (tmp_path / "values.csv").write_text("")
    return tmp_path / "values.csv"


@pytest.fixture
def regression(small, table):
    """A recipe for classes, on that table."""
    return small.changed(
        {
            "data.dataset": str(table),
            "training.epochs": 30,
            "training.monitor": "val_accuracy",
            "training.class_weight": "balanced",
            "network.loss": {"name": "cross_entropy", "label_smoothing": 0.1},
        }
    )


def test_one_identity_output_learns_by_squared_error(regression, options):
    run = train_recipe(regression, options)

    assert run.net.output_layer.units == 1
    assert run.net.output_layer.activation.name == "identity"
    assert run.net.loss.name == "squared_error"
    assert run.results["test"]["r2"] > 0.8
    assert "accuracy" not in run.results["validation"]


def test_the_recipe_in_the_folder_tells_what_was_trained(regression, options):
    spec = train_recipe(regression, options).folder.recipe().spec

    assert spec.network.layers[-1].options == {"units": 1, "fn": "identity"}
    assert spec.network.loss is None
    assert spec.training.monitor == "val_loss"
    assert spec.training.class_weight is None


def test_a_loss_for_values_stays(small):
    recipe = small.changed({"network.loss": "huber"})

    assert "network.loss" not in changes_for_regression(recipe)


def test_early_stopping_watches_a_loss(small):
    recipe = small.changed({"training.early_stopping": {"patience": 2, "monitor": "val_accuracy"}})

    changed = recipe.changed(changes_for_regression(recipe))

    assert changed.spec.training.early_stopping.options["monitor"] == "val_loss"


def test_a_layer_with_a_number_of_units_stays(small):
    recipe = small.changed({"network.layers": [{"units": 2, "fn": "tanh"}]})

    assert "network.layers" not in changes_for_regression(recipe)


def test_a_search_chooses_the_smallest_loss(regression, options):
    run = train_recipe(regression.changed({"search": {"l2": [10.0, 0.0]}}), options)

    assert run.facts.chosen == {"l2": 0.0}


def test_figures_without_classes_are_drawn(regression, options):
    pytest.importorskip("matplotlib")

    run = train_recipe(regression, options)
    drawn = run.figures()
    asked = run.figures(only=["confusion_matrix"])

    assert "training_curves" in drawn.written
    assert "confusion_matrix" not in {**drawn.written, **drawn.skipped}
    assert asked.skipped == {"confusion_matrix": "the network predicts values, not classes"}


# --- from the command line ----------------------------------------------------------------------


def test_columns_of_words_are_encoded_and_the_model_knows_how(small, options, tmp_path):
    rows = [f"{k % 5},{'red' if k % 3 else 'blue'},{'ab'[k % 3 > 0]}" for k in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["size,colour,label", *rows]))

    run = train_recipe(small.changed({"data.dataset": str(tmp_path / "t.csv")}), options)

    assert run.net.facts["encoding"] == {"colour": ["blue", "red"]}
    assert run.evaluate("validation")["accuracy"] == 1


def test_a_continuous_column_of_a_table_is_predicted(tmp_path, capsys):
    from byhand.cli.app import run

    data = examples(np.random.default_rng(0), 400)
    rows = np.c_[data.images, data.labels]
    np.savetxt(tmp_path / "t.csv", rows, "%.5f", ",", header="a,b,c,target", comments="")
    train = ["train", "--dataset", "t.csv", "--label", "target", "--epochs", "30", "-q"]

    assert run(train) == 0
    assert "r2" in capsys.readouterr().out
    assert run(["evaluate", "--part", "validation"]) == 0
    assert "r2" in capsys.readouterr().out
