"""`byhand report`: the one-file page about a run; training writes it by itself at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from byhand.cli import printing
from byhand.cli.doctor import findings_of_run
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly
from byhand.data import Part
from byhand.errors import DataError
from byhand.evaluation import Subject
from byhand.network import MultiLayerPerceptron
from byhand.recipes.folders import RunFolder, find_run
from byhand.recipes.markdown import duration
from byhand.recipes.material import Material, Places
from byhand.recipes.runner import old_material
from byhand.recipes.spec import TrainingSpec
from byhand.report import Options, write_report

EXAMPLES = (
    "byhand report                                   the latest run",
    "byhand report basic-1                           a run by its name",
    "byhand report -dataset mnist                    the latest run on these data",
    "byhand report --out page.html",
)

Out = Annotated[
    Path | None,
    Option("--out", help="The page's file.", show_default="report.html in the run's folder"),
]


def report(
    run: RunOnly = None,
    dataset: DatasetName = None,
    out: Out = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Write one page to explore a run: curves, mistakes, units, a drawing box, a trace.

    It is a single file that needs no server and no network.
    """
    folder = find_run(run, dataset)
    places = Places(data_dir, offline or None)
    material = old_material(folder, places, printing.note)
    net = MultiLayerPerceptron.load(folder.model)
    page = write_page(folder, net, material, places, out)
    if as_json:
        printing.json_lines({"run": folder.path, "report": page})
    else:
        printing.line(str(page))


def write_page(
    folder: RunFolder,
    net: MultiLayerPerceptron,
    material: Material,
    places: Places,
    path: Path | None = None,
) -> Path:
    """The page about a run, evaluated on its test rows or else on its validation rows.

    Raises:
        DataError: the run has neither.
    """
    train, test = material.part("train"), material.part("test")
    evaluated_on: Literal["test", "validation"] = "test" if test else "validation"
    test = test or material.part("validation")
    if train is None or test is None:
        raise DataError(
            f"{folder.path} has neither test nor validation images with labels, and a page needs "
            "some that the network did not learn from. Train with --validation 0.1."
        )
    recipe = folder.recipe()
    subject = Subject(
        net,
        Part(*test),
        name=material.dataset.name,
        train=Part(*train),
        evaluated_on=evaluated_on,
        chose_epoch=evaluated_on == "validation" and _chose_epoch(recipe.spec.training),
        history=folder.history(),
        column_names=material.column_names(recipe.spec.data.label),
    )
    options = Options(
        facts=_facts(folder, material),
        recipe=recipe.text,
        optimizer=recipe.spec.training.optimizer.make(),
        findings=findings_of_run(folder, places),
    )
    return write_report(path or folder.path, subject, options)


def _chose_epoch(training: TrainingSpec) -> bool:
    """Whether held-out rows decided which weights were kept, or when to stop."""
    return training.keep == "best" or training.early_stopping is not None


def _facts(folder: RunFolder, material: Material) -> dict[str, object]:
    facts = folder.facts
    return {
        "recipe": facts["recipe"],
        "seed": facts["seed"],
        "split": material.describe(),
        "stopped": facts.get("stopped", ""),
        "time": duration(float(facts.get("results", {}).get("seconds", 0.0))),
        "versions": ", ".join(f"{name} {what}" for name, what in facts["versions"].items()),
    }
