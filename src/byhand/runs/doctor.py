"""The doctor's findings for a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byhand.errors import DataError
from byhand.evaluation.copies import repeated_examples
from byhand.evaluation.doctor import Findings, Observations, Training, diagnose, observe
from byhand.evaluation.label_suspects import label_suspects
from byhand.evaluation.predictions import predictions
from byhand.runs.build_network import build_network
from byhand.runs.split_dataset import labelled
from byhand.training import History

if TYPE_CHECKING:
    from byhand.runs.run import Run


def findings(run: Run) -> Findings:
    """Return what is wrong with a run, the most severe first."""
    return diagnose(observations(run))


def observations(run: Run) -> Observations:
    """Return the observations of a run: of its recipe, history, weights and data."""
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
    """Return the training options, from the recipe and from the end of the run."""
    spec, facts = run.recipe.spec.training, run.facts
    kept_best = facts.model == run.folder.best.name
    return Training(
        optimizer=spec.optimizer.make(),
        learning_rate=spec.learning_rate,
        batch_size=spec.batch_size,
        epochs=spec.epochs,
        l1=spec.l1,
        l2=spec.l2,
        clip_norm=spec.clip_norm,
        clip_value=spec.clip_value,
        weighted=spec.class_weight is not None,
        diverged=facts.did_diverge,
        kept_epoch=facts.best_epoch or 0 if kept_best else 0,
    )


def suspects(run: Run, count: int) -> dict[str, list[dict[str, Any]]]:
    """Return examples whose label is probably wrong, most doubtful first, and equal examples.

    Raises:
        DataError: the run predicts values, which have no classes to doubt.
    """
    if run.data.is_regression:
        raise DataError("suspects are doubtful class labels, and this run predicts values.")
    doubted: list[dict[str, Any]] = []
    repeated: list[dict[str, Any]] = []
    for name, part in run.data.parts().items():
        known = labelled(part)
        if known is None:
            continue
        predicted = predictions(run.net, *known)
        found = label_suspects(predicted.labels, predicted.probabilities)
        names = predicted.class_names
        doubted += [
            {
                "part": name,
                "row": int(row),
                "label": names[predicted.labels[row]],
                "likely": names[likely],
                "probability_of_label": float(probability),
            }
            for row, likely, probability in zip(
                found.rows, found.suggested, found.label_probability, strict=True
            )
        ]
        groups = repeated_examples(known[0])
        repeated += [{"part": name, "rows": group.tolist()} for group in groups]
    doubted.sort(key=lambda one: float(one["probability_of_label"]))
    return {"suspects": doubted[:count], "repeated": repeated[:count]}
