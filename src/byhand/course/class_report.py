"""A whole class in one CSV table: the exercises that each learner has solved."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from byhand.course.check import check_file
from byhand.course.folder import DEFAULT, has_lessons, lesson_file
from byhand.course.judge import RIGHT
from byhand.course.lessons import LESSONS, load_lesson
from byhand.errors import FileError

HEADINGS = ("learner", "lesson", "exercise", "status", "finding")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Characters at which a spreadsheet would take a cell for a formula."""

Row = tuple[str, int, str, str, str]


def learners(folder: Path) -> list[tuple[str, Path]]:
    """Return name and folder of each learner: folders with lessons, or with `course/` inside.

    Raises:
        FileError: there is none.
    """
    found = []
    for one in (
        sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    ):
        place = next((place for place in (one, one / DEFAULT) if has_lessons(place)), None)
        if place is not None:
            found.append((one.name, place))
    if not found:
        raise FileError(
            f"{folder} contains no folder with lessons. Expected one folder for each learner, with "
            "the files that `byhand course start` writes."
        )
    return found


def report(folder: Path, tell: Callable[[str], None]) -> Iterator[Row]:
    """Check the lessons of every learner; yield a row for each exercise.

    Args:
        folder: a folder with one folder for each learner.
        tell: takes the name of each learner before the checks.
    """
    for name, place in learners(folder):
        tell(name)
        for number in LESSONS:
            lesson, path = load_lesson(number), lesson_file(place, number)
            if not path.is_file():
                for exercise in lesson.exercises:
                    yield name, number, exercise.name, "no file", ""
                continue
            for finding in check_file(path, lesson).findings:
                yield name, number, finding.exercise, finding.status, finding.message


def to_csv(rows: list[Row]) -> str:
    """Return rows as CSV with headings; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADINGS)
    for row in rows:
        writer.writerow([_safe(str(cell)) for cell in row])
    return text.getvalue()


def solved(rows: list[Row]) -> dict[str, int]:
    """Return the number of exercises that each learner has solved."""
    found: dict[str, int] = {}
    for name, _, _, status, _ in rows:
        found[name] = found.get(name, 0) + (status == RIGHT)
    return found


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
