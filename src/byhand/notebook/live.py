"""A display of a notebook that is replaced again and again while a cell runs."""

from __future__ import annotations

import sys
from typing import Any
from uuid import uuid4


def is_notebook() -> bool:
    """Return whether this program is the kernel of a notebook; IPython in a terminal is not.

    IPython is not imported: where it is not loaded already there is no notebook.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


class Live:
    """One display, first shown and then replaced, as HTML with plain text for other readers."""

    def __init__(self) -> None:
        self._name = uuid4().hex
        self._is_shown = False

    def show(self, html: str, plain: str) -> None:
        """Show HTML instead of what was shown before."""
        display: Any = sys.modules["IPython"].display.publish_display_data
        transient = {"display_id": self._name}
        content = {"text/html": html, "text/plain": plain}
        display(content, transient=transient, update=self._is_shown)
        self._is_shown = True
