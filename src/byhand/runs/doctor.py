"""What the doctor finds in a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from byhand.evaluation.doctor import Finding, Observations, Training, diagnose, observe
from byhand.recipes.spelling import in_recipe_words
from byhand.runs.build import build_network
from byhand.runs.split_dataset import labelled
from byhand.training import History

if TYPE_CHECKING:
    from byhand.runs.run import Run


def findings(run: Run) -> list[Finding]:
    """Return what is wrong with a run, the most severe first, with fixes spelled as in a recipe."""
    found = diagnose(observations(run))
    return [replace(finding, fix=in_recipe_words(finding.fix)) for finding in found]


def observations(run: Run) -> Observations:
    """Return what can be observed of a run: in its recipe, history, weights and data."""
    data, folder = run.data, run.folder
    initial = build_network(run.recipe, data.dataset, run.facts.seed)
    net = run.net if folder.model.exists() else initial
    initial.input_layer = net.input_layer
    return observe(
        net,
        run.history if folder.history_file.exists() else History(),
        (data.x, data.y),
        rows=data.rows["train"],
        validation=labelled(data.validation),
        test=labelled(data.test),
        initial=initial,
        training=training_options(run),
    )


def training_options(run: Run) -> Training:
    """Return the options of the training, from the recipe and from how the run ended."""
    spec, facts = run.recipe.spec.training, run.facts
    kept_best = facts.model == run.folder.best.name
    return Training(
        optimizer=spec.optimizer.make(),
        learning_rate=spec.learning_rate,
        batch_size=spec.batch_size,
        epochs=spec.epochs,
        l1=spec.l1,
        l2=spec.l2,
        weighted=spec.class_weight is not None,
        diverged=facts.did_diverge,
        kept_epoch=facts.best_epoch or 0 if kept_best else 0,
    )
