"""The playground's JavaScript: modules of its own beside those that it shares with the report.

`report.page` joins them into one script. The page and its worker run the same script, which finds
out where it runs.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from byhand.playground import formulas
from byhand.report import page as report_page

ENTRY = "../playground/page/main.js"

report_page.GENERATED.update(
    {
        "../playground/page/formula_loops.js": lambda _: formulas.formula_loops(),
        "../playground/page/tables.js": lambda _: formulas.tables(),
    }
)


def script() -> str:
    """Return all modules of the playground as one script."""
    return report_page.script(entry=ENTRY)


def source(name: str) -> str:
    """Return the text of a file of the playground's page, such as "page.html"."""
    return files("byhand.playground").joinpath("page", name).read_text(encoding="utf-8")


def write_modules(folder: Path, entry: str = ENTRY) -> Path:
    """Write a module and those that it imports as files, for programs other than a browser.

    Returns the path of the module.
    """
    paths = report_page.module_paths(entry)
    for path in paths:
        target = folder / "report" / path
        target = Path(*_without_parents(target.parts))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(report_page.module_source(path), encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}')
    return folder / entry.removeprefix("../")


def _without_parents(parts: tuple[str, ...]) -> list[str]:
    """Resolve ".." in a path without asking the file system."""
    kept: list[str] = []
    for part in parts:
        if part == "..":
            kept.pop()
        else:
            kept.append(part)
    return kept
