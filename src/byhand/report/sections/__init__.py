"""The sections of the page, a folder for each.

A folder holds everything about its section: `__init__.py` with a `Section` named SECTION (its
place, heading and the values that Python puts into the page), `section.js` with a function
`show(section, model, content)` that draws it, and its style in `section.css`. A new folder is a
new section; nothing else has to be changed.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byhand.report.section import Section


@cache
def all_sections() -> tuple[Section, ...]:
    """Return the sections in the order in which the page shows them."""
    found = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return tuple(sorted((module.SECTION for module in found), key=lambda section: section.place))
