"""Doctor: what it found in the training."""

from __future__ import annotations

from collections.abc import Mapping

from byhand.report.section import Contents, Section, Values

FIELDS = ("name", "severity", "evidence", "meaning", "fix")
"""What the page shows of a finding."""


def _content(contents: Contents) -> Values:
    findings = contents.options.findings
    return {"findings": None if findings is None else [_plain(one) for one in findings]}


def _plain(finding: object) -> dict[str, str]:
    """Return the fields of a finding, which is a dictionary or an object."""
    if not isinstance(finding, Mapping):
        finding = {key: getattr(finding, key, "") for key in FIELDS}
    return {key: str(finding.get(key) or "") for key in FIELDS}


SECTION = Section(
    name="doctor",
    place=70,
    title="Doctor",
    help="What is wrong in this training: the evidence in numbers, what it means, and which option "
    "to change.",
    content=_content,
)
