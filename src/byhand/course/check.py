"""Checks a learner's file: runs it, compares it with the library, and names the mistakes."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from byhand.course.exercise import Case, Exercise, cases_of
from byhand.course.judge import RIGHT, WRONG, Finding, and_list, judge
from byhand.course.lessons import Lesson
from byhand.course.process import Ran, run_file
from byhand.learner.limits import COURSE_SECONDS


@dataclass(frozen=True)
class Checked:
    """The results of checking a learner's lesson.

    Args:
        lesson: the lesson.
        findings: one for each exercise.
        printed: the first lines that the learner's code printed.
    """

    lesson: Lesson
    findings: tuple[Finding, ...]
    printed: tuple[str, ...] = ()

    @property
    def right(self) -> int:
        """Number of correct exercises."""
        return sum(finding.status == RIGHT for finding in self.findings)


def check_file(path: Path, lesson: Lesson, seconds: float = COURSE_SECONDS) -> Checked:
    """Check the exercises of a lesson in a learner's file."""
    cases = [cases_of(exercise) for exercise in lesson.exercises]
    ran = run_file(path, lesson.exercises, cases, seconds)
    findings = [
        _finding(ran, place, exercise, tried)
        for place, (exercise, tried) in enumerate(zip(lesson.exercises, cases, strict=True))
    ]
    if not ran.error:
        findings = _with_causes(path, findings)
    return Checked(lesson, tuple(findings), ran.printed)


def _with_causes(path: Path, findings: Sequence[Finding]) -> list[Finding]:
    """Add to each wrong finding the wrong functions that it calls."""
    called = _calls(path)
    wrong = {finding.exercise for finding in findings if finding.status != RIGHT}
    told = []
    for finding in findings:
        causes = sorted((called.get(finding.exercise, set()) & wrong) - {finding.exercise})
        if finding.status == WRONG and causes:
            which = (
                f"(It calls {and_list(causes)}, which {'is' if len(causes) == 1 else 'are'} not "
            )
            end = "" if finding.message.endswith((".", "?", ")")) else "."
            message = f"{finding.message}{end} {which}right yet: fix that first.)"
            finding = replace(finding, message=message)
        told.append(finding)
    return told


def _calls(path: Path) -> dict[str, set[str]]:
    """Return the names called by each function of a file."""
    return {
        function.name: {
            node.func.id
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        for function in ast.parse(path.read_bytes()).body
        if isinstance(function, ast.FunctionDef)
    }


def _finding(ran: Ran, place: int, exercise: Exercise, cases: Sequence[Case]) -> Finding:
    if ran.error:
        return Finding(exercise.name, WRONG, f"the file does not run: {ran.error}")
    return judge(exercise, cases, ran.outcomes[place])
