"""`byhand doctor`: what looks wrong in a run, in numbers, with the option to change."""

from __future__ import annotations

from typing import Annotated, Any

from byhand.cli import printing
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly
from byhand.evaluation.doctor import Finding
from byhand.evaluation.doctor.report import lines
from byhand.readable import percent
from byhand.runs import Run

EXAMPLES = (
    "byhand doctor                                   the latest run",
    "byhand doctor basic-1                           a run by its name",
    "byhand doctor --all                             notes, too",
    "byhand doctor --suspects 10                     labels that are probably wrong",
    "byhand doctor runs/basic-1 --json",
)

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
    """Find out what is wrong with a training run: scale, learning rate, units, gradients, data.

    Each finding has its evidence in numbers, what it means, and the option to change. The exit
    code is 0 whether anything is found or not.
    """
    found = Run(run, dataset=dataset, data_dir=data_dir, offline=offline or None)
    findings = found.doctor()
    doubts = found.suspects(suspects) if suspects else {}
    if as_json:
        described = [finding.as_dict(recipe=True) for finding in findings]
        printing.json_lines({"run": found.path, "findings": described, **doubts})
        return
    printing.line(f"{found.path}: {_counted(findings)}")
    shown = findings if all_of_it else [finding for finding in findings if finding.severe]
    for line in lines(shown, recipe=True) if shown else ():
        printing.line(line)
    if doubts:
        _print_doubts(doubts)


def _print_doubts(doubts: dict[str, list[dict[str, Any]]]) -> None:
    printing.line()
    printing.line("labels that are probably wrong, the most doubtful first (rows count from 0)")
    rows = [
        [
            one["part"],
            one["row"],
            one["label"],
            one["likely"],
            percent(one["probability_of_label"], 1),
        ]
        for one in doubts["suspects"]
    ]
    headings = ["part", "row", "label", "likely", "probability of the label"]
    printing.table(headings, rows, left=["part", "label", "likely"])
    printing.line()
    printing.line(f"groups of equal examples: {len(doubts['repeated']) or 'none'}")
    for group in doubts["repeated"]:
        printing.line(f"  {group['part']}: rows {', '.join(map(str, group['rows']))}")


def _counted(findings: list[Finding]) -> str:
    severe = sum(finding.severe for finding in findings)
    notes = len(findings) - severe
    found = f"{severe} finding{'s' * (severe != 1)}" if severe else "nothing wrong"
    return found + (f", {notes} note{'s' * (notes != 1)} (see --all)" if notes else "") + "."
