"""`python -m benchmarks.licences`: the licence of every package that byhand needs, as a table.

byhand's requirements are read from pyproject.toml, those of other packages and their licences from
the metadata of this environment. With --write the table goes into docs/licences.md, between its two
marks.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
PAGE = Path("docs/licences.md")
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"

OWN = ("bench", "test", "docs", "dev")
"""Extras for working on byhand; users install the others."""

SHORTEST = 60
"""A field `License` with more characters is the text of a licence, not its name."""

SPOKEN = {
    "OSI Approved": "",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def asked() -> dict[str, list[Requirement]]:
    """Return what byhand itself requires for its users, by extra; "" for the base."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    lines = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: [Requirement(line) for line in lines[extra] if not line.startswith("byhand[")]
        for extra in lines
        if extra not in OWN
    }


def needed() -> dict[str, tuple[Distribution, str]]:
    """Return each package that users install, with the extra that asks for it; "" for the base."""
    found: dict[str, tuple[Distribution, str]] = {}
    for extra, requirements in asked().items():
        for requirement in requirements:
            _collect(requirement, extra, found, set())
    return dict(sorted(found.items()))


def missing() -> list[str]:
    """Return the packages that byhand asks for and that are not installed here."""
    names = {canonicalize_name(one.name) for all_of in asked().values() for one in all_of}
    return sorted(names - needed().keys())


def licence_of(package: Distribution) -> str:
    """Return the licence that a package states in its metadata."""
    expression = package.metadata.get("License-Expression")
    if expression:
        return str(expression)
    stated = (package.metadata.get("License") or "").strip().removeprefix("UNKNOWN")
    if stated and len(stated) <= SHORTEST and "\n" not in stated:
        return stated
    classifiers = package.metadata.get_all("Classifier") or []
    names = [one.rpartition("::")[2].strip() for one in classifiers if one.startswith("License")]
    return ", ".join(SPOKEN.get(name, name) for name in names) or stated.partition("\n")[0]


def table() -> str:
    """Return the table in Markdown."""
    lines = ["| package | version | licence | needed by |", "|---|---|---|---|"]
    for name, (package, extra) in needed().items():
        asks = f"byhand[{extra}]" if extra else "byhand"
        lines.append(f"| {name} | {package.version} | {licence_of(package)} | {asks} |")
    return "\n".join(lines)


def _collect(
    requirement: Requirement,
    extra: str,
    found: dict[str, tuple[Distribution, str]],
    seen: set[tuple[str, str]],
) -> None:
    """Add a package and all that it requires, also by the extras with which it is required."""
    name = canonicalize_name(requirement.name)
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return
    found.setdefault(name, (package, extra))
    for option in ("", *requirement.extras):
        if (name, option) in seen:
            continue
        seen.add((name, option))
        for other in _requirements(package, option):
            _collect(other, extra, found, seen)


def _requirements(package: Distribution, extra: str) -> Iterator[Requirement]:
    """Yield what a package requires on this machine; with an extra, only that of the extra."""
    for requirement in map(Requirement, package.requires or []):
        is_basic = _applies(requirement, "")
        if is_basic if not extra else not is_basic and _applies(requirement, extra):
            yield requirement


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def main() -> None:
    """Print the table, write it into the documentation, or print the extras."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.licences", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write it into {PAGE}")
    parser.add_argument("--extras", action="store_true", help="only name the extras for users")
    arguments = parser.parse_args()
    if arguments.extras:
        print(",".join(filter(None, asked())))
        return
    if absent := missing():
        sys.exit(f"not installed here, so not in the table: {', '.join(absent)}")
    if arguments.write:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", "utf-8")
    else:
        print(table())


if __name__ == "__main__":
    main()
