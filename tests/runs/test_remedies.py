"""Short trainings try the advice, and separate changes that help from those that do not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from byhand.errors import DivergedError
from byhand.evaluation.doctor import Change
from byhand.evaluation.doctor.advice import OPTIONS, Advice
from byhand.evaluation.doctor.finding import Finding
from byhand.recipes.recipe import parse_recipe
from byhand.runs import Run
from byhand.runs.advised_recipe import changed_recipe, with_values
from byhand.runs.remedies import Tried, _rank, try_advice
from byhand.runs.train import train_recipe
from byhand.runs.verdict import VERDICTS, Outcome, Remedy, compare, judged


def finding(*changes, severity="warning"):
    return Finding("a fault", severity, "", "", Advice(changes), check="a_check")


@pytest.fixture
def unscaled(small, options):
    """A run on numbers from 0 to 255, with a learning rate for numbers around 1."""
    return train_recipe(
        small.changed(
            {
                "network.normalisation": "none",
                "training.optimizer": "sgd",
                "training.learning_rate": 0.5,
            }
        ),
        options,
    )


def test_the_doctors_own_advice_cures_the_run(unscaled):
    tried = unscaled.try_advice()

    assert [remedy.change.option for remedy in tried.remedies] == ["normalisation"]
    assert tried.remedies[0].verdict == "helps"
    assert tried.score < 0.3
    assert tried.remedies[0].score > 0.85
    assert tried.remedies[0].gain == pytest.approx(tried.remedies[0].score - tried.score)
    assert (tried.epochs, tried.of, tried.measure) == (4, 4, "accuracy")
    assert tried.examples == len(unscaled.data.validation)


def test_the_best_comes_first_and_each_is_judged(unscaled):
    advice = (
        Change("l2", 1e-9),
        Change("normalisation", "pixels"),
        Change("learning_rate", direction="higher"),
    )
    tried = try_advice(unscaled, [finding(*advice)])

    assert tried.remedies[0].change.option == "normalisation"
    verdicts = {remedy.change.option: remedy.verdict for remedy in tried.remedies}
    assert verdicts["normalisation"] == "helps"
    assert verdicts["l2"] == "no difference"
    assert [VERDICTS.index(one.verdict) for one in tried.remedies] == sorted(
        VERDICTS.index(one.verdict) for one in tried.remedies
    )


def test_of_lower_losses_the_one_with_the_better_score_comes_first():
    def lower(loss, gain):
        return Remedy("check", Change("l2", 1.0), 0.9, gain, 0.02, loss)

    careful, bold, no_use = lower(0.7, 0.0), lower(0.4, -0.01), lower(1.0, 0.01)

    assert [one.verdict for one in (careful, bold)] == ["lower loss"] * 2
    assert sorted([no_use, bold, careful], key=_rank) == [careful, bold, no_use]


def test_only_a_change_that_helped_in_the_trial_is_advised():
    def tried(*gains):
        remedies = [Remedy("check", Change("l2", 1.0), 0.5 + gain, gain, 0.02) for gain in gains]
        return Tried(0.5, "accuracy", 3, 3, 100, tuple(remedies), ())

    assert tried(0.2, -0.2).advised == tried(0.2, -0.2).remedies[0]
    assert tried(0.2).as_dict()["advised"] == "training.l2 = 1.0"
    assert tried(0.01, -0.2).advised is None
    assert tried(0.01).as_dict()["advised"] is None
    assert tried().advised is None


def test_chance_does_not_change_the_order_of_the_advice(run):
    """Of three changes that make no difference, the one that was advised first stays first."""
    advice = (Change("l2", 3e-9), Change("l2", 1e-9), Change("l2", 2e-9))

    tried = try_advice(run, [finding(*advice)])

    assert [one.change.value for one in tried.remedies] == [3e-9, 1e-9, 2e-9]


def test_what_the_recipe_does_already_is_not_tried(small, options):
    run = train_recipe(small.changed({"network.weight_init": "he_initialization"}), options)

    tried = try_advice(run, [finding(Change("weight_init", "he_initialization"))])

    assert tried.remedies == ()


def test_a_run_is_left_as_it_was(unscaled):
    before = {path.name: path.read_bytes() for path in unscaled.path.iterdir() if path.is_file()}
    weights = unscaled.net.parameters.vector.copy()

    unscaled.try_advice()

    after = {path.name: path.read_bytes() for path in unscaled.path.iterdir() if path.is_file()}
    assert after == before
    np.testing.assert_array_equal(unscaled.net.parameters.vector, weights)


def test_notes_and_repeated_advice_are_not_tried_twice(run):
    change = Change("l2", 0.01, was=0.0)

    tried = try_advice(
        run, [finding(change), finding(change, severity="critical"), finding(severity="note")]
    )

    assert len(tried.remedies) == 1
    assert try_advice(run, [finding(change, severity="note")]).remedies == ()


def test_what_would_harm_is_reported_as_harmful(run):
    tried = try_advice(
        run, [finding(Change("learning_rate", 30.0), Change("weight_init", "zeros"))]
    )

    assert {remedy.verdict for remedy in tried.remedies} == {"harms"}


def test_little_time_means_fewer_epochs(run):
    tried = try_advice(run, [finding(Change("l2", 0.01))], seconds=1e-6)

    assert (tried.epochs, tried.of) == (1, 4)


def test_more_epochs_are_tried_unless_that_takes_too_long(run):
    more = [finding(Change("epochs", direction="larger number of"))]

    assert [one.change.value for one in try_advice(run, more, seconds=60).remedies] == [16]
    assert try_advice(run, more, seconds=1e-6).untried == ("a larger number of training.epochs",)


def test_a_run_that_diverged_in_its_first_epoch_can_be_helped(small, options, tmp_path):
    too_high = small.changed({"training.optimizer": "sgd", "training.learning_rate": 1e30})
    with pytest.raises(DivergedError):
        train_recipe(too_high, replace(options, out=tmp_path / "diverged"))
    run = Run(tmp_path / "diverged")

    tried = try_advice(run, [finding(Change("learning_rate", 0.1))])

    assert not run.folder.history_file.exists()
    assert math.isnan(tried.score)
    assert [remedy.verdict for remedy in tried.remedies] == ["helps"]


def test_a_change_that_training_refuses_is_not_tried(small, options):
    layers = [
        {"units": 12},
        {"kind": "batch_norm", "fn": "relu"},
        {"units": "classes", "fn": "softmax"},
    ]
    run = train_recipe(small.changed({"network.layers": layers}), options)
    leaves_one = len(run.data.train) - 1  # batch normalisation refuses a batch of one example

    tried = try_advice(run, [finding(Change("batch_size", leaves_one))])

    assert tried.remedies == ()
    assert tried.untried == (f"training.batch_size = {leaves_one}",)


def test_without_a_validation_part_training_examples_judge(small, options):
    run = train_recipe(small.changed({"data.validation": None}), options)

    tried = try_advice(run, [finding(Change("l2", 0.01))])

    assert tried.examples == round(0.1 * len(run.data.train))


def test_values_are_judged_by_r2(small, options, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    rows = [",".join(f"{v:.5f}" for v in [*row, 100 * row.sum()]) for row in x]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,c,y", *rows]))
    recipe = parse_recipe(
        """
title = "values"
data = { dataset = "table.csv", label = "y", validation = 0.2 }
network = { layers = [{ units = 8, fn = "relu" }, { units = 1 }] }
training = { epochs = 5, optimizer = "adam" }
""",
        "values",
    )
    run = train_recipe(recipe, options)

    tried = try_advice(run, [finding(Change("learning_rate", 0.1))])

    assert tried.measure == "r2"
    assert tried.remedies[0].verdict == "helps"
    assert math.isnan(tried.remedies[0].error)
    assert tried.written(tried.score) == f"{tried.score:.3f}"


def test_rare_classes_count_as_much_as_frequent_ones_where_they_are_the_matter():
    labels = np.array([0] * 900 + [1] * 100)
    losses = np.ones(1000)
    before = Outcome((labels == 0) * 1.0, losses, labels)  # always the frequent class
    after = Outcome(np.r_[np.zeros(200), np.ones(800)], losses, labels)
    change = Change("class_weight", "balanced")

    by_recall = compare("class_imbalance", change, before, after)
    by_accuracy = compare("over_fitting", change, before, after)

    assert (by_recall.measure, by_recall.verdict) == ("mean recall", "helps")
    assert by_recall.score == pytest.approx((700 / 900 + 1) / 2)
    assert by_recall.gain == pytest.approx((700 / 900 + 1) / 2 - 0.5)
    assert (by_accuracy.measure, by_accuracy.verdict) == ("accuracy", "harms")


def test_a_change_after_which_training_still_diverges_makes_no_difference():
    labels = np.arange(3)
    failed = Outcome(np.full(3, math.nan), np.full(3, math.inf), labels)
    fine = Outcome(np.ones(3), np.full(3, 0.1), labels)

    assert compare("diverged", Change("l2", 1.0), failed, failed).verdict == "no difference"
    assert compare("diverged", Change("l2", 1.0), failed, fine).verdict == "helps"
    assert compare("diverged", Change("l2", 1.0), fine, failed).verdict == "harms"


@pytest.mark.parametrize(
    ("gain", "error", "verdict"),
    [
        (0.05, 0.02, "helps"),
        (0.03, 0.02, "no difference"),
        (-0.03, 0.02, "no difference"),
        (-0.05, 0.02, "harms"),
        (math.nan, 0.02, "harms"),
        (0.02, math.nan, "helps"),
        (0.005, math.nan, "no difference"),
    ],
)
def test_a_verdict_needs_two_standard_errors(gain, error, verdict):
    assert Remedy("check", Change("l2", 1.0), 0.5, gain, error).verdict == verdict


def test_a_lower_loss_counts_if_chance_does_not_explain_it():
    labels = np.arange(100) % 2
    right, before = np.ones(100), np.full(100, 0.3)
    lucky = np.where(np.arange(100) == 0, 0.3, 0.0) + 0.3 * (np.arange(100) % 20 > 0)

    def verdict(losses):
        change = Change("label_smoothing", 0.1)
        former, after = Outcome(right, before, labels), Outcome(right, losses, labels)
        return compare("over_smoothing", change, former, after).verdict

    assert verdict(0.8 * before) == "lower loss"
    assert verdict(0.95 * before) == "no difference"
    assert verdict(np.where(labels, 1.0, 0.0) * 0.5) == "no difference"  # half of them worse
    assert verdict(lucky) == "no difference"


def test_the_loss_that_is_compared_is_that_of_no_particular_loss_function(small, options):
    """Smoothed labels have a large loss of their own, however good the probabilities are."""
    smoothed = {"name": "categorical_cross_entropy", "label_smoothing": 0.9}
    run = train_recipe(small.changed({"network.loss": smoothed}), options)
    x, y = run.data.validation.images, run.data.validation.labels

    outcome = judged(run.net, x, y, is_regression=False)

    probabilities = run.net.predict_proba(x)[np.arange(len(y)), y]
    np.testing.assert_allclose(outcome.losses, -np.log(probabilities.astype(float)))
    assert outcome.score == run.net.evaluate(x, y)["accuracy"]


# --- changes of a recipe ------------------------------------------------------------------------

VALUES = {
    "weight_decay": {"name": "adam", "weight_decay": 0.01},
    "early_stopping": {"patience": 5},
    "augmentation": {"shift": 2.0},
    "loss": "squared_error",
    "label_smoothing": 0.1,
    "class_weight": "balanced",
    "weight_init": "glorot_uniform",
    "bias_init": "zeros",
    "normalisation": "standardise",
    "schedule": "cosine",
    "activation": "tanh",
    "output_activation": "sigmoid",
    "batch_norm": "relu",
    "batch_size": 16,
    "epochs": 3,
    "units": 24,
}
NOT_IN_A_RECIPE = {"validation", "monitor", "shuffle"}
"""The settings that decide which examples judge, and those that a recipe always has."""


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_of_advice_changes_the_recipe_or_is_known_not_to(small, option):
    changed = changed_recipe(small, Change(option, VALUES.get(option, 0.25)))

    if option in NOT_IN_A_RECIPE:
        assert changed is None
    else:
        assert changed.values != small.values


def test_layers_change_as_the_advice_means_it(small):
    def layers(option, value):
        return changed_recipe(small, Change(option, value)).values["network"]["layers"]

    last = {"units": "classes", "fn": "softmax"}
    assert layers("activation", "tanh") == [{"units": 12, "fn": "tanh"}, last]
    assert layers("units", 24) == [{"units": 24, "fn": "relu"}, last]
    assert layers("dropout", 0.3) == [
        {"units": 12, "fn": "relu"},
        {"kind": "dropout", "rate": 0.3},
        last,
    ]
    assert layers("batch_norm", "relu") == [
        {"units": 12},
        {"kind": "batch_norm", "fn": "relu"},
        last,
    ]
    assert layers("loss", "categorical_cross_entropy")[-1]["fn"] == "softmax"


def test_a_direction_becomes_values_to_try(small):
    def values(option, direction):
        return [one.value for one in with_values(small, Change(option, direction=direction))]

    assert values("learning_rate", "lower") == [0.001, 0.0001]
    assert values("learning_rate", "higher") == [0.1, 1.0]
    assert values("units", "larger number of") == [48, 192]
    assert values("epochs", "larger number of") == [16]
    assert values("l2", "higher") == []


def test_very_wide_layers_are_tried_only_if_nothing_narrower_is_advised(small):
    def values(units):
        layers = [{"units": units, "fn": "relu"}, {"units": "classes", "fn": "softmax"}]
        change = Change("units", direction="larger number of")
        return [one.value for one in with_values(small.changed({"network.layers": layers}), change)]

    assert values(32) == [128, 512]
    assert values(64) == [256]
    assert values(400) == [1600]


def test_an_initialiser_of_a_layer_gives_way_to_the_one_advised(small):
    last = {"units": "classes", "fn": "softmax", "weight_init": "uniform"}
    own = small.changed({"network.layers": [{"units": 12, "fn": "relu"}, last]})

    changed = changed_recipe(own, Change("weight_init", "he_initialization"))

    assert changed.values["network"]["weight_init"] == "he_initialization"
    assert "weight_init" not in changed.values["network"]["layers"][-1]


def test_advice_that_does_not_suit_the_recipe_changes_nothing(small):
    alone = small.changed({"network.layers": [{"units": "classes", "fn": "softmax"}]})

    assert changed_recipe(alone, Change("dropout", 0.3)) is None
    assert changed_recipe(small, Change("weight_init", "no such initialiser")) is None
