"""The file of a report: a path that a notebook displays as the page itself."""

from __future__ import annotations

import os
from pathlib import Path, PosixPath, WindowsPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    _Path = Path
else:  # before Python 3.12, only this system's kind of path can have subclasses
    _Path = WindowsPath if os.name == "nt" else PosixPath

HEIGHT = 720
"""Height in pixels of the page inside a notebook; it scrolls."""


class ReportFile(_Path):
    """The path of a report; at the end of a notebook cell the page itself appears."""

    def _repr_html_(self) -> str | None:
        if not self.is_file():  # a folder derived from this path, such as its parent
            return None
        page = self.read_text(encoding="utf-8").replace("&", "&amp;").replace("'", "&#39;")
        # The frame has its own origin, so the page cannot reach the notebook around it.
        return (
            f"<iframe srcdoc='{page}' sandbox='allow-scripts allow-downloads allow-modals' "
            f"style='width:100%;height:{HEIGHT}px;border:1px solid rgba(128,128,128,.3)' "
            "title='report'></iframe>"
        )
