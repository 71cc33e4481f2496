"""Joins the page's modules, styles and payload into one file.

The modules are ordinary ES modules. Shared ones are in `page/`, and each section's own in
`sections/NAME/`. A page opened from disk cannot import modules, so each becomes a function that
returns its exports, in the order of the imports:

    import { el } from "./dom.js";       becomes   const { el } = modules.dom;
    export function showRun() {...}      becomes   function showRun() {...}
                                                   and, at the end, return { showRun };

Nothing else changes, so the browser runs the source as it is written. Two modules are generated:
`page/sections.js` imports every section, and `page/formulas.js` contains the JavaScript of
activations, losses and optimizers.

`payload.py` packs class names and all other values so that none of them can be read as HTML.
"""

from __future__ import annotations

import base64
import hashlib
import html as html_text
import posixpath
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from byhand.report import formulas
from byhand.report.all_sections import all_sections

if TYPE_CHECKING:
    from byhand.network import Network

FOLDER = files("byhand.report")
ENTRY = "page/main.js"

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\.[\w./]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


# --- modules ------------------------------------------------------------------------------------


def _import_sections(_: Network | None) -> str:
    """Return a module that exports every section's `show` by the section's name."""
    names = [section.name for section in all_sections()]
    lines = [f'import {{ show as {name} }} from "../sections/{name}/section.js";' for name in names]
    return "\n".join([*lines, "", f"export const SECTIONS = {{ {', '.join(names)} }};", ""])


GENERATED: dict[str, Callable[[Network | None], str]] = {
    "page/sections.js": _import_sections,
    "page/formulas.js": formulas.javascript,
}


@cache
def source(path: str) -> str:
    """Return the text of a file of the page, such as "page/dom.js"."""
    return FOLDER.joinpath(path).read_text(encoding="utf-8")


def module_source(path: str, network: Network | None = None) -> str:
    """Return the text of a module; a generated one may depend on the network."""
    return GENERATED[path](network) if path in GENERATED else source(path)


def module_name(path: str) -> str:
    """Return a module's name in the page: that of its file, or "NAME_section" for a section."""
    folder, name = path.removesuffix(".js").rsplit("/", 1)
    return f"{posixpath.basename(folder)}_section" if name == "section" else name


def module_paths(entry: str = ENTRY) -> list[str]:
    """Return the paths of all modules of a page, each after those it imports."""
    order: list[str] = []
    _visit(entry, order)
    return order


def _visit(path: str, order: list[str]) -> None:
    if path in order:
        return
    for _, needed in _IMPORT.findall(module_source(path)):
        _visit(_resolved(path, needed), order)
    order.append(path)


def _resolved(path: str, needed: str) -> str:
    """Return the path of an imported module; for another room it begins with "../ROOM/"."""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), needed))
    return joined.removeprefix("../report/")


def wrapped(path: str, network: Network | None = None) -> str:
    """Return a module as a function that is called at once and returns its exports."""

    def destructured(found: re.Match[str]) -> str:
        names = " ".join(found[1].split()).replace(" as ", ": ")
        return f"const {{ {names} }} = modules.{module_name(_resolved(path, found[2]))};\n"

    text = module_source(path, network)
    exports = [match[1] for match in _EXPORT.findall(text)]
    body = _EXPORT.sub(r"\1", _IMPORT.sub(destructured, text))
    head = f"// ===== {path} =====\nmodules.{module_name(path)} = (() => {{"
    return f"{head}\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n"


def script(network: Network | None = None, entry: str = ENTRY) -> str:
    """Return all modules as one script, with the formulas that a network needs."""
    modules = [wrapped(path, network) for path in module_paths(entry)]
    return _inside_script("\n".join(['"use strict";', "const modules = {};", *modules]))


def _inside_script(text: str) -> str:
    """Escape the sequences that would end or confuse a script element."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", text, flags=re.IGNORECASE)


# --- the page -----------------------------------------------------------------------------------


def style() -> str:
    """Return the style of the page, then that of each section."""
    paths = ["page/page.css", *(f"sections/{one.name}/section.css" for one in all_sections())]
    return "\n".join(source(path) for path in paths)


def html() -> str:
    """Return the page with an empty element for each section."""
    places = "\n".join(f'  <section id="{one.name}"></section>' for one in all_sections())
    return source("page/page.html").replace("%sections%", places)


def source_hash(text: str) -> str:
    """Return the CSP source expression that allows this script or style and no other."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def assemble(title: str, payload: str, program: str) -> str:
    """Return the whole page."""
    filling = {
        "title": html_text.escape(title),
        "style": style(),
        "style_hash": source_hash(style()),
        "script_hash": source_hash(program),
        "payload": payload,
        "script": program,
    }
    return re.sub(
        r"%(title|style|style_hash|script_hash|payload|script)%", lambda m: filling[m[1]], html()
    )
