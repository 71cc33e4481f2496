"""Splits a page into its title and its cells of text and code.

A page is a script in the layout of sphinx-gallery: a docstring with title and introduction; then
code, and text in comments that begin with `# %%`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

LINK = re.compile(r"`([^`<]+?)\s*<([^>]+)>`_+")
LITERAL = re.compile(r"``([^`]+)``")
HEADING = re.compile(r"^(.+)\n([=~-])\2{2,}$", re.MULTILINE)
LEVELS = {"=": "#", "-": "##", "~": "###"}


@dataclass(frozen=True)
class Cell:
    """A piece of a page.

    Args:
        kind: "markdown" or "code".
        text: its text, without empty lines at the beginning and the end.
    """

    kind: str
    text: str


def cells(script: str) -> list[Cell]:
    """Return the cells of a page, in their order."""
    module = ast.parse(script)
    introduction = ast.get_docstring(module) or ""
    after = module.body[0].end_lineno if introduction else 0
    found = [Cell("markdown", to_markdown(introduction))]
    block: list[str] = []
    for line in [*script.splitlines()[after:], "# %%"]:
        if line.startswith("# %%"):
            found += _block(block)
            block = []
        block.append(line)
    return [cell for cell in found if cell.text]


def _block(lines: list[str]) -> list[Cell]:
    """Return the text and the code of a block."""
    count = 0
    if lines and lines[0].startswith("# %%"):
        count = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    text = "\n".join(line[2:] for line in lines[1:count])
    return [
        Cell("markdown", to_markdown(text)),
        Cell("code", "\n".join(lines[count:]).replace("  # fmt: skip", "").strip("\n")),
    ]


def to_markdown(text: str) -> str:
    """Return reStructuredText as Markdown, for the few constructs that pages use."""
    text = HEADING.sub(lambda found: f"{LEVELS[found[2]]} {found[1]}", text.strip())
    text = LINK.sub(r"[\1](\2)", text)
    return LITERAL.sub(r"`\1`", text)
