"""From observations to findings: all checks, then causes before consequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from byhand.evaluation.doctor.checks import CHECKS, EXPLAINS
from byhand.evaluation.doctor.finding import SEVERITIES, Finding
from byhand.evaluation.doctor.observations import Observations


def diagnose(seen: Observations) -> list[Finding]:
    """What looks unwell, the gravest first; nothing for a healthy run.

    A finding that follows from another one becomes a note that says so.
    """
    found = [finding for check in CHECKS.values() if (finding := check(seen)) is not None]
    return in_order(_explained(found))


def in_order(found: Sequence[Finding]) -> list[Finding]:
    """The gravest first, causes before consequences."""
    return sorted(found, key=lambda finding: -SEVERITIES.index(finding.severity))


def _explained(found: Sequence[Finding]) -> list[Finding]:
    """Findings that follow from a grave one that stands before them, marked as such."""
    causes: dict[str, str] = {}
    marked = []
    for finding in found:
        cause = causes.get(finding.check, "")
        if cause:
            finding = replace(finding, severity="note", follows=cause)
        elif finding.grave:
            for effect in EXPLAINS.get(finding.check, ()):
                causes.setdefault(effect, finding.check)
        marked.append(finding)
    return marked
