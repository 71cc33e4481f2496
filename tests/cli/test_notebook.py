"""`byhand notebook`: list, write, and open where Jupyter is installed."""

from __future__ import annotations

import json

from byhand.cli import notebook as verb
from byhand.sources.pages import PAGES


def test_without_a_name_all_are_listed(byhand):
    said = byhand("notebook")

    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == list(PAGES)


def test_a_notebook_is_written_and_the_message_says_how_to_open_it(byhand, tmp_path, monkeypatch):
    monkeypatch.setattr(verb, "find_spec", lambda name: None)

    said = byhand("notebook", "l2-search")

    assert said.code == 0
    assert said.out == (
        "wrote l2-search.ipynb\nJupyter is not installed, so it is not opened. Install it with: "
        "pip install jupyterlab. Then: jupyter lab l2-search.ipynb\n"
    )
    assert json.loads((tmp_path / "l2-search.ipynb").read_text())["nbformat"] == 4


def test_jupyter_opens_it_where_it_is_installed(byhand, monkeypatch):
    started = []
    monkeypatch.setattr(verb, "find_spec", lambda name: name == "notebook" or None)
    monkeypatch.setattr(verb.subprocess, "run", lambda words, check: started.append(words))

    byhand("notebook", "objects", "--out", "mine.ipynb")
    byhand("notebook", "leaky-relu", "--no-open")

    assert [words[1:] for words in started] == [["-m", "notebook", "mine.ipynb"]]


def test_a_name_with_a_slip_and_a_file_that_is_there_are_one_message(byhand):
    byhand("notebook", "objects", "--no-open")

    again = byhand("notebook", "objects", "--no-open")
    wrong = byhand("notebook", "objekts", "--no-open")

    assert (again.code, wrong.code) == (1, 2)
    assert "objects.ipynb exists already" in again.err
    assert "Did you mean 'objects'?" in wrong.err
