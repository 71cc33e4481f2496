"""`byhand doctor`: what looks wrong in a run, in numbers, with the option to change."""

from __future__ import annotations

from typing import Annotated, Any

from byhand.cli import printing
from byhand.cli.optional_values import SUSPECTS
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly
from byhand.evaluation.doctor import Finding, as_recipe
from byhand.evaluation.doctor.findings_text import lines
from byhand.readable import percent
from byhand.runs import Run
from byhand.runs.folder import find_run
from byhand.runs.remedies import Tried

EXAMPLES = (
    "byhand doctor                                   the latest run",
    "byhand doctor basic-1                           a run by its name",
    "byhand doctor --all                             with notes",
    "byhand doctor --try                             try the advice in short trainings",
    "byhand doctor basic-1 --suspects                ten labels that are probably wrong",
    "byhand doctor --suspects 50                     fifty of the latest run",
    "byhand doctor runs/basic-1 --json",
)

Suspects = Annotated[
    int,
    Option(
        "--suspects",
        help=f"List this many examples whose label is probably wrong ({SUSPECTS} unless a number "
        "follows), and repeated examples.",
        min=0,
    ),
]
Try = Annotated[
    bool,
    Option("--try", help="Train briefly with each advised change, and show how much each helps."),
]
Seconds = Annotated[
    float,
    Option("--seconds", help="With --try: approximate time for one training.", min=0.1, max=3600),
]
All = Annotated[
    bool, Option("--all", help="Show notes as well: consequences of other findings, and remarks.")
]


def doctor(
    run: RunOnly = None,
    dataset: DatasetName = None,
    all_of_it: All = False,
    try_it: Try = False,
    seconds: Seconds = 5.0,
    suspects: Suspects = 0,
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Find out what is wrong with a training run: scale, learning rate, units, gradients, data.

    Each finding gives the evidence in numbers, what it means, and the option to change. The exit
    code is 0 with and without findings.
    """
    folder = find_run(run, dataset, trained=False)
    found = Run(folder, data_dir=data_dir, offline=offline or None)
    findings = found.doctor()
    tried = found.try_advice(findings, seconds=seconds) if try_it else None
    doubts = found.suspects(suspects) if suspects else {}
    if as_json:
        described = [finding.as_dict(recipe=True) for finding in findings]
        trials = {"tried": tried.as_dict()} if tried else {}
        printing.json_lines({"run": found.path, "findings": described, **trials, **doubts})
        return
    printing.line(f"{found.path}: {_counted(findings)}")
    shown = findings if all_of_it else [finding for finding in findings if finding.severe]
    for line in lines(shown, recipe=True) if shown else ():
        printing.line(line)
    if tried:
        _print_tried(tried)
    if doubts:
        _print_doubts(doubts)


def _print_tried(tried: Tried) -> None:
    printing.line()
    if not (tried.remedies or tried.untried):
        printing.line("no finding advises an option to change, so there is nothing to try.")
        return
    if tried.remedies:
        length = f"{tried.epochs} epoch{'s' * (tried.epochs != 1)}"
        short = f" of {tried.of}" if tried.epochs < tried.of else ""
        printing.line(
            f"tried for {length}{short} on {tried.examples:,} validation examples; "
            f"{tried.measure} as it is: {tried.written(tried.score)}"
        )
        rows = [
            [
                as_recipe(remedy.change),
                tried.written(remedy.score) + _unless(remedy.measure, tried.measure),
                tried.written_gain(remedy.gain),
                remedy.verdict,
            ]
            for remedy in tried.remedies
        ]
        headings = ["change", tried.measure, "gain", ""]
        printing.table(headings, rows, left=["change", ""])
        if tried.advised is None:
            printing.line("no change helped: keep the recipe as it is, or follow the text above.")
    if tried.untried:
        printing.line(f"not tried: {'; '.join(tried.untried)}")


def _unless(measure: str, usual: str) -> str:
    """Return the name of a measure that is not the usual one."""
    return "" if measure == usual else f" {measure}"


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
