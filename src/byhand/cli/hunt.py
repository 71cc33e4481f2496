"""`byhand hunt`: find the one mistake that is planted into a small network."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from byhand.cli import printing
from byhand.cli.app import new_group
from byhand.cli.options import AsJson, Option
from byhand.errors import ArgumentError
from byhand.hunt.bug import Bug
from byhand.hunt.check import run_job
from byhand.hunt.folder import DEFAULT, Place, choose, find, function_of, is_place, start
from byhand.hunt.judge import STOPS
from byhand.user_path import user_path

app = new_group(
    help="Find the one mistake planted in a small network.",
    epilog="\b\nExamples:\n  byhand hunt start --level 2\n  byhand hunt gradcheck\n"
    "  byhand hunt hint\n  byhand hunt answer network.py:61\n  byhand hunt check",
)

WIDTH = 88
RIGHT = 1e-5
"""Largest relative error of a correct gradient; wrong ones are rarely below 1e-3."""

ROUNDING = 1e-12
"""Numbers below this are shown as 0."""

Folder = Annotated[
    Path | None, Option("--folder", help="The folder of the hunt.", show_default="here, or hunt/")
]
Level = Annotated[
    int, Option("--level", help="From 1 (obvious) to 4 (hidden behind good results).", min=1, max=4)
]

FIRST_STEPS = {
    "gradcheck": "or trace, or doctor: the tools",
    "hint": "a fifth of the points each",
    "answer FILE:LINE": "say where the mistake is, or ...",
    "check": "... fix it, and have the fix checked",
}

FIRST_HINTS = {
    "mathematics": "It is in the mathematics: initialisation, forward pass, loss or gradients. "
    "byhand hunt gradcheck compares loss and gradients, byhand hunt trace shows every value.",
    "data": "It is in the data: how images are read, scaled, moved or split. Draw some of them; "
    "byhand hunt trace shows sizes, byhand hunt doctor compares the parts.",
    "training": "It is in training: batches, steps, the learning rate, or which weights are kept. "
    "Print what changes from step to step, and read the curves; byhand hunt doctor does, too.",
    "evaluation": "It is in the evaluation: the network may be right while what is reported "
    "about it is not. Compute one figure of the report in a different way.",
}


@app.command("start")
def begin(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder for the hunt.")
    ] = Path(DEFAULT),
    level: Level = 1,
    seed: Annotated[
        int | None,
        Option("--seed", help="Same seed, same mistake, for a whole class.", min=0,
               show_default="random"),
    ] = None,
) -> None:  # fmt: skip
    """Write a network with one mistake into a folder. Earlier hunts in the folder stay."""
    place = start(user_path(folder), level, seed)
    option = "" if place.folder == Path(DEFAULT) else f" --folder {place.folder}"
    printing.line(
        f"A network with one mistake is in {place.path}: data.py, network.py, train.py and"
    )
    printing.line(
        "evaluate.py. The docstrings say what each function should do, and they are right."
    )
    printing.line()
    printing.line(f"  cd {place.path}; python train.py; python evaluate.py")
    for command, what in FIRST_STEPS.items():
        printing.line(f"  {f'byhand hunt {command}{option}':<{34 + len(option)}}  {what}")
    printing.line()
    printing.line(f"Level {level}, seed {place.hunt.seed}: {place.hunt.worth} points.")


@app.command("hint")
def hint(folder: Folder = None) -> None:
    """Show the next of three hints.

    Each costs a fifth of the points.
    """
    place = _open(folder)
    hints = [
        FIRST_HINTS[place.bug.kind],
        place.bug.hint,
        f"It is in the function {function_of(place.bug)} of {place.bug.module}.py.",
    ]
    if place.hunt.hints < len(hints):
        place.hunt.hints += 1
        place.save()
    for number, text in enumerate(hints[: place.hunt.hints], start=1):
        _paragraph(f"Hint {number}: {text}")
    _say_points(place)


@app.command("answer")
def answer(
    line: Annotated[
        str, typer.Argument(metavar="FILE:LINE", help="Where the mistake is: network.py:61.")
    ],
    folder: Folder = None,
) -> None:
    """Name the line of the mistake.

    A wrong answer costs a tenth of the points.
    """
    place = _open(folder)
    file, _, number = line.rpartition(":")
    if not file or not number.isdigit():
        raise ArgumentError(f"expected FILE:LINE, such as network.py:61, and got {line!r}.")
    if is_place(place, file, int(number)):
        _end(place, "found")
        _say_found(place)
        return
    place.hunt.wrong += 1
    place.save()
    printing.line(f"No, the mistake is not in {file}:{number}.")
    _say_points(place)
    raise typer.Exit(1)


@app.command("check")
def check(folder: Folder = None, as_json: AsJson = False) -> None:
    """Check your fix of the program.

    The program is compared with the correct one, function by function, in its own process with
    limits on time and memory. The exit code is 0 if the mistake is fixed and nothing else is
    broken.
    """
    place = find(None if folder is None else user_path(folder))
    differences: dict[str, str] = run_job(place.path, "check")
    planted = f"{place.bug.module}.{function_of(place.bug)}"
    shown = {
        name: what
        for name, what in differences.items()
        if name != planted or what.startswith(STOPS)  # the planted mistake itself runs
    }
    is_found = not differences and place.hunt.state == "open"
    if is_found:
        _end(place, "found")
    if as_json:
        is_mended = not differences
        printing.json_lines({"mended": is_mended, "broken": shown, "state": place.hunt.state})
    else:
        _print_check(place, differences, shown, is_found)
    if differences:
        raise typer.Exit(1)


@app.command("reveal")
def reveal(folder: Folder = None) -> None:
    """Give up and show the mistake, for no points."""
    place = _open(folder)
    _end(place, "revealed")
    _explain(place.bug)
    _say_points(place)


@app.command("score")
def score(folder: Folder = None, as_json: AsJson = False) -> None:
    """Show all hunts of the folder and their points."""
    place = find(None if folder is None else user_path(folder))
    hunts = place.score.hunts
    if as_json:
        listed = [
            {**hunt.model_dump(exclude={"mark"}), "points": hunt.points if hunt.state == "found"
             else 0} for hunt in hunts
        ]  # fmt: skip
        printing.json_lines({"total": place.score.total, "hunts": listed})
        return
    rows = [
        [f"bug-{number}", hunt.level, hunt.seed, hunt.hints, hunt.wrong, hunt.state,
         f"{hunt.points if hunt.state == 'found' else 0} of {hunt.worth}"]
        for number, hunt in enumerate(hunts, start=1)
    ]  # fmt: skip
    headings = ["hunt", "level", "seed", "hints", "wrong answers", "state", "points"]
    printing.table(headings, rows, left=["hunt", "state"])
    printing.line(f"{place.score.total} points")


@app.command("key")
def key(
    seed: Annotated[int, Option("--seed", help="The seed of the class.", min=0)],
    level: Level = 1,
    answers: Annotated[
        bool, Option("--answer-key", help="Print the answer; for teachers.")
    ] = False,
) -> None:
    """Print the mistake of a seed, for teachers."""
    if not answers:
        raise ArgumentError(
            "the answer is for teachers. If you are stuck: byhand hunt hint. To print the answer: "
            f"byhand hunt key --seed {seed} --level {level} --answer-key"
        )
    _explain(choose(level, seed))


@app.command("gradcheck")
def gradcheck(folder: Folder = None, as_json: AsJson = False) -> None:
    """Compare gradients with finite differences.

    Inputs and parameters are random, so neither data nor initialisation plays a part.
    """
    rows = _tool("gradcheck", folder)
    if as_json:
        printing.json_lines(rows)
        return
    headings = ["gradient", "without dropout", "with dropout", ""]
    cells = [
        [f"d{row['parameter']}", *(f"{error:.1e}" for error in row["errors"]), _verdict(row)]
        for row in rows
    ]
    printing.table(headings, cells, left=["gradient", ""])
    printing.line("relative errors, in the order in which the gradients are computed")


@app.command("trace")
def trace(folder: Folder = None, as_json: AsJson = False) -> None:
    """Show shape and size of every value.

    Smallest, mean and largest number, before and after training.
    """
    rows = _tool("trace", folder)
    if as_json:
        printing.json_lines(rows)
        return
    headings = ["value", "shape", "min", "mean", "max", "trained: min", "mean ", "max "]
    cells = [
        [row["value"], "x".join(map(str, row["shape"])),
         *(_short(number) for state in row["states"] for number in state)]
        for row in rows
    ]  # fmt: skip
    printing.table(headings, cells, left=["value", "shape"])
    printing.line("a batch of 32 training examples, with dropout; dW3 is the gradient of W3")


@app.command("doctor")
def doctor(folder: Folder = None) -> None:
    """Ask byhand's doctor about a run.

    The program trains; the doctor sees data, weights and losses, and not the code.
    """
    for text in _tool("doctor", folder):
        printing.line(text)


def _print_check(
    place: Place, differences: dict[str, str], shown: dict[str, str], is_found: bool
) -> None:
    for name, what in shown.items():
        printing.line(_broken(name, what))
    if differences.keys() - shown.keys():
        printing.line("The mistake is still there.")
    elif is_found:
        _say_found(place)
    elif not differences:
        printing.line("Fixed.")


def _broken(name: str, what: str) -> str:
    """Return a line about a function or setting that was right when the hunt began."""
    module, _, of = name.partition(".")
    if what.startswith(STOPS):
        return f"{module}.py: {of} {what}"
    return f"{module}.py: {of} was right and no longer is ({what})"


def _tool(name: str, folder: Path | None) -> Any:
    return run_job(find(None if folder is None else user_path(folder)).path, name)


def _short(number: float) -> str:
    """Return a number with two digits; rounding errors around 0 become 0."""
    return "0" if abs(number) < ROUNDING else f"{number:.2g}"


def _verdict(row: dict[str, Any]) -> str:
    if row["shape"]:
        return f"wrong: {row['shape']}"
    return "right" if max(row["errors"]) < RIGHT else "wrong"


def _open(folder: Path | None) -> Place:
    """Return the latest hunt; raise ArgumentError if it is over."""
    place = find(None if folder is None else user_path(folder))
    if place.hunt.state != "open":
        raise ArgumentError(
            f"the hunt in {place.path} is over ({place.hunt.state}). Start the next one with: "
            "byhand hunt start"
        )
    return place


def _end(place: Place, state: Literal["found", "revealed"]) -> None:
    place.hunt.state = state
    place.save()


def _say_found(place: Place) -> None:
    printing.line("Found!")
    _explain(place.bug)
    _say_points(place)


def _explain(bug: Bug) -> None:
    """Print a mistake: its place, the correct line, its effect, and where it happened."""
    printing.line()
    printing.line(f"  {bug.module}.py, line {', '.join(map(str, bug.lines))}: {bug.name}")
    for text in bug.wrong_lines:
        printing.line(f"    planted  {text}")
    for text in bug.right_lines:
        printing.line(f"    right    {text}")
    printing.line()
    _paragraph(bug.explanation)
    printing.line()
    _paragraph(f"Where it happens: {bug.case}")
    printing.line()


def _say_points(place: Place) -> None:
    hunt, total = place.hunt, place.score.total
    if hunt.state == "open":
        printing.line(f"Now worth {hunt.points} of {hunt.worth} points.")
    else:
        printing.line(f"{hunt.points} of {hunt.worth} points; {total} points in all.")


def _paragraph(text: str) -> None:
    width = min(WIDTH, shutil.get_terminal_size().columns)
    lines = textwrap.wrap(
        text, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )
    for line in lines:
        printing.line(line)
