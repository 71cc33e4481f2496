"""What the doctor says: one finding for one thing that looks unwell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SEVERITIES = ("note", "warning", "critical")
"""note: worth knowing; warning: costs accuracy or time; critical: the run is worthless as it is."""


@dataclass(frozen=True)
class Finding:
    """One thing that looks unwell.

    Args:
        check: the check that found it, a name from `CHECKS`.
        name: what it is, in a few words.
        severity: a name from `SEVERITIES`.
        evidence: the numbers that show it, as a sentence.
        meaning: what it means, in one sentence.
        fix: the exact option to change.
        numbers: the numbers of the evidence by name.
        follows: the check whose finding explains this one; "" where it stands for itself.
    """

    check: str
    name: str
    severity: str
    evidence: str
    meaning: str
    fix: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    follows: str = ""

    @property
    def grave(self) -> bool:
        """Whether it is more than a note."""
        return self.severity != "note"

    def as_dict(self) -> dict[str, Any]:
        """All fields, as JSON can hold them."""
        return {**asdict(self), "numbers": dict(self.numbers)}
