"""`byhand course`: twelve lessons with exercises, and checks that name the mistake."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from byhand.atomic import write_whole
from byhand.cli import printing
from byhand.cli.app import new_group
from byhand.cli.options import AsJson, Option
from byhand.course import class_report
from byhand.course.check import Checked, check_file
from byhand.course.folder import DEFAULT, answer_key, find_folder, lesson_file, start_course
from byhand.course.judge import HOLE, Finding
from byhand.course.lessons import LESSONS, load_lesson
from byhand.errors import ArgumentError, FileError
from byhand.user_path import user_path

app = new_group(
    help="Twelve lessons with exercises: write the functions, and let byhand check them.",
    epilog="\b\nExamples:\n  byhand course start\n  byhand course check 1\n"
    "  byhand course report class/ --out class.csv",
)

Number = Annotated[int, typer.Argument(metavar="LESSON", help="Number of the lesson, 1 to 12.")]
Folder = Annotated[
    Path | None,
    Option("--folder", help="The folder with the exercises.", show_default="here, or course/"),
]


@app.command("start")
def start(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder for the exercises.")
    ] = Path(DEFAULT),
) -> None:
    """Write the exercises of all lessons into a folder; existing files are kept."""
    place = user_path(folder)
    written, kept = start_course(place)
    if written:
        printing.line(f"{len(written)} lessons are in {place}.")
    if kept:
        printing.line(f"{len(kept)} lessons existed already and are unchanged.")
    printing.line(f"Open {lesson_file(place, 1)}, write the first function, and run:")
    elsewhere = "" if place == Path(DEFAULT) else f" --folder {place}"
    printing.line(f"  byhand course check 1{elsewhere}")


@app.command("list")
def list_lessons() -> None:
    """List the lessons and their exercises."""
    rows = [
        [number, title, ", ".join(one.name for one in load_lesson(number).exercises)]
        for number, (_, title) in LESSONS.items()
    ]
    headings = ["", "lesson", "functions to write"]
    printing.table(headings, rows, left=headings[1:], wraps=headings[2:])


@app.command("check")
def check(lesson: Number, folder: Folder = None, as_json: AsJson = False) -> None:
    """Run your functions for a lesson, and say what is wrong with them.

    The code runs in its own process for at most ten seconds. The exit code is 0 if every exercise
    is right, and 1 otherwise.
    """
    known = load_lesson(lesson)
    path = lesson_file(find_folder(None if folder is None else user_path(folder)), lesson)
    if not path.is_file():
        raise FileError(f"{path} is missing. Write it again with: byhand course start")
    checked = check_file(path, known)
    if as_json:
        printing.json_lines(_as_dict(checked))
    else:
        _print(checked)
    if checked.right < len(checked.findings):
        raise typer.Exit(1)


@app.command("solution")
def solution(
    lesson: Number,
    answers: Annotated[
        bool, Option("--answer-key", help="Print the answers; for teachers.")
    ] = False,
) -> None:
    """Print the answers of a lesson, for teachers."""
    known = load_lesson(lesson)
    if not answers:
        raise ArgumentError(
            "the answers are for teachers. If you are stuck, the lesson's page has hints. To print "
            f"the answers: byhand course solution {lesson} --answer-key"
        )
    printing.line(answer_key(known).rstrip("\n"))


@app.command("report")
def report(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="A folder that holds a folder for each learner."),
    ],
    out: Annotated[
        Path | None,
        Option("--out", help="Write the table to this file.", show_default="standard output"),
    ] = None,
) -> None:
    """Check the folders of a whole class, and write a CSV table.

    The table has a row for each exercise. Every learner's code runs here with your permissions, in
    a process with limits on time and memory.
    """
    rows = list(class_report.report(user_path(folder), lambda name: printing.note(f"{name} ...")))
    text = class_report.to_csv(rows)
    if out is None:
        printing.line(text.rstrip("\n"))
        return
    write_whole(user_path(out), text.encode("utf-8"))
    most = sum(len(load_lesson(number).exercises) for number in LESSONS)
    for name, count in class_report.solved(rows).items():
        printing.line(f"{name}: {count} of {most} right")


def _print(checked: Checked) -> None:
    width = max(len(finding.exercise) for finding in checked.findings)
    for text in checked.printed:
        printing.line(f"  your code printed: {text}")
    for finding in checked.findings:
        printing.line(f"  {finding.exercise:<{width}}  {_told(finding, width)}")
    total = len(checked.findings)
    todo = sum(finding.status == HOLE for finding in checked.findings)
    rest = f", {todo} to do" if todo else ""
    printing.line(f"lesson {checked.lesson.number}: {checked.right} of {total} right{rest}")
    if checked.right == total and checked.lesson.number < len(LESSONS):
        printing.line(f"Well done. Next: {LESSONS[checked.lesson.number + 1][1]}")


def _told(finding: Finding, width: int) -> str:
    """Return the status, with the message on separate lines."""
    if not finding.message:
        return finding.status
    margin = " " * (width + 4)
    columns = max(60, min(100, shutil.get_terminal_size().columns))
    lines = textwrap.wrap(
        finding.message, columns, initial_indent=margin, subsequent_indent=margin,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return "\n".join([finding.status, *lines])


def _as_dict(checked: Checked) -> dict[str, object]:
    return {
        "lesson": checked.lesson.number,
        "right": checked.right,
        "exercises": [
            {"name": one.exercise, "status": one.status, "message": one.message}
            for one in checked.findings
        ],
        "printed": list(checked.printed),
    }
