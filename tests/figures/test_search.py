"""Figures of a search show every trial, and no text covers another."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.figures import FigureError
from byhand.figures.search import (
    TrialPoint,
    _Axis,
    importances,
    parallel_coordinates,
    slices,
    trial_curves,
)
from byhand.figures.style import ORANGE


def trials(count=12, *, regression=False):
    """Trials with three settings. The last is the best; the first was pruned."""
    rng = np.random.default_rng(0)
    shift = -2.0 if regression else 0.0
    points = []
    for number in range(count):
        values = {
            "learning_rate": float(10 ** rng.uniform(-4, -1)),
            "units": int(rng.integers(8, 64)),
            "activation": ("relu", "tanh")[number % 2],
        }
        curve = (shift + np.linspace(0.3, 0.6 + 0.03 * number, 5)).tolist()
        is_best, pruned = number == count - 1, number == 0
        points.append(TrialPoint(values, curve[-1], curve[: 2 if pruned else 5], is_best, pruned))
    return points


@pytest.mark.parametrize("figure", [parallel_coordinates, slices, trial_curves])
@pytest.mark.parametrize(("regression", "count"), [(False, 12), (False, 1), (True, 2)])
def test_it_is_drawn_without_text_that_covers_another(figure, regression, count, draw):
    drawing = draw(figure(trials(count, regression=regression), "a search"))

    assert drawing.cut() == []
    assert drawing.overlapping() == []


def test_parallel_coordinates_have_a_line_for_each_trial_through_its_values():
    axes = parallel_coordinates(trials()).axes[0]

    lines = [line for line in axes.lines if len(line.get_xdata()) == 4]
    assert len(lines) == 12
    best = [line for line in lines if line.get_color() == ORANGE]
    assert [line.get_ydata()[-1] for line in best] == [1.0]


def test_slices_have_a_panel_for_each_setting_and_a_point_for_each_trial():
    figure = slices(trials())

    assert [axes.get_xlabel() for axes in figure.axes] == ["learning_rate", "units", "activation"]
    assert [len(axes.lines) for axes in figure.axes] == [12, 12, 12]
    assert figure.axes[0].lines[0].get_fillstyle() == "none"


def test_curves_show_every_epoch_of_every_trial_and_dot_the_pruned():
    axes = trial_curves(trials()).axes[0]

    curves = [line for line in axes.lines if len(line.get_ydata())]
    assert sorted(len(line.get_ydata()) for line in curves) == [2, *[5] * 11]
    assert [len(line.get_ydata()) for line in curves if line.get_linestyle() == ":"] == [2]


def test_importances_are_sorted_and_written_down(draw):
    drawing = draw(importances({"l2": 0.1, "learning_rate": 0.9}, "a search"))

    assert {"90 %", "10 %"} <= {text for text, _ in drawing.texts}
    assert drawing.overlapping() == []


@pytest.mark.parametrize(
    "figure",
    [
        lambda: importances({}),
        lambda: trial_curves([TrialPoint({"l2": 1}, None)]),
        lambda: slices([TrialPoint({"l2": 1}, None)]),
        lambda: parallel_coordinates([]),
    ],
)
def test_what_cannot_be_drawn_is_reported(figure):
    with pytest.raises(FigureError):
        figure()


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.0001, 0.1], ["0.0001", "0.001", "0.01", "0.1"]),
        ([20, 900], ["30", "100", "300"]),
        ([0.0, 1.0], ["0", "0.25", "0.5", "0.75", "1"]),
        ([3, 3], ["3"]),
        (["relu", "tanh"], ["relu", "tanh"]),
        ([True, False], ["True", "False"]),
    ],
)
def test_axes_have_round_numbers(values, ticks):
    assert list(_Axis(values).ticks().values()) == ticks
