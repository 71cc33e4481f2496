"""A finding: one thing that looks wrong in a run. `diagnosis.py` puts findings in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from byhand.evaluation.display import finding_html, findings_html
from byhand.evaluation.doctor.advice import Advice

SEVERITIES = ("note", "warning", "critical")
"""A note is good to know; a warning costs accuracy or time; a critical run is worthless."""


@dataclass(frozen=True)
class Finding:
    """One thing that looks wrong in a run.

    Args:
        name: the finding in a few words.
        severity: a name from `SEVERITIES`.
        evidence: the numbers that show it, as a sentence.
        meaning: what it means, in one sentence.
        advice: the options to change, as data.
        numbers: the numbers of the evidence by name.
        follows: the check whose finding explains this one; "" if there is none.
        check: the check that found it, a name from `CHECKS`; the caller of the check sets it.
    """

    name: str
    severity: str
    evidence: str
    meaning: str
    advice: Advice
    numbers: Mapping[str, float] = field(default_factory=dict)
    follows: str = ""
    check: str = ""

    @property
    def severe(self) -> bool:
        """Whether the finding is more than a note."""
        return self.severity != "note"

    @property
    def fix(self) -> str:
        """The advice with its options as Python arguments."""
        return self.advice.in_python()

    def _repr_html_(self) -> str:
        return str(finding_html(self))

    def as_dict(self, *, recipe: bool = False) -> dict[str, Any]:
        """All fields as JSON types.

        Args:
            recipe: write the options in `fix` as lines of a recipe, not as Python arguments.
        """
        fields = {**asdict(self), "numbers": dict(self.numbers)}
        advice = fields.pop("advice")
        changes = [
            {name: value for name, value in change.items() if value not in (None, "")}
            for change in advice["changes"]
        ]
        fix = self.advice.in_recipe() if recipe else self.advice.in_python()
        return {**fields, "changes": changes, "fix": fix}


class Findings(list[Finding]):
    """A list of findings with a notebook display."""

    def _repr_html_(self) -> str:
        return findings_html(self)
