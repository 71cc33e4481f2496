"""Measure whether the doctor's advice helps: train faulty runs as recipes, apply it, train again.

    python -m benchmarks.doctor.advice

For each faulty run that a recipe can express, the most severe finding's advice is tried as
`byhand doctor --try` does, and the change that ranks first is trained in full. It is advised if it
helped in the trial. It helps if the test accuracy rises by more than two standard errors (r2: by
0.01), or if it stays and the log loss on the test part falls by a tenth, beyond chance. "First
named" follows the advice without trying it. A run counts only if its form without the fault reaches
the bar of its data, and, where the fault does harm, if it misses the bar itself.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.doctor.case_recipe import can_be_a_recipe, recipe_of
from benchmarks.doctor.data import POOLS
from benchmarks.doctor.faulty import EXPECTED, FAULTS, draw_both, is_possible
from benchmarks.doctor.score import Count
from byhand import Run
from byhand.errors import DivergedError
from byhand.evaluation.doctor import Change, Finding
from byhand.evaluation.doctor.faults import Case
from byhand.recipes.recipe import Recipe
from byhand.runs.advised_recipe import changed_recipe, with_values
from byhand.runs.remedies import try_advice
from byhand.runs.train import train_recipe
from byhand.runs.train_options import TrainOptions
from byhand.runs.verdict import HELPFUL, Outcome, compare, diverged, judged

TRIES = 8
"""Number of runs drawn for each one that is wanted; some do not count."""

SPOILT_LABELS = {"class_imbalance", "label_noise"}
"""Checks whose faults are in the held-out labels, too. Their treatment is judged on the held-out
examples of the run without the fault."""


@dataclass(frozen=True)
class Treated:
    """A faulty run after treatment.

    Args:
        kind: the fault.
        finding: the check whose advice was tried; "" if no finding named a change.
        tried: verdict of the trial on the change that ranked first; "" if none was tried.
        best: verdict on this change, on the test part, after a full training.
        first: verdict on the change that was named first.
        change: the change that ranked first.
    """

    kind: str
    finding: str = ""
    tried: str = ""
    best: str = ""
    first: str = ""
    change: str = ""

    @property
    def advised(self) -> bool:
        """Whether a change helped in the trial, so that the doctor advises it."""
        return self.tried in HELPFUL


@dataclass(frozen=True)
class Clinic:
    """The trainings of one faulty run.

    Args:
        kind: the fault.
        base: the run without the fault, which must reach the bar of its data.
        case: the run with the fault.
        folder: folder of the runs.
        seconds: approximate time for one short training.
    """

    kind: str
    base: Case
    case: Case
    folder: Path
    seconds: float

    def treat(self) -> Treated | None:
        """Train the run, follow the doctor's advice, and train again; None if it does not count."""
        run = self._trained(recipe_of(self.case, self.folder / "case"), "as-it-is")
        score = self._outcome(run).score
        if FAULTS[self.kind].harms and score >= self.case.data.bar:
            return self._left_out(f"learns well all the same: {score:.3f}")
        healthy = self._trained(recipe_of(self.base, self.folder / "base"), "healthy")
        unspoilt = self._outcome(healthy, self.base).score
        if unspoilt < self.base.data.bar:
            return self._left_out(f"without the fault only {unspoilt:.3f}")
        finding = _first_with_changes(run)
        if finding is None:
            return Treated(self.kind)
        tried = try_advice(run, [finding], seconds=self.seconds)
        if not tried.remedies:
            return Treated(self.kind, finding.check)
        ranked_first = tried.remedies[0]
        best = ranked_first.change
        named = next(iter(with_values(run.recipe, finding.advice.changes[0])), None)
        verdict, after = self._followed(run, finding.check, best)
        first = verdict if named == best else self._followed(run, finding.check, named)[0]
        change = f"{best.option}={best.value}"
        print(
            f"{self.kind} [{self.case.describe()}] {score:.3f}; {finding.check}: {change}: "
            f"trial: {ranked_first.verdict}; full training: {verdict}, {after:.3f}; "
            f"first named: {first}",
            flush=True,
        )
        return Treated(self.kind, finding.check, ranked_first.verdict, verdict, first, change)

    def _outcome(self, run: Run, of: Case | None = None) -> Outcome:
        """Return how a run does on held-out examples; nothing is right if training diverged.

        Args:
            run: the run.
            of: the run of the benchmark whose held-out examples judge; by default the one with the
                fault, or the one without if the fault spoils the held-out labels.
        """
        is_spoilt = EXPECTED[self.kind] in SPOILT_LABELS
        judges = of or (self.base if is_spoilt else self.case)
        is_regression = not judges.data.classes
        if run.facts.did_diverge:
            failed = diverged(judges.y_held, is_regression=is_regression)
            return replace(failed, correct=np.zeros_like(failed.correct))
        outcome = judged(run.net, judges.x_held, judges.y_held, is_regression=is_regression)
        return replace(outcome, correct=np.maximum(outcome.correct, 0))

    def _followed(self, run: Run, check: str, change: Change | None) -> tuple[str, float]:
        """Train with a change; return its verdict and score on the test part."""
        changed = None if change is None else changed_recipe(run.recipe, change)
        if change is None or changed is None:
            return "", 0.0
        name = f"after-{len(list(self.folder.iterdir()))}"
        after = self._outcome(self._trained(changed, name))
        return compare(check, change, self._outcome(run), after).verdict, after.score

    def _trained(self, recipe: Recipe, name: str) -> Run:
        folder = self.folder / name
        options = TrainOptions(
            seed=self.case.seed, out=folder, threads=1, verbose=0, say=lambda _: None
        )
        try:
            return train_recipe(recipe, options)
        except DivergedError:
            return Run(folder)

    def _left_out(self, why: str) -> None:
        print(f"left out, {why}: {self.kind} [{self.case.describe()}]", flush=True)


def _first_with_changes(run: Run) -> Finding | None:
    return next((one for one in run.doctor() if one.severe and one.advice.changes), None)


def treated(
    pool: str, seeds: int, first: int, only: list[str] | None, rows: int, seconds: float
) -> Iterator[Treated]:
    """Treat runs of every fault that recipes can express."""
    for kind in only or FAULTS:
        if not is_possible(kind, pool):
            continue
        wanted = seeds
        for number in range(first, first + seeds * TRIES):
            base, case = draw_both(kind, pool, number)
            if not wanted or not can_be_a_recipe(case):
                break
            if len(case.x) > rows:
                continue
            with tempfile.TemporaryDirectory() as folder:
                one = Clinic(kind, base, case, Path(folder), seconds).treat()
            if one is not None:
                wanted -= 1
                yield one


def main() -> None:
    """Print how often the advice helps, by fault."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor.advice", description=__doc__)
    parser.add_argument("--pool", choices=list(POOLS), default="unseen")
    parser.add_argument("--seeds", type=int, default=4, help="runs of each fault")
    parser.add_argument("--first", type=int, default=20_000, help="number of the first run")
    parser.add_argument("--rows", type=int, default=100_000, help="largest number of examples")
    parser.add_argument("--seconds", type=float, default=5, help="time for each short training")
    parser.add_argument("--only", action="append", help="fault; may be given several times")
    chosen = parser.parse_args()
    began = time.perf_counter()
    runs = list(
        treated(chosen.pool, chosen.seeds, chosen.first, chosen.only, chosen.rows, chosen.seconds)
    )
    print("\n| fault | runs | advised | advice helps | first tried helps | first named | changes |")
    print("|---|---|---|---|---|---|---|")
    for kind in dict.fromkeys(run.kind for run in runs):
        _print_row(kind, [run for run in runs if run.kind == kind])
    _print_row("all", runs)
    advised = [run for run in runs if run.advised]
    if advised:
        print(f"\nadvice helps: {Count(sum(run.best in HELPFUL for run in advised), len(advised))}")
    print(f"{len(runs)} runs in {time.perf_counter() - began:.0f} s")


def _print_row(title: str, runs: list[Treated]) -> None:
    tried = [run for run in runs if run.tried]
    advised = [run for run in runs if run.advised]
    harm = sum(run.best == "harms" for run in advised)
    changes = "" if title == "all" else ", ".join(dict.fromkeys(f"`{r.change}`" for r in tried))
    cells = (
        title,
        len(runs),
        f"{len(advised)} of {len(tried)}",
        _helped([run.best for run in advised]) + (f", {harm} harm" if harm else ""),
        _helped([run.best for run in tried]),
        _helped([run.first for run in tried]),
        changes,
    )
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def _helped(verdicts: list[str]) -> str:
    return f"{sum(verdict in HELPFUL for verdict in verdicts)} of {len(verdicts)}"


if __name__ == "__main__":
    main()
