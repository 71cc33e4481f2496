"""A learner's folder: the files of the lessons, with holes where the learner writes."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from byhand.atomic import write_whole
from byhand.course.lessons import LESSONS, Lesson, load_lesson, module_name
from byhand.course.worker import HOLE
from byhand.errors import FileError

DEFAULT = "course"
"""Default name of the folder."""

HOLE_LINE = f'    raise NotImplementedError("{HOLE}")  # replace this line with your code\n'


def answer_key(lesson: Lesson) -> str:
    """Return the text of a lesson's file with all answers."""
    folder = resources.files("byhand.course.answers")
    return folder.joinpath(f"{lesson.module}.py").read_text("utf-8")


def with_holes(text: str, names: Iterable[str]) -> str:
    """Return a program in which the bodies of these functions are holes below their docstrings."""
    lines = text.splitlines(keepends=True)
    wanted = set(names)
    functions = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name in wanted
    ]
    for function in reversed(functions):
        docstring = function.body[0]
        lines[docstring.end_lineno : function.end_lineno] = [HOLE_LINE]
    return "".join(lines)


def start_course(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the files of all lessons, except those that exist.

    Returns:
        The files written, and those that existed.

    Raises:
        FileError: the folder cannot be written.
    """
    written, kept = [], []
    for number in LESSONS:
        lesson = load_lesson(number)
        path = lesson_file(folder, number)
        if path.exists():
            kept.append(path)
            continue
        names = [exercise.name for exercise in lesson.exercises]
        write_whole(path, with_holes(answer_key(lesson), names).encode("utf-8"))
        written.append(path)
    return written, kept


def lesson_file(folder: Path, number: int) -> Path:
    """Return the path of a lesson's file in a learner's folder."""
    return folder / f"{module_name(number, LESSONS[number][0])}.py"


def has_lessons(folder: Path) -> bool:
    """Return whether a folder holds the file of any lesson."""
    return any(lesson_file(folder, number).is_file() for number in LESSONS)


def find_folder(folder: Path | None) -> Path:
    """Return the learner's folder: the one given, this one, or `course` in this one.

    Raises:
        FileError: none of them has a lesson.
    """
    tried = [folder] if folder is not None else [Path(), Path(DEFAULT)]
    for one in tried:
        if has_lessons(one):
            return one
    where = str(folder) if folder is not None else "this folder, or in course/"
    raise FileError(f"there are no lessons in {where}. Write them with: byhand course start")
