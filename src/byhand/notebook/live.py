"""A notebook display that is updated while a cell runs."""

from __future__ import annotations

import sys
from typing import Any
from uuid import uuid4


def is_notebook() -> bool:
    """Return whether this program is the kernel of a notebook; IPython in a terminal is not.

    IPython is not imported: if it is not loaded already, there is no notebook.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


class Live:
    """A display that is shown once and then replaced, as HTML with a plain-text alternative."""

    def __init__(self) -> None:
        self._name = uuid4().hex
        self._is_shown = False

    def show(self, html: str, plain: str) -> None:
        """Show HTML in place of the previous content."""
        display: Any = sys.modules["IPython"].display.publish_display_data
        transient = {"display_id": self._name}
        content = {"text/html": html, "text/plain": plain}
        display(content, transient=transient, update=self._is_shown)
        self._is_shown = True
