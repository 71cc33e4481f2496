"""The results in the folder of a search: the table of trials, and the files of the best one."""

from __future__ import annotations

import csv
import os
import shutil
from functools import cached_property
from typing import TYPE_CHECKING, Any

from byhand.atomic import replacing
from byhand.runs.doubt import learn_doubt
from byhand.runs.folder import RunFolder
from byhand.runs.run_json import RunFacts
from byhand.runs.search.claim_loop import split_of
from byhand.runs.search.claims import grid_trials
from byhand.runs.search.plan import Plan
from byhand.runs.search.ranking import best_of, candidates
from byhand.runs.search.trial import Trial, describe, read_trial, trial_folder, with_seed
from byhand.runs.split_dataset import SplitDataset, labelled
from byhand.threads import hold_threads

if TYPE_CHECKING:
    from byhand.runs.search.study import Study

OF_THE_SEARCH = {
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
"""Fields of run.json that describe the search, not its best trial."""

WINNER = "winner.toml"
"""File of the best trial's recipe, for training it again."""


class Trials:
    """The trials of a search, from their folders and the study.

    Args:
        plan: the search.
        folder: its folder.
    """

    def __init__(self, plan: Plan, folder: RunFolder) -> None:
        self.plan, self.folder = plan, folder

    @cached_property
    def _study(self) -> Study:
        from byhand.runs.search.study import Study

        return Study(self.plan, self.folder)

    def known(self) -> list[tuple[dict[str, Any], str, int]]:
        """Return values, folder name and seed of each known training."""
        if self.plan.is_grid:
            return list(grid_trials(self.plan))
        first = self.plan.seed
        return [
            (values, with_seed(name, seed, first), seed)
            for values, name in self._study.trials()
            for seed in range(first, first + self.plan.seeds)
        ]

    def ended(self) -> list[Trial]:
        """Return the trials that have ended."""
        found = [
            read_trial(values, seed, trial_folder(self.folder, name))
            for values, name, seed in self.known()
        ]
        return [trial for trial in found if trial is not None]


class Outcome:
    """The files that show the state of a search.

    Args:
        plan: the search.
        folder: its folder.
        facts: its run.json.
    """

    def __init__(self, plan: Plan, folder: RunFolder, facts: RunFacts) -> None:
        self.plan, self.folder, self.facts = plan, folder, facts
        self.trials: list[Trial] = []
        self.best: Trial | None = None
        self._all = Trials(plan, folder)
        self._copied: RunFolder | None = None

    def update(self) -> None:
        """Read all trials; write the table of trials, and copy the files of the best one."""
        self.trials = self._all.ended()
        trained = [trial for trial in self.trials if trial.run is not None]
        if self.trials:
            self.facts.search = [trial.row() for trial in self.trials]
            self._write_table()
        if trained:
            self.best = best_of(candidates(trained)).trials[0]
            self._show_best(self.best)
        self.folder.write_facts(self.facts)

    def learn_doubt(self, data: SplitDataset) -> None:
        """Learn which predictions of the best trial to doubt; the other trials never need it."""
        if self.best is None or self.best.run is None:
            return
        run = self.best.run
        with hold_threads(int(self.facts.training["threads"])):
            own = split_of(data, self.plan, self.best.seed)
            learn_doubt(run.net, own, self.folder.path / self.facts.model)

    def score_test(self, data: SplitDataset) -> None:
        """Score the best trial on the test part, the only time that a search uses it."""
        test = labelled(data.test)
        if self.best is None or self.best.run is None or test is None:
            return
        with hold_threads(int(self.facts.training["threads"])):
            scores = self.best.run.net.evaluate(*test)
        self.facts.results = {**self.facts.results, "test": scores}
        self.folder.note_test_scores("search", unless_since=self.facts.ended)

    def _show_best(self, best: Trial) -> None:
        assert best.run is not None  # noqa: S101 - the best trial was trained
        found = best.run.facts
        for name in found.model_fields_set - OF_THE_SEARCH:
            setattr(self.facts, name, getattr(found, name))
        self.facts.stopped, self.facts.chosen = found.stopped, dict(best.values)
        if self._copied != best.folder or best.state == "interrupted":
            self._copied = best.folder
            _copy_files(best.folder, self.folder)
            self._write_winner()

    def _write_winner(self) -> None:
        heading = (
            f"The best trial of the search {self.plan.recipe.name}: {describe(self.facts.chosen)}."
        )
        recipe = self.plan.recipe_of(self.facts.chosen)
        with replacing(self.folder.path / WINNER) as path:
            path.write_text(recipe.to_toml(heading), "utf-8")

    def _write_table(self) -> None:
        rows = self.facts.search
        with replacing(self.folder.path / "search.csv") as path, path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _copy_files(source: RunFolder, target: RunFolder) -> None:
    own = (source.facts_file, source.test_scores_file)
    for name in sorted(os.listdir(source.path)):
        file = source.file(name)  # which refuses a link to a file elsewhere
        if file.is_file() and file not in own and not file.name.startswith("."):
            with replacing(target.path / file.name) as path:
                shutil.copyfile(file, path)
