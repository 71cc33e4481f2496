"""Joins the page's modules, style and payload into one file.

The modules are ordinary ES modules. A page opened from disk cannot import others, so each becomes
a function that returns what it exports, in the order of their imports:

    import { el } from "./dom.js";       becomes   const { el } = modules.dom;
    export function showRun() {...}      becomes   function showRun() {...}
                                                   and, at the end, return { showRun };

Nothing else is changed, so what is read in the browser is what stands in the source.
"""

from __future__ import annotations

import html
import re
from functools import cache
from importlib.resources import files

FOLDER = files("byhand.report") / "page"
ENTRY = "main"

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


@cache
def source(name: str) -> str:
    """The text of one file of the page."""
    return (FOLDER / name).read_text(encoding="utf-8")


def module_names() -> list[str]:
    """Every module of the page, each after those it imports."""
    order: list[str] = []
    _visit(ENTRY, order)
    return order


def _visit(name: str, order: list[str]) -> None:
    if name in order:
        return
    for needed in _IMPORT.findall(source(f"{name}.js")):
        _visit(needed[1], order)
    order.append(name)


def wrapped(name: str) -> str:
    """One module as a function that is called at once and gives its exports."""
    text = source(f"{name}.js")
    exports = [match[1] for match in _EXPORT.findall(text)]
    body = _EXPORT.sub(r"\1", _IMPORT.sub(_destructured, text))
    returned = f"return {{ {', '.join(exports)} }};"
    return f"// ===== {name}.js =====\nmodules.{name} = (() => {{\n{body}\n{returned}\n}})();\n"


def _destructured(found: re.Match[str]) -> str:
    names = " ".join(found[1].split()).replace(" as ", ": ")
    return f"const {{ {names} }} = modules.{found[2]};\n"


def script() -> str:
    """All modules as one script."""
    parts = ['"use strict";', "const modules = {};", *map(wrapped, module_names())]
    return _inside_script("\n".join(parts))


def _inside_script(text: str) -> str:
    """The text with the sequences escaped that would end or confuse a script element."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", text, flags=re.IGNORECASE)


def assemble(title: str, payload: str) -> str:
    """The whole page."""
    filling = {
        "title": html.escape(title),
        "style": source("page.css"),
        "payload": payload,
        "script": script(),
    }
    return re.sub(r"%(title|style|payload|script)%", lambda m: filling[m[1]], source("page.html"))
