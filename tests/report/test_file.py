"""The page inside a notebook: a frame of its own, in which it works as in a window."""

from __future__ import annotations

from pathlib import Path

import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset
from byhand.data import Dataset
from byhand.errors import ArgumentError
from byhand.report import ReportFile


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def net(digits):
    net = MultiLayerPerceptron([InputLayer(64), DenseLayer(16), DenseLayer(10, "softmax")], seed=0)
    net.fit(digits.train.images, digits.train.labels, epochs=2, verbose=0)
    return net


@pytest.fixture(scope="module")
def page(net, digits):
    return net.report(digits)


def test_a_network_writes_its_report_to_a_file_of_its_own(net, digits, page, tmp_path):
    assert isinstance(page, Path)
    assert page.is_file()
    assert net.report(digits) != page
    assert net.report(digits, path=tmp_path) == tmp_path / "report.html"


def test_a_report_needs_examples_that_the_network_did_not_learn_from(net, digits):
    alone = Dataset("mine", digits.train, None, digits.class_names)

    with pytest.raises(ArgumentError, match="mine has no test part"):
        net.report(alone)


def test_a_folder_shows_nothing(page):
    assert isinstance(page.parent, ReportFile)
    assert page.parent._repr_html_() is None


def test_the_page_works_within_a_notebook_and_cannot_reach_it(page, browser):
    tab, errors = browser.new_page(), []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda note: errors.append(note.text) if note.type == "error" else None)
    tab.set_content(f"<p id='outside'>a notebook</p>{page._repr_html_()}")
    inside = tab.frame_locator("iframe")
    inside.locator("#draw canvas").first.wait_for()

    shown = inside.locator("body").inner_text()
    reach = tab.frames[1].evaluate(
        "() => { try { return parent.document.body.innerText } catch (e) { return e.name } }"
    )
    tab.close()

    assert "64-16-10 on UCI digits" in shown
    assert errors == []
    assert reach == "SecurityError"
