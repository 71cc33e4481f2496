"""The Python programs of a page run, one after another in one namespace as a reader would."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    "callbacks": ("tensorboard",),
    "interop": ("torch", "onnxruntime", "pandas", "h5py", "anywidget"),
    "scikit-learn": ("sklearn", "skops", "pandas"),
}
"""Pages, and the modules that their programs need besides byhand."""


@pytest.mark.parametrize("page", PAGES)
def test_the_programs_of_a_page_run(page, tmp_path, monkeypatch):
    for module in PAGES[page]:
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BYHAND_OFFLINE", "1")
    text = (DOCS / f"{page}.md").read_text("utf-8")
    programs = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert programs

    namespace = {"__name__": page}
    for program in programs:
        exec(compile(program, f"{page}.md", "exec"), namespace)  # noqa: S102 - our own page
