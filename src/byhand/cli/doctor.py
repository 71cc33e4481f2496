"""`byhand doctor`: what looks unwell in a run, in numbers, with the option to change."""

from __future__ import annotations

from typing import Annotated

from byhand.cli import printing
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly
from byhand.evaluation.doctor import Finding
from byhand.evaluation.doctor.report import lines
from byhand.runs import Run

EXAMPLES = (
    "byhand doctor                                   the latest run",
    "byhand doctor basic-1                           a run by its name",
    "byhand doctor --all                             notes, too",
    "byhand doctor runs/basic-1 --json",
)

All = Annotated[bool, Option("--all", help="Notes as well: consequences, and what is usual.")]


def doctor(
    run: RunOnly = None,
    dataset: DatasetName = None,
    all_of_it: All = False,
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Find out what ails a training: scale, rate, units, gradients, fit, labels, split.

    Each finding has its evidence in numbers, what it means, and the option to change. The exit
    code is 0 whether anything is found or not.
    """
    found = Run(run, dataset=dataset, data_dir=data_dir, offline=offline or None)
    findings = found.doctor()
    if as_json:
        described = [finding.as_dict() for finding in findings]
        printing.json_lines({"run": found.path, "findings": described})
        return
    printing.line(f"{found.path}: {_counted(findings)}")
    shown = findings if all_of_it else [finding for finding in findings if finding.grave]
    for line in lines(shown) if shown else ():
        printing.line(line)


def _counted(findings: list[Finding]) -> str:
    grave = sum(finding.grave for finding in findings)
    notes = len(findings) - grave
    found = f"{grave} finding{'s' * (grave != 1)}" if grave else "nothing wrong was found"
    return found + (f" and {notes} note{'s' * (notes != 1)} (--all)" if notes else "") + "."
