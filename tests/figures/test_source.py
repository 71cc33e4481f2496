"""Figures accept a run, a history, or a network with examples."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import numpy as np
import pytest
from matplotlib.text import Text

from byhand import figures, load_dataset
from byhand.data import Part
from byhand.errors import ArgumentError
from byhand.evaluation import Statistics
from byhand.figures import FIGURES, Subject
from byhand.figures.source import subject_of

from .conftest import KINDS


@dataclass
class RunLike:
    """A run, as figures see it."""

    subject: Subject


def words(figure):
    """All texts of a figure, without the name of the data in its heading."""
    found = [text.get_text() for text in figure.findobj(Text)]
    return [text.removesuffix(" on a set of this test") for text in found]


@pytest.fixture(scope="module")
def subject():
    return KINDS["digits_8"]()


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "layer_map_tsne"])
def test_a_run_is_drawn_like_its_subject(name, subject):
    assert words(FIGURES[name](RunLike(subject))) == words(FIGURES[name](subject))


@pytest.mark.parametrize("name", ["confusion_matrix", "worst_mistakes", "calibration"])
@pytest.mark.parametrize(
    "form",
    [
        lambda x, y: (x, y),
        lambda x, y: (Part(x, y),),
        lambda x, y: (x.astype(np.float64), y),
        lambda x, y: (x, np.eye(10)[y]),
        lambda x, y: (x, np.array([f"the digit number {k}" for k in y])),
    ],
    ids=["arrays", "part", "fractions", "one-hot", "names"],
)
def test_a_network_is_drawn_with_examples_in_any_form(name, form, subject):
    x, y = subject.images, subject.test.labels
    subject.network.class_names = [f"the digit number {k}" for k in range(10)]

    drawn = words(FIGURES[name](subject.network, *form(x, y)))

    assert drawn == words(FIGURES[name](subject))


def test_a_data_set_is_drawn_by_its_test_part(subject):
    digits = load_dataset("digits")

    found = subject_of(subject.network, digits)

    assert found.test is digits.test
    assert found.name == "digits"


def test_the_curves_take_a_history(subject):
    assert figures.training_curves(subject.history)


def test_histograms_take_the_callback_that_recorded(subject):
    record = Statistics(samples=3)
    digits = load_dataset("digits").train
    net = subject.network.copy()
    net.fit(digits.images[:300], digits.labels[:300], epochs=2, verbose=0, callbacks=[record])

    assert words(figures.update_ratios(record)) == words(figures.update_ratios(record.result))


@pytest.mark.parametrize(
    ("draw", "arguments", "message"),
    [
        ("confusion_matrix", lambda s: (s.history,), r"as \(net, x, y\); got a History"),
        ("confusion_matrix", lambda s: (s.network,), r"got no examples"),
        ("confusion_matrix", lambda s: (s.network, s.images), r"got no labels"),
        ("confusion_matrix", lambda s: (s, s.images), r"a run takes no examples"),
        ("training_curves", lambda s: (s.network,), r"the history that fit returns; got a Multi"),
        ("update_ratios", lambda s: (s.history,), r"callback Statistics recorded; got a History"),
        ("first_layer_weights", lambda s: (s.history,), r"a run or a network; got a History"),
    ],
)
def test_something_else_is_refused_with_what_is_expected(draw, arguments, message, subject):
    with pytest.raises(ArgumentError, match=message):
        FIGURES[draw](*arguments(subject))


@pytest.mark.parametrize("name", FIGURES)
def test_signature_and_help_show_what_a_figure_takes(name):
    draw = FIGURES[name]
    names = list(inspect.signature(draw).parameters)

    assert names in (["source"], ["source", "x"], ["source", "x", "y"], ["source", "human_error"])
    assert "source: a " in inspect.getdoc(draw)


def test_further_parameters_stay_visible():
    parameters = inspect.signature(figures.activations_of_example).parameters

    assert list(parameters) == ["source", "x", "y", "row"]
    assert parameters["row"].kind is inspect.Parameter.KEYWORD_ONLY
