"""Turns observations into findings: runs all checks and puts causes before consequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from byhand.evaluation.doctor.checks import CHECKS, in_causal_order
from byhand.evaluation.doctor.finding import SEVERITIES, Finding, Findings
from byhand.evaluation.doctor.observations import Observations


def diagnose(seen: Observations) -> Findings:
    """Return the findings, the most severe first; none for a healthy run.

    A finding that follows from another one becomes a note that names its cause.
    """
    found = [finding for check in in_causal_order() if (finding := check(seen)) is not None]
    return in_order(_explained(found))


def in_order(found: Sequence[Finding]) -> Findings:
    """Sort findings: the most severe first, causes before consequences."""
    return Findings(sorted(found, key=lambda finding: -SEVERITIES.index(finding.severity)))


def _explained(found: Sequence[Finding]) -> list[Finding]:
    """Turn findings that follow from an earlier severe one into notes that name it."""
    causes: dict[str, str] = {}
    marked = []
    for finding in found:
        cause = causes.get(finding.check, "")
        if cause:
            finding = replace(finding, severity="note", follows=cause)
        elif finding.severe:
            for effect in CHECKS[finding.check].explains:
                causes.setdefault(effect, finding.check)
        marked.append(finding)
    return marked
