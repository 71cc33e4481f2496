"""Make anew at every build: the command line, the API, the picture of rooms, known mistakes."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import byhand
import rooms
from byhand.cli.app import VERBS
from byhand.examine.mistakes import CATALOGUE

SUBCOMMAND = re.compile(r"^  ([a-z][a-z-]*)  +\S", re.MULTILINE)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", make_pages)
    # Before napoleon (500), which turns Args and Raises into fields.
    app.connect("autodoc-process-docstring", plain_text, priority=100)
    return {"parallel_read_safe": True}


def make_pages(app: Any) -> None:
    """Write every generated file, unless it is there with the same text."""
    folder = Path(app.srcdir) / "_generated"
    folder.mkdir(exist_ok=True)
    write(folder / "cli.md", command_line())
    write(folder / "api.rst", api())
    write(folder / "mistakes.md", mistakes())
    rooms.draw(Path(byhand.__file__).parent, folder / "rooms.svg")


def write(path: Path, text: str) -> None:
    """Write a text file only if it changes, so that Sphinx does not read it again in vain."""
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


# --- the command line ---------------------------------------------------------------------------


def command_line() -> str:
    """Return a section with the help of each command and of its subcommands."""
    sections = [section("byhand", [])]
    for verb in VERBS:
        sections.append(section(f"byhand {verb}", [verb]))
        listed = help_of([verb]).partition("Commands:\n")[2].partition("\n\n")[0]
        sections += [
            section(f"byhand {verb} {name}", [verb, name]) for name in SUBCOMMAND.findall(listed)
        ]
    return "\n".join(sections)


def section(title: str, arguments: list[str]) -> str:
    """Return a heading and the help in a block."""
    return f"## `{title}`\n\n```text\n{help_of(arguments).rstrip()}\n```\n"


def help_of(arguments: list[str]) -> str:
    """Return what `byhand ... --help` prints."""
    return subprocess.run(
        [sys.executable, "-m", "byhand", *arguments, "--help"],
        capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "100"},
    ).stdout  # fmt: skip


# --- the examiner -------------------------------------------------------------------------------


def mistakes() -> str:
    """Return a table of the mistakes that the examiner finds by their numbers."""
    told = {
        (stage, kind.name): kind.says.replace("|", "\\|")
        for stage in CATALOGUE
        for kind in reversed(CATALOGUE[stage])
    }
    rows = [f"| {stage} | `{name}` | {says} |" for (stage, name), says in sorted(told.items())]
    return "\n".join(["| stage | name | what is wrong |", "|---|---|---|", *rows]) + "\n"


# --- the library --------------------------------------------------------------------------------


def api() -> str:
    """Return the page of every public name, grouped by the module it comes from."""
    homes: dict[str, list[str]] = {}
    for name in byhand.__all__:
        value = getattr(byhand, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            homes.setdefault(".".join(value.__module__.split(".")[:2]), []).append(name)
    parts = ["API", "===", "", "Everything here is imported from ``byhand`` itself.", ""]
    for home in sorted(homes):
        parts += [home, "-" * len(home), ""]
        for name in homes[home]:
            parts += entry(name, getattr(byhand, name))
    return "\n".join(parts) + "\n"


def entry(name: str, value: Any) -> list[str]:
    """Return the directive that documents one name."""
    if inspect.isclass(value):
        return [f".. autoclass:: byhand.{name}", "   :members:", ""]
    return [f".. autofunction:: byhand.{name}", ""]


CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
OUTSIDE_CODE = re.compile(r"(``[^`]*``)")


def plain_text(
    app: Any, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """Protect what reStructuredText would take for markup: docstrings are plain text."""
    for i, line in enumerate(lines):
        coded = CODE.sub(r"``\1``", line)
        pieces = OUTSIDE_CODE.split(coded)
        pieces[::2] = [re.sub(r"([*|])", r"\\\1", piece) for piece in pieces[::2]]
        pieces[::2] = [re.sub(r"(\w)_(?=\W|$)", r"\1\\_", piece) for piece in pieces[::2]]
        lines[i] = "".join(pieces)
