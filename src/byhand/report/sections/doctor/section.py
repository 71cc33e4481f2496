"""Doctor: its findings about the training."""

from __future__ import annotations

from collections.abc import Mapping

from byhand.report.all_sections import ALL_TASKS, Contents, Section, Values
from byhand.report.sections.doctor.suspects import suspects

FIELDS = ("name", "severity", "evidence", "meaning", "fix")
"""The fields of a finding that the page shows."""


def _content(contents: Contents) -> Values:
    findings = contents.options.findings
    if findings is None:
        return {"findings": None, "suspects": []}
    found, inputs = suspects(contents)
    return {
        "findings": [_plain(one) for one in findings],
        "suspects": found,
        "arrays": {"suspects": inputs},
    }


def _plain(finding: object) -> dict[str, str]:
    """Return the fields of a finding, which is a dictionary or an object."""
    if not isinstance(finding, Mapping):
        finding = {key: getattr(finding, key, "") for key in FIELDS}
    return {key: str(finding.get(key) or "") for key in FIELDS}


def _verdict(contents: Contents) -> str:
    """Return the findings as a heading: "Doctor: nothing wrong, two notes"."""
    findings = contents.options.findings
    if findings is None:
        return "The doctor has not examined this run"
    severities = [_plain(one)["severity"] for one in findings]
    counts = {name: severities.count(name) for name in ("critical", "warning", "note")}
    faults = [_counted(counts[name], name) for name in ("critical", "warning") if counts[name]]
    notes = [_counted(counts["note"], "note")] if counts["note"] else []
    return "Doctor: " + ", ".join([*(faults or ["nothing wrong"]), *notes])


def _counted(count: int, name: str) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six")
    number = words[count] if count < len(words) else str(count)
    if name == "critical":
        return f"{number} critical {'fault' if count == 1 else 'faults'}"
    return f"{number} {name}{'' if count == 1 else 's'}"


SECTION = Section(
    name="doctor",
    place=70,
    title="Doctor",
    heading=_verdict,
    help="Findings about this training: the evidence in numbers, what it means, and which "
    "option to change.",
    content=_content,
    tasks=ALL_TASKS,
)
