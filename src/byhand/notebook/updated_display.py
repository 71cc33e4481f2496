"""A notebook display that is updated while a cell runs.

`LiveCurves` in `training/progress.py` shows a training in it.

Neither IPython nor marimo is imported: if neither is loaded already, there is no notebook.
"""

from __future__ import annotations

import sys
from typing import Any, Protocol
from uuid import uuid4


class Live(Protocol):
    """One display, first shown and then replaced."""

    def show(self, html: str, plain: str) -> None:
        """Show HTML, with a plain-text alternative, in place of the previous content."""


def live_display() -> Live | None:
    """Return a new display of the notebook that runs this program; None outside a notebook."""
    if _in_jupyter():
        return _JupyterDisplay()
    return _MarimoOutput() if _in_marimo() else None


def _in_jupyter() -> bool:
    """Return whether this program is the kernel of a notebook; IPython in a terminal is not."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


def _in_marimo() -> bool:
    """Return whether a marimo notebook is open, rather than run as a plain program."""
    marimo = sys.modules.get("marimo")
    return (
        marimo is not None
        and hasattr(marimo, "running_in_notebook")
        and marimo.running_in_notebook()
    )


class _JupyterDisplay:
    """A display whose name lets the kernel replace it."""

    def __init__(self) -> None:
        self._name = uuid4().hex
        self._is_shown = False

    def show(self, html: str, plain: str) -> None:
        """Show HTML and plain text; each page chooses."""
        display: Any = sys.modules["IPython"].display.publish_display_data
        transient = {"display_id": self._name}
        content = {"text/html": html, "text/plain": plain}
        display(content, transient=transient, update=self._is_shown)
        self._is_shown = True


class _MarimoOutput:
    """The output of the cell that runs; marimo has one for each cell."""

    def show(self, html: str, plain: str) -> None:  # noqa: ARG002 - marimo shows HTML everywhere
        """Show HTML."""
        marimo: Any = sys.modules["marimo"]
        marimo.output.replace(marimo.Html(html))
