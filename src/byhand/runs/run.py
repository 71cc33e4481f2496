"""`Run`: a trained recipe with its network, history, data and results, from the run's folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byhand.errors import unknown_name
from byhand.mlp import MultiLayerPerceptron
from byhand.notebook import Html, block, listing, table
from byhand.readable import duration, score
from byhand.recipes.recipe import Recipe
from byhand.runs.folder import RunFolder, find_run
from byhand.runs.run_json import RunFacts
from byhand.runs.split_dataset import PARTS, DataSources, SplitDataset, labelled, load_split
from byhand.terminal import Say, to_stderr
from byhand.training import History

if TYPE_CHECKING:
    from byhand.evaluation.doctor import Finding, Findings
    from byhand.evaluation.subject import Subject
    from byhand.figures.all_figures import Drawn
    from byhand.report import ReportFile
    from byhand.runs.remedies import Tried
    from byhand.runs.verify import Verification


class Run:
    """A run: `byhand.Run("runs/basic-3")`, `byhand.Run("basic-3")` or `byhand.Run("latest")`.

    Everything is read from the folder when it is first used, and then kept.

    Args:
        name: the folder, its name in runs/, or "latest", which is the default.
        dataset: consider only runs on these data.
        data_dir: folder of data sets to search first.
        offline: True forbids downloads; None follows the variable BYHAND_OFFLINE.
        sources: data_dir and offline as one object.
        say: receives messages; by default they go to standard error.

    Raises:
        FileError: there is no such run.
    """

    def __init__(
        self,
        name: str | Path | RunFolder | None = None,
        *,
        dataset: str | None = None,
        data_dir: str | Path | None = None,
        offline: bool | None = None,
        sources: DataSources | None = None,
        say: Say = to_stderr,
    ) -> None:
        self.folder = name if isinstance(name, RunFolder) else find_run(name, dataset)
        self.sources = sources or DataSources(data_dir, offline)
        self.say = say

    def holding(self, net: MultiLayerPerceptron, data: SplitDataset, history: History) -> Run:
        """Return the run with objects that are already in memory, instead of reading the folder."""
        vars(self).update(net=net, data=data, history=history)
        return self

    # --- what the folder holds ------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.folder.path

    @property
    def facts(self) -> RunFacts:
        """The content of run.json."""
        return self.folder.facts

    @property
    def results(self) -> Mapping[str, Any]:
        """The scores of each part, and everything else measured at the end of training."""
        return self.facts.results

    @property
    def trials(self) -> list[dict[str, Any]]:
        """For a search: values, folder and scores of each trial."""
        return self.facts.search

    @property
    def seconds(self) -> float:
        """The training time; for a search, that of all trials together."""
        rows: list[Mapping[str, Any]] = [*self.trials] or [self.results]
        return float(sum(row.get("seconds") or 0.0 for row in rows))

    @property
    def was_interrupted(self) -> bool:
        """Whether the run can be resumed because Ctrl-C, SIGTERM or SIGHUP ended it."""
        return self.facts.status == "interrupted"

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe as it was trained."""
        return self.folder.recipe()

    @cached_property
    def net(self) -> MultiLayerPerceptron:
        """The network with the final weights of the run."""
        return MultiLayerPerceptron.load(self.folder.model)

    @cached_property
    def history(self) -> History:
        """The numbers of each epoch."""
        return self.folder.history()

    @cached_property
    def data(self) -> SplitDataset:
        """The data, split as they were for training."""
        return load_split(self.folder, self.sources, self.say)

    @cached_property
    def subject(self) -> Subject:
        """The run in the form used by figures and the report."""
        from byhand.runs.subject import subject_of

        return subject_of(self)

    # --- what can be made of it -----------------------------------------------------------------

    def evaluate(self, part: str = "test") -> dict[str, float]:
        """Return the scores of the network on a part: "train", "validation" or "test".

        The folder counts how often the test part was scored.
        """
        if part not in PARTS:
            raise unknown_name("part", part, PARTS)
        found = labelled(self.data.part(part))
        if found is None:
            raise unknown_name("part with labels", part, self.data.parts())
        scores = self.net.evaluate(*found)
        if part == "test":
            self.folder.note_test_scores("evaluate")
        return scores

    def report(self, path: str | Path | None = None, *, other: Run | None = None) -> ReportFile:
        """Write the one-file page about the run and return its path, which a notebook displays.

        Args:
            path: the file, or a folder; by default report.html in the run's folder.
            other: another run to compare it with.
        """
        from byhand.runs.report import write_run_report

        return write_run_report(self, path, other)

    def figures(
        self,
        folder: str | Path | None = None,
        *,
        only: Iterable[str] | None = None,
        format: str = "png",  # noqa: A002 - what it is called everywhere
        on_file: Callable[[Path], None] | None = None,
    ) -> Drawn:
        """Draw figures of the run, one file each.

        Args:
            folder: folder for the files; by default figures/ in the run's folder.
            only: names of figures; by default all.
            format: "png" or "svg".
            on_file: called with the path of each file once it is written.
        """
        from byhand.runs.figures import draw_run_figures

        return draw_run_figures(self, folder, only=only, format=format, on_file=on_file)

    def suspects(self, count: int = 20) -> dict[str, list[dict[str, Any]]]:
        """Return examples whose label is probably wrong, and groups of equal examples."""
        from byhand.runs.doctor import suspects

        return suspects(self, count)

    def doctor(self) -> Findings:
        """Return what is wrong with the training, the most severe first."""
        from byhand.runs.doctor import findings

        return findings(self)

    def try_advice(
        self, findings: Sequence[Finding] | None = None, *, seconds: float = 5.0
    ) -> Tried:
        """Train briefly with each change that the doctor advises, and rank the results.

        Args:
            findings: the doctor's findings; by default `self.doctor()`.
            seconds: approximate time for one training.
        """
        from byhand.runs.remedies import try_advice

        return try_advice(self, self.doctor() if findings is None else findings, seconds=seconds)

    def verify(
        self, *, epochs: int | None = None, threads: int | None = None, verbose: int = 0
    ) -> Verification:
        """Train the run again in a temporary folder, and compare all bits that it recorded.

        Args:
            epochs: number of epochs to compare; by default all.
            threads: number of threads; by default that of the run.
            verbose: 0 shows no progress.
        """
        from byhand.runs.verify import verify

        return verify(self, epochs=epochs, threads=threads, verbose=verbose)

    def __repr__(self) -> str:
        facts = self.facts
        return f"<Run {self.path}: {facts.network} on {facts.dataset.name}, {facts.status}>"

    def _repr_html_(self) -> str:
        facts = self.facts
        best = f", best {facts.best_epoch}" if facts.best_epoch else ""
        told = {
            "folder": self.path,
            "recipe": f"{facts.recipe}, seed {facts.seed}",
            "trained": f"{facts.epochs} epochs{best}, {duration(self.seconds)}: {facts.stopped}",
        }
        scores = {part: self.results[part] for part in PARTS if self.results.get(part)}
        title = f"Run {self.path.name}: {facts.network} on {facts.dataset.name}, {facts.status}"
        return block(title, listing(told), _scores_table(scores))


def _scores_table(parts: Mapping[str, Mapping[str, Any]]) -> Html:
    """Return the scores of each part as a table."""
    names = list(dict.fromkeys(name for scores in parts.values() for name in scores))
    rows = [
        [
            part,
            *(score(name, scores[name]) if scores.get(name) is not None else "" for name in names),
        ]
        for part, scores in parts.items()
    ]
    return table(["part", *names], rows) if parts else Html()
