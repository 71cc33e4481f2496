"""Writes findings as text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from byhand.evaluation.doctor.finding import Finding

WIDTH = 96
HEALTHY = "The doctor found nothing wrong."


def lines(findings: Sequence[Finding], *, recipe: bool = False) -> list[str]:
    """Write findings for a plain terminal, with a block of lines for each.

    Args:
        findings: from `diagnose`.
        recipe: write the options to change as lines of a recipe, not as Python arguments.
    """
    if not findings:
        return [HEALTHY]
    return [line for finding in findings for line in _block(finding, recipe)]


def _block(finding: Finding, recipe: bool) -> list[str]:
    follows = f" (follows from {finding.follows})" if finding.follows else ""
    advice = finding.advice.in_recipe() if recipe else finding.advice.in_python()
    return [
        f"{finding.severity}: {finding.name} [{finding.check}]{follows}",
        *_wrapped("evidence", finding.evidence),
        *_wrapped("meaning", finding.meaning),
        *_wrapped("change", advice),
    ]


def _wrapped(label: str, text: str) -> list[str]:
    first, rest = f"  {label:<9}", " " * 11
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest)
