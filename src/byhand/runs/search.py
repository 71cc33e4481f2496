"""A search: one trial for every combination of values; the validation part chooses the best.

The folder of a search holds search.toml (the recipe with its search), a folder for each trial, and
above them the files of the best trial so far, so that it is a run like any other.
"""

from __future__ import annotations

import csv
import itertools
import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from byhand import backend
from byhand.atomic import remove_leftovers, replacing
from byhand.errors import ArgumentError, DivergedError
from byhand.paths import leads_into
from byhand.reading import is_plain_name
from byhand.recipes.recipe import Recipe, parse_recipe
from byhand.runs.build import build_network
from byhand.runs.folder import RunFolder, new_run_folder
from byhand.runs.run import Run
from byhand.runs.run_json import RunFacts, first_facts, recorded
from byhand.runs.single import TrainOptions, resume_single, train_single, write_recipe
from byhand.runs.split_dataset import SplitDataset, load_split

SCORE_COLUMNS = ("validation accuracy", "loss gap", "train accuracy", "test accuracy", "seconds")
"""Scores of a trial, as search.csv and run.json name them."""


@dataclass(frozen=True)
class Trial:
    """One training of a search that has ended.

    Args:
        values: the values tried, by field of training.
        folder: its folder.
        run: the run; None if training diverged.
    """

    values: Mapping[str, Any]
    folder: RunFolder
    run: Run | None

    @property
    def score(self) -> float:
        """Validation accuracy, or minus the validation loss where there are no classes."""
        validation = self.run.results.get("validation", {}) if self.run else {}
        score = validation.get("accuracy", -validation.get("loss", math.inf))
        return -math.inf if math.isnan(score) else float(score)

    def row(self) -> dict[str, Any]:
        """Return values, folder and scores by their columns."""
        scores = trial_scores(self.run.results if self.run else {})
        return {**self.values, "folder": self.folder.path.name, **scores}


def has_trials_left(folder: RunFolder) -> bool:
    """Return whether a run is a search whose trials are not all done.

    Raises:
        ArgumentError: it is one that byhand 0.1.0 left unfinished.
    """
    facts = folder.facts
    if facts.searched:
        return False
    if facts.search and facts.status != "finished" and not _search_file(folder).exists():
        raise ArgumentError(
            f"{folder.path} is a search by an older byhand, which did not note what is left to "
            f"try. Resume a trial, as --resume {folder.path / str(facts.search[-1]['folder'])}, or "
            "begin the search anew."
        )
    return _search_file(folder).exists()


def start_search(
    recipe: Recipe, data: SplitDataset, folder: RunFolder, options: TrainOptions
) -> Run:
    """Train every combination in a folder of its own, and copy the best one's files above them.

    Ctrl-C ends the search with the best trial so far; `resume_search` does the rest.
    """
    net = build_network(recipe, data.dataset, options.seed)
    facts = first_facts(recipe, data, net, options.sources)
    facts.training = {"kernels": backend.active()}
    facts.asked = {"threads": options.threads}
    write_recipe(folder, recipe, options.seed)
    folder.write_split(data.rows)
    with replacing(_search_file(folder)) as path:
        path.write_text(recipe.to_toml(f"The search {recipe.name}."), "utf-8")
    return _search(recipe, data, folder, facts, options)


def resume_search(folder: RunFolder, options: TrainOptions, epochs: int | None = None) -> Run:
    """Continue an interrupted search: finish the trial that was cut off, and do those left.

    Trials left take the number of threads that was asked for when the search began.
    """
    if epochs is not None:
        raise ArgumentError(
            f"{folder.path} is a search that has not finished, and all its trials take the same "
            "number of epochs. Leave out --epochs, or begin a new search."
        )
    data = load_split(folder, options.sources, options.say)
    text = _search_file(folder).read_text("utf-8")
    facts = folder.facts.model_copy(deep=True)
    recipe = parse_recipe(text, facts.recipe, _search_file(folder))
    threads = facts.asked.get("threads") if options.threads is None else options.threads
    return _search(recipe, data, folder, facts, replace(options, seed=facts.seed, threads=threads))


def combinations(search: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Yield every combination of the values of a search."""
    for values in itertools.product(*search.values()):
        yield dict(zip(search, values, strict=True))


def describe(values: Mapping[str, Any]) -> str:
    """Return a combination as text: "l2 = 0.001"."""
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def trial_scores(results: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the scores of a trial by their columns."""
    accuracies = [
        (results.get(part) or {}).get("accuracy") for part in ("validation", "train", "test")
    ]
    validation, train, test = accuracies
    scores = [validation, results.get("loss_gap"), train, test, results.get("seconds")]
    return dict(zip(SCORE_COLUMNS, scores, strict=True))


# --- trials -------------------------------------------------------------------------------------


def _search(
    recipe: Recipe,
    data: SplitDataset,
    folder: RunFolder,
    facts: RunFacts,
    options: TrainOptions,
) -> Run:
    """Do all trials that are not finished; the folder shows the best one after each."""
    trials: list[Trial] = []
    best: Trial | None = None
    with recorded(folder.facts_file, facts):
        for values in combinations(recipe.spec.search):
            options.say(f"search: {describe(values)}")
            trials.append(_trial(recipe, values, data, folder, options))
            best = max(trials, key=lambda trial: trial.score)
            _show(best, trials, folder, facts)
            if trials[-1].run and trials[-1].run.was_interrupted:
                facts.status, facts.stopped = "interrupted", trials[-1].run.facts.stopped
                break
        else:
            facts.status, facts.searched = "finished", True
        if best is None or best.run is None:
            raise DivergedError(f"all {len(trials)} trials of the search diverged.")
    folder.forget()
    run = Run(folder, sources=options.sources, say=options.say)
    return run.holding(best.run.net, data, best.run.history)


def _trial(
    recipe: Recipe,
    values: Mapping[str, Any],
    data: SplitDataset,
    parent: RunFolder,
    options: TrainOptions,
) -> Trial:
    """Train a combination, or finish or read the trial that is there already."""
    folder = _trial_folder(parent, values)
    quiet = replace(options, sources=replace(options.sources, folder=parent.path))
    try:
        if not folder.facts_file.exists():
            shutil.rmtree(folder.path, ignore_errors=True)  # cut off before training began
            changes = {f"training.{name}": value for name, value in values.items()}
            trial = recipe.changed({**changes, "search": None})
            run = train_single(trial, data, new_run_folder(recipe.name, folder.path), quiet)
        elif folder.facts.status == "finished":
            run = Run(folder, sources=quiet.sources, say=options.say)
        elif folder.facts.did_diverge:
            return Trial(values, folder, None)
        else:
            remove_leftovers(folder.path)
            run = resume_single(folder, quiet, data=data)
    except DivergedError as error:
        options.say(f"search: {describe(values)}: {error}")
        return Trial(values, folder, None)
    return Trial(values, folder, run)


def _trial_folder(parent: RunFolder, values: Mapping[str, Any]) -> RunFolder:
    """Return the folder of a combination, named after it.

    Raises:
        ArgumentError: the name, or a link of that name, leads out of the search's folder.
    """
    name = describe(values).replace(" ", "")
    if not is_plain_name(name) or not leads_into(parent.path / name, parent.path):
        raise ArgumentError(
            f"{name!r} cannot be the folder of a trial in {parent.path}: it leads out of there."
        )
    return RunFolder(parent.path / name)


# --- the folder of the search -------------------------------------------------------------------

_OF_THE_SEARCH = {
    "status",
    "stopped",
    "diverged",
    "started",
    "ended",
    "seconds",
    "search",
    "searched",
    "chosen",
    "asked",
    "resumed",
}
"""Fields of run.json that are about the search, not about its best trial."""


def _search_file(folder: RunFolder) -> Path:
    return folder.path / "search.toml"


def _show(best: Trial, trials: Sequence[Trial], folder: RunFolder, facts: RunFacts) -> None:
    """Copy the best trial's files into the search's folder, and write the table of trials."""
    rows = [trial.row() for trial in trials]
    facts.search, facts.chosen = rows, dict(best.values)
    if best.run is not None:
        found = best.run.facts
        for name in found.model_fields_set - _OF_THE_SEARCH:
            setattr(facts, name, getattr(found, name))
        facts.stopped = found.stopped
        _copy_files(best.folder, folder)
    folder.write_facts(facts)
    with replacing(folder.path / "search.csv") as path, path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _copy_files(source: RunFolder, target: RunFolder) -> None:
    for file in source.path.iterdir():
        if file.is_file() and file != source.facts_file and not file.name.startswith("."):
            with replacing(target.path / file.name) as path:
                shutil.copyfile(file, path)
