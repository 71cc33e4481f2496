"""Advice is stored as data, and written as Python arguments or as lines of a recipe."""

from __future__ import annotations

import tomllib

import pytest

from byhand.errors import ArgumentError
from byhand.evaluation.doctor import CHECKS, Finding, Observations, diagnose, register_check
from byhand.evaluation.doctor.advice import OPTIONS, Advice, Change, as_python, as_recipe
from byhand.evaluation.doctor.checks import in_causal_order
from byhand.recipes.recipe import read_recipe

WHOLE_LINES = [
    Change("l1", 1e-5),
    Change("l2", 1e-4),
    Change("learning_rate", 0.05),
    Change("epochs", 80),
    Change("batch_size", 64),
    Change("clip_norm", 1.0),
    Change("clip_value", 1.0),
    Change("class_weight", "balanced"),
    Change("early_stopping", {"patience": 5}),
    Change("augmentation", {"shift": 2.0, "rotate": 10.0}),
    Change("monitor", "val_loss"),
    Change("weight_decay", {"name": "adamw", "weight_decay": 0.001}),
    Change("weight_init", "he_initialization"),
    Change("bias_init", "small_constant"),
    Change("normalisation", "standardise"),
    Change("label_smoothing", 0.1),
    Change("validation", 0.1),
    Change("schedule", "cosine"),
    Change("loss", "categorical_cross_entropy"),
]
"""A change of every option that takes a whole line of a recipe."""

OF_A_LAYER = {"dropout", "batch_norm", "activation", "output_activation", "units"}


def test_every_option_is_tried_here() -> None:
    assert {change.option for change in WHOLE_LINES} | OF_A_LAYER | {"shuffle"} == set(OPTIONS)


@pytest.mark.parametrize("change", WHOLE_LINES, ids=lambda change: change.option)
def test_a_line_for_a_recipe_is_one_that_a_recipe_takes(change: Change) -> None:
    ((table, fields),) = tomllib.loads(as_recipe(change)).items()
    ((field, value),) = fields.items()

    read_recipe("basic").changed({f"{table}.{field}": value})


@pytest.mark.parametrize(
    ("change", "python", "recipe"),
    [
        (Change("l2", 1e-4), "l2=0.0001", "training.l2 = 0.0001"),
        (Change("l2", 0.01, was=1), "l2=0.01 (it was 1)", "training.l2 = 0.01 (it was 1)"),
        (Change("dropout", 0.3), "DropoutLayer(0.3)", '{ kind = "dropout", rate = 0.3 }'),
        (Change("shuffle", True), "shuffle=True", "shuffle = True"),
        (
            Change("output_activation", "identity"),
            'fn="identity" in the last layer',
            'fn = "identity" in the last layer',
        ),
        (
            Change("learning_rate", direction="lower"),
            "a lower learning_rate",
            "a lower training.learning_rate",
        ),
        (
            Change("units", direction="larger number of", was="2"),
            "a larger number of units (it was 2)",
            "a larger number of units (it was 2)",
        ),
        (
            Change("early_stopping", {"patience": 5}),
            "EarlyStopping(patience=5)",
            "training.early_stopping = { patience = 5 }",
        ),
    ],
)
def test_a_change_is_written_in_two_ways(change: Change, python: str, recipe: str) -> None:
    assert (as_python(change), as_recipe(change)) == (python, recipe)


def test_advice_joins_its_alternatives_and_its_text() -> None:
    advice = Advice((Change("l2", 0.1), Change("dropout", 0.3)), "Or wait.")

    assert str(advice) == "l2=0.1; or DropoutLayer(0.3). Or wait."
    assert str(Advice(text="Look.")) == "Look."


@pytest.fixture
def own_check():
    """A user's own check, removed from the table afterwards."""

    @register_check(explains=("under_fitting",))
    def tiny_batches(seen: Observations) -> Finding | None:
        """Batches of fewer than four examples."""
        rows = seen.setup.batch_size or 64
        return None if rows > 3 else Finding("tiny batches", "warning", f"{rows}", "", Advice())

    yield tiny_batches
    del CHECKS["tiny_batches"]


def test_a_check_of_your_own_is_asked_and_named(own_check) -> None:
    from byhand.evaluation.doctor.observations import Setup

    (found,) = diagnose(Observations(setup=Setup(batch_size=2)))
    order = [check.name for check in in_causal_order()]

    assert (found.check, found.severity) == ("tiny_batches", "warning")
    assert CHECKS["tiny_batches"].about == "Batches of fewer than four examples."
    assert order.index("tiny_batches") < order.index("under_fitting")


def test_a_check_needs_a_name_of_its_own_and_a_docstring(own_check) -> None:
    with pytest.raises(ArgumentError, match="there is already a check 'tiny_batches'"):
        register_check(name="tiny_batches")(own_check)
    with pytest.raises(ArgumentError, match="needs a docstring"):
        register_check(name="another")(lambda seen: None)


def test_the_documentation_lists_every_check() -> None:
    from pathlib import Path

    text = (Path(__file__).parents[3] / "docs" / "doctor.md").read_text()
    for check in CHECKS.values():
        assert f"| `{check.name}` | {check.about} |" in text
