"""The pages about the five sources: they run, become notebooks, and quote the measured figures."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from byhand.errors import ArgumentError, FileError
from byhand.sources import code
from byhand.sources.cells import Cell, cells, to_markdown
from byhand.sources.pages import PAGES, notebook, script, write_notebook

DOCS = Path(__file__).parents[2] / "docs"
MEASURED = re.compile(r"\d+\.\d+ ± \d+\.\d+")
every_page = pytest.mark.parametrize("name", PAGES)


@every_page
def test_a_page_runs_as_a_notebook_does_cell_by_cell_and_without_a_network(name, tmp_path):
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
    blocks = [cell.text for cell in cells(script(name)) if cell.kind == "code"]
    (tmp_path / "page.py").write_text("\n\n".join(blocks), "utf-8")

    process = subprocess.run(  # 2 to 5 seconds: it trains what the page trains
        [sys.executable, "-W", "ignore::UserWarning", "page.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "HOME": str(tmp_path),
            "MPLBACKEND": "Agg",
            "BYHAND_KERNELS": "numpy",
            "BYHAND_OFFLINE": "1",
        },
    )

    assert process.returncode == 0, process.stderr
    assert "%" in process.stdout


@every_page
def test_a_notebook_is_valid_and_has_text_and_code(name):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    read = nbformat.reads(notebook(name), as_version=4)

    nbformat.validate(read)
    assert read.cells[0].source.startswith("# ")
    assert {cell.cell_type for cell in read.cells} == {"markdown", "code"}
    text = "\n".join(cell.source for cell in read.cells if cell.cell_type == "markdown")
    assert not re.search(r"``|`_|^[=-]{3,}$", text, re.MULTILINE)


@every_page
def test_the_quoted_figures_are_those_of_the_results(name):
    quoted = MEASURED.findall(script(name))

    assert quoted
    assert set(quoted) <= set(MEASURED.findall((DOCS / "results.md").read_text("utf-8")))


@every_page
def test_the_docs_link_the_page(name):
    assert f"`byhand notebook {name}`" in (DOCS / "sources.md").read_text("utf-8")


def test_a_script_becomes_cells():
    script = (
        '"""\nTitle\n=====\n\nSee `this page\n<https://a.b>`_ and ``code``.\n"""\n\nimport numpy\n'
        "\n# %%\n# Part\n# ----\n#\n# Text.\n\nx = 1\n# a comment\ny = 2  # fmt: skip"
        "\n# %%\n# End.\n"
    )

    assert cells(script) == [
        Cell("markdown", "# Title\n\nSee [this page](https://a.b) and `code`."),
        Cell("code", "import numpy"),
        Cell("markdown", "## Part\n\nText."),
        Cell("code", "x = 1\n# a comment\ny = 2"),
        Cell("markdown", "End."),
    ]


def test_text_without_markup_stays_as_it_is():
    assert to_markdown("One *word*, **two**.\n\n- a\n- b") == "One *word*, **two**.\n\n- a\n- b"


def test_a_notebook_with_somebodys_work_is_not_overwritten(tmp_path):
    path = write_notebook("objects", tmp_path / "mine.ipynb")
    path.write_text(path.read_text().replace("EPOCHS = 20", "EPOCHS = 40"))

    with pytest.raises(FileError, match="exists already"):
        write_notebook("objects", path)

    assert "EPOCHS = 40" in json.dumps(json.loads(path.read_text()))


def test_an_unknown_page_gets_the_nearest_name(tmp_path):
    with pytest.raises(ArgumentError, match="Did you mean 'fun-mnist'"):
        write_notebook("fun_mnist", tmp_path / "x.ipynb")

    assert list(tmp_path.iterdir()) == []


def test_code_shows_a_formula_with_its_place_and_without_its_docstring(capsys):
    code("network/initializers.py", "he_normal")

    first, *rest = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"# byhand/network/initializers.py, line \d+", first)
    assert rest[0].startswith("def he_normal(")
    assert '"""' not in "".join(rest)
    assert "math.sqrt(2 / n_in)" in rest[-1]


def test_code_of_a_method_is_the_formula_although_a_faster_function_replaces_it(capsys):
    code("training/optimizers.py", "SGD.step")

    assert "p -= learning_rate * g" in capsys.readouterr().out


def test_a_formula_that_is_not_there_is_an_error():
    with pytest.raises(ArgumentError, match="Did you mean 'softmax'"):
        code("network/activations.py", "softmaxx")
