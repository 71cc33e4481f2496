"""A real kernel executes the cells of a notebook, which show the right things."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from byhand.notebook.updated_display import live_display

from .conftest import CELLS, execute

SHOWN = [name for name in CELLS if name not in {"prepare", "silent"}]
VOID = {"img", "path", "br"}


class Elements(HTMLParser):
    """Records every element, and fails if an element that is not open is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.names: list[str] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if tag not in {"img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += f"{data} "


@pytest.mark.parametrize("cell", SHOWN)
def test_each_object_is_shown_as_well_formed_html_without_script(notebook, cell):
    page = Elements(notebook.html(cell))

    assert page.names
    assert page.open == []
    assert not {"script", "style", "link", "iframe"} & set(page.names)


@pytest.mark.parametrize("cell", [name for name in SHOWN if name != "fit"])
def test_each_object_is_text_as_well_for_readers_without_html(notebook, cell):
    assert len(notebook.plain(cell).strip()) > 10


@pytest.mark.parametrize("cell", SHOWN)
def test_colours_are_those_of_the_notebook_light_or_dark(notebook, cell):
    """No element sets black or white text, nor an opaque background of its own."""
    styles = ";".join(re.findall(r'style="([^"]*)"', notebook.html(cell)))

    found = re.findall(r"(?<![\w-])(?:color|background):([^;]+)", styles)
    badges = {"#fff", "#d64545", "#dd6b20", "#7a8794"}
    assert {one for one in found if not one.startswith("rgba(")} <= {"inherit", "none"} | badges


def test_names_of_classes_are_text(notebook):
    assert "<b>0</b>" in Elements(notebook.html("predictions")).words


def test_the_data_set_shows_an_image_of_each_class(notebook):
    page = Elements(notebook.html("data set"))

    assert page.names.count("img") == 10
    assert "1,437 images 8x8 uint8" in page.words


def test_the_network_shows_its_layers(notebook):
    words = Elements(notebook.html("network")).words

    assert "64-32-10, 2,410 parameters" in words
    assert "dense relu" in words


def test_training_leaves_one_display_with_both_curves(notebook):
    html = notebook.html("fit")

    assert html.count("<svg") == 2
    assert len([one for one in notebook.outputs["fit"] if "data" in one]) == 1
    assert "20 epochs in" in html
    assert "all epochs done" in html


def test_training_without_words_shows_nothing(notebook):
    assert notebook.outputs["silent"] == []


def test_predictions_show_the_accuracy_and_every_count_of_the_confusion_matrix(notebook):
    page = Elements(notebook.html("predictions"))
    counts = re.findall(r'<span style="[^"]*" title="[^"]*">([\d,]+)</span>', page.html)

    assert "of 360 correct" in page.words
    assert sum(int(count.replace(",", "")) for count in counts) == 360


def test_the_doctor_shows_severity_evidence_and_what_to_change(notebook):
    words = Elements(notebook.html("doctor")).words

    assert "critical" in words
    assert "inputs on the wrong scale" in words
    assert "evidence" in words
    assert 'normalisation="pixels"' in words


def test_the_curves_are_redrawn_a_few_times_a_second_while_training_runs(tmp_path):
    """The kernel's messages are counted where it sends them."""
    cells = {
        "count": """
            import time
            from IPython import get_ipython
            from byhand import *
            sent, publish = [], get_ipython().display_pub.publish
            def counting(*arguments, update=False, **options):
                sent.append((time.monotonic(), update))
                publish(*arguments, update=update, **options)
            get_ipython().display_pub.publish = counting
            class Slow(Callback):
                def on_batch_end(self, run):
                    time.sleep(0.02)
            digits = load_dataset("digits").train
            net = MultiLayerPerceptron([InputLayer(64), DenseLayer(10, "softmax")], seed=0)
            net.fit(digits.images, digits.labels, epochs=5, callbacks=[Slow()])
            print([update for _, update in sent].count(True), round(sent[-1][0] - sent[0][0], 2))
        """
    }

    executed = execute(cells, tmp_path)

    redrawn, seconds = (float(word) for word in executed.plain("count").split()[-2:])
    assert 2 <= redrawn <= 3 * seconds + 2
    assert executed.html("count").count("<svg") == 2


def test_a_program_that_is_not_a_kernel_is_not_a_notebook():
    assert live_display() is None


def test_other_output_than_a_notebook_gets_lines(capsys):
    from byhand.training.progress import PlainLines, progress

    (shown,) = progress(1)

    assert isinstance(shown, PlainLines)
    assert progress(0) == []
