"""The Python code of a Jupyter notebook."""

from __future__ import annotations

from byhand.untrusted_files import parse_json

NOTEBOOK = ".ipynb"
"""Extension of a notebook's file name."""

MAGIC = ("%", "!", "?")
"""First characters of lines that only Jupyter understands."""


def source_of(data: bytes) -> str:
    """Return the source of the code cells, one after the other; Jupyter's commands are left out.

    Raises:
        ValueError: the file is not a notebook.
    """
    try:
        cells = parse_json(data)["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise ValueError("this is not a Jupyter notebook of version 4") from None
    return "\n\n".join("" if cell.startswith("%%") else _python(cell) for cell in code)


def _python(cell: str) -> str:
    """Return a cell with an empty line in place of each Jupyter command."""
    lines = cell.splitlines()
    return "\n".join("" if line.lstrip().startswith(MAGIC) else line for line in lines)
