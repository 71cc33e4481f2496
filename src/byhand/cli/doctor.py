"""`byhand doctor`: what looks unwell in a run, in numbers, with the option to change."""

from __future__ import annotations

from typing import Annotated, Any

from byhand.cli import printing
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly
from byhand.evaluation.doctor import Finding, Observations, Training, diagnose, observe
from byhand.evaluation.doctor.report import lines
from byhand.evaluation.predictions import predictions
from byhand.evaluation.suspects import label_suspects, repeated_examples
from byhand.network import MultiLayerPerceptron
from byhand.recipes.folders import RunFolder, find_run
from byhand.recipes.material import PARTS, Places
from byhand.recipes.recipe import Recipe
from byhand.recipes.runner import build_network, old_material
from byhand.training import History

EXAMPLES = (
    "byhand doctor                                   the latest run",
    "byhand doctor basic-1                           a run by its name",
    "byhand doctor --all                             notes, too",
    "byhand doctor --suspects 20                     labels to look at again, repeated images",
    "byhand doctor runs/basic-1 --json",
)

DIVERGED = "training left the finite numbers"
"""How the reason begins that a diverged run leaves in its run.json."""

Suspects = Annotated[
    int,
    Option(
        "--suspects",
        help="List so many images whose label is probably wrong, and repeated images.",
        min=0,
    ),
]
All = Annotated[bool, Option("--all", help="Notes as well: consequences, and what is usual.")]


def doctor(
    run: RunOnly = None,
    dataset: DatasetName = None,
    all_of_it: All = False,
    suspects: Suspects = 0,
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Find out what ails a training: scale, rate, units, gradients, fit, labels, split.

    Each finding has its evidence in numbers, what it means, and the option to change. The exit
    code is 0 whether anything is found or not.
    """
    folder = find_run(run, dataset)
    seen = observations_of_run(folder, Places(data_dir, offline or None))
    findings = diagnose(seen)
    doubts = _doubts(folder, Places(data_dir, offline or None), suspects) if suspects else {}
    if as_json:
        described = [finding.as_dict(recipe=True) for finding in findings]
        printing.json_lines({"run": folder.path, "findings": described, **doubts})
        return
    printing.line(f"{folder.path}: {_counted(findings)}")
    shown = findings if all_of_it else [finding for finding in findings if finding.severe]
    for line in lines(shown, recipe=True) if shown else ():
        printing.line(line)
    if doubts:
        _print_doubts(doubts)


# --- labels and repeated examples ---------------------------------------------------------------


def _doubts(folder: RunFolder, places: Places, count: int) -> dict[str, Any]:
    """Return examples whose label the network doubts, by part, and groups of equal ones."""
    material, net = (
        old_material(folder, places, printing.note),
        MultiLayerPerceptron.load(folder.model),
    )
    found: dict[str, Any] = {"suspects": [], "repeated": []}
    for name in PARTS:
        part = material.part(name)
        if part is None:
            continue
        predicted = predictions(net, *part)
        doubted = label_suspects(predicted.labels, predicted.probabilities)
        names = predicted.class_names
        found["suspects"] += [
            {
                "part": name,
                "row": int(row),
                "label": names[predicted.labels[row]],
                "likely": names[likely],
                "probability_of_label": float(probability),
            }
            for row, likely, probability in zip(
                doubted.rows, doubted.suggested, doubted.truth, strict=True
            )
        ]
        groups = repeated_examples(part[0])
        found["repeated"] += [{"part": name, "rows": group.tolist()} for group in groups]
    found["suspects"] = sorted(found["suspects"], key=_probability)[:count]
    found["repeated"] = found["repeated"][:count]
    return found


def _probability(suspect: dict[str, Any]) -> float:
    return float(suspect["probability_of_label"])


def _print_doubts(doubts: dict[str, Any]) -> None:
    printing.line()
    printing.line("labels that are probably wrong, the most doubtful first (rows count from 0)")
    rows = [[*list(one.values())[:4], f"{_probability(one):.1%}"] for one in doubts["suspects"]]
    headings = ["part", "row", "label", "likely", "probability of the label"]
    printing.table(headings, rows, left=["part", "label", "likely"])
    printing.line()
    printing.line(f"groups of equal examples: {len(doubts['repeated']) or 'none'}")
    for group in doubts["repeated"]:
        printing.line(f"  {group['part']}: rows {', '.join(map(str, group['rows']))}")


# --- observing ----------------------------------------------------------------------------------


def findings_of_run(folder: RunFolder, places: Places | None = None) -> list[dict[str, Any]]:
    """Return what looks wrong in a run, the most severe first, with advice for its recipe."""
    found = diagnose(observations_of_run(folder, places or Places()))
    return [finding.as_dict(recipe=True) for finding in found]


def observations_of_run(folder: RunFolder, places: Places) -> Observations:
    """What can be seen of a run from what it left: recipe, history, weights, data."""
    material, recipe = old_material(folder, places, printing.note), folder.recipe()
    initial = build_network(recipe, material, int(folder.facts["seed"]))
    training = _training(folder, recipe)
    weights = folder.model
    net = MultiLayerPerceptron.load(weights) if weights.exists() else initial
    initial.input_layer = net.input_layer
    return observe(
        net,
        folder.history() if folder.history_file.exists() else History(),
        (material.x, material.y),
        rows=material.rows["train"],
        validation=material.part("validation"),
        test=material.part("test"),
        initial=initial,
        training=training,
    )


def _training(folder: RunFolder, recipe: Recipe) -> Training:
    """The options of the run, from its recipe and from how it ended."""
    spec, facts = recipe.spec.training, folder.facts
    kept_best = facts.get("model") == folder.best.name
    return Training(
        optimizer=spec.optimizer.make(),
        learning_rate=spec.learning_rate,
        batch_size=spec.batch_size,
        epochs=spec.epochs,
        l1=spec.l1,
        l2=spec.l2,
        weighted=spec.class_weight is not None,
        diverged=str(facts.get("stopped", "")).startswith(DIVERGED),
        kept_epoch=int(facts.get("best_epoch") or 0) if kept_best else 0,
    )


def _counted(findings: list[Finding]) -> str:
    severe = sum(finding.severe for finding in findings)
    notes = len(findings) - severe
    found = f"{severe} finding{'s' * (severe != 1)}" if severe else "nothing wrong was found"
    return found + (f" and {notes} note{'s' * (notes != 1)} (--all)" if notes else "") + "."
