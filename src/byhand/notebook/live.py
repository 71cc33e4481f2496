"""A notebook display that is updated while a cell runs.

Neither IPython nor marimo is imported: one that is not loaded does not run this program.
"""

from __future__ import annotations

import sys
from typing import Any, Protocol
from uuid import uuid4


class Live(Protocol):
    """One display, first shown and then replaced."""

    def show(self, html: str, plain: str) -> None:
        """Show HTML, or plain text for readers without it, in place of the previous content."""


def live_display() -> Live | None:
    """Return a new display of the notebook that runs this program, or None if none does."""
    if _in_jupyter():
        return _JupyterDisplay()
    return _MarimoOutput() if _in_marimo() else None


def _in_jupyter() -> bool:
    """Return whether this program is the kernel of a notebook; IPython in a terminal is not."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


def _in_marimo() -> bool:
    """Return whether a marimo notebook is open; one that runs as a plain program is not."""
    marimo = sys.modules.get("marimo")
    return (
        marimo is not None
        and hasattr(marimo, "running_in_notebook")
        and marimo.running_in_notebook()
    )


class _JupyterDisplay:
    """A display with a name, by which the kernel replaces it."""

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
