"""`python -m benchmarks.licences`: the licence of every package that byhand needs, as a table.

The packages and their licences are read from the metadata of this environment. With --write the
table goes into docs/licences.md, between its two marks.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

PAGE = Path("docs/licences.md")
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"

EXTRAS = ("fast", "figures", "images")
"""Extras that users install; the others are for working on byhand."""

SHORTEST = 60
"""A field `License` with more characters is the text of a licence, not its name."""

SPOKEN = {
    "OSI Approved": "",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def needed(extras: tuple[str, ...] = EXTRAS) -> dict[str, tuple[Distribution, str]]:
    """Return each package that byhand needs, with the extra that asks for it; "" for the base."""
    found: dict[str, tuple[Distribution, str]] = {}
    for extra in ("", *extras):
        for name in _requirements(distribution("byhand"), extra):
            _collect(name, extra, found)
    return dict(sorted(found.items()))


def licence_of(package: Distribution) -> str:
    """Return the licence that a package states in its metadata."""
    expression = package.metadata.get("License-Expression")
    if expression:
        return str(expression)
    stated = (package.metadata.get("License") or "").strip()
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


def _collect(name: str, extra: str, found: dict[str, tuple[Distribution, str]]) -> None:
    try:
        package = distribution(name)
    except PackageNotFoundError:  # for another platform or another version of Python
        return
    if name in found:
        return
    found[name] = (package, extra)
    for other in _requirements(package, ""):
        _collect(other, extra, found)


def _requirements(package: Distribution, extra: str) -> Iterator[str]:
    """Yield the names that a package requires; with an extra, only those of the extra."""
    for line in package.requires or []:
        requirement, _, marker = line.partition(";")
        named = re.search(r"""extra\s*==\s*['"]([\w-]+)['"]""", marker)
        if (named[1] if named else "") == extra:
            yield re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0].lower().replace("_", "-")


def main() -> None:
    """Print the table, or write it into the documentation."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.licences", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write it into {PAGE}")
    if parser.parse_args().write:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", "utf-8")
    else:
        print(table())


if __name__ == "__main__":
    main()
