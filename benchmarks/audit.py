"""`python -m benchmarks.audit`: the known vulnerabilities of every package that users install.

pip-audit asks OSV, the open database of vulnerabilities, for the exact versions in this
environment. The exit code is 0 if every package was looked up and none is known to be vulnerable,
1 if one is, and 2 if the database could not be asked: then nothing is known.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.licences import needed

OSV = "https://api.osv.dev/v1/query"

FOUND, NOT_ASKED = 1, 2

CAUSE = re.compile(r"""Caused by \w+\(["'](?:[^"]*?\): )?(.*)["']\)\)$""")
"""The cause within a failed connection, as the library that makes it words it."""


def main(words: list[str] | None = None) -> int:
    """Print the vulnerabilities, or in one line that none is known or why nothing was looked up."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    beside = Path(sys.executable).with_name("pip-audit")
    parser.add_argument("--tool", type=Path, default=beside, help=f"pip-audit ({beside})")
    parser.add_argument("--osv-url", default=OSV, help=f"where OSV is asked ({OSV})")
    arguments = parser.parse_args(words)
    versions = {name: package.version for name, (package, _) in needed().items()}
    versions.pop("byhand", None)
    try:
        answers = _ask(versions, arguments.tool, arguments.osv_url)
    except AuditError as error:
        print(f"nothing was audited: {error}", file=sys.stderr)
        return NOT_ASKED
    lines = [
        f"{one['name']} {one['version']}: {known['id']}, {_fixed(known)}. {known['description']}"
        for one in answers
        for known in one["vulns"]
    ]
    print("\n".join(lines) or f"{len(answers)} packages, no known vulnerability")
    return FOUND if lines else 0


class AuditError(Exception):
    """A package could not be looked up."""


def _ask(versions: dict[str, str], tool: Path, url: str) -> list[dict[str, Any]]:
    """Return what OSV knows about each version.

    Raises:
        AuditError: OSV did not answer, or not about every package.
    """
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "requirements.txt"
        pinned.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()))
        options = ["--vulnerability-service", "osv", "--osv-url", url, "--format", "json"]
        options += ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--desc", "on"]
        try:
            done = subprocess.run(
                [tool, *options, "--requirement", pinned],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        except OSError as error:
            raise AuditError(f"{tool} cannot be run: {error.strerror}") from error
    try:
        answers: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError as error:
        raise AuditError(f"no answer from {url}: {_reason(done.stderr)}") from error
    missed = versions.keys() - {one["name"] for one in answers if "vulns" in one}
    if missed:
        raise AuditError(f"{url} was not asked about {', '.join(sorted(missed))}")
    return answers


def _reason(messages: str) -> str:
    """Return the cause of the last error in what pip-audit printed."""
    last = (messages.strip() or "pip-audit printed nothing").splitlines()[-1]
    cause = CAUSE.search(last)
    return cause[1] if cause else last


def _fixed(known: dict[str, Any]) -> str:
    versions = known["fix_versions"]
    return f"fixed in {', '.join(versions)}" if versions else "not fixed yet"


if __name__ == "__main__":
    sys.exit(main())
