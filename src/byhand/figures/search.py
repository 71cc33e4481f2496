"""Figures of a search: all trials at once, and the effect of each setting."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.figures.canvas import (
    FigureError,
    as_per_cent,
    bar_of,
    new_figure,
    short,
    tidy,
    whole_epochs,
)
from byhand.figures.style import BLUE, CLASS_COLOURS, GREY, ORANGE, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

COLOURS = "viridis_r"
"""Colours of scores: the best trials are the darkest."""

FEW = 8
"""Number of trials up to which each curve is named."""


@dataclass(frozen=True)
class TrialPoint:
    """A trial in the form used by figures.

    Args:
        values: value of each setting.
        score: validation accuracy, or minus the validation loss; None if training diverged.
        curve: the same by epoch.
        best: whether it is the best trial.
        pruned: whether it was ended early.
    """

    values: Mapping[str, Any]
    score: float | None
    curve: Sequence[float] = field(default=())
    best: bool = False
    pruned: bool = False


class _Axis:
    """Places of a setting's values between 0 and 1, and their labels.

    Numbers are placed by size, on a logarithmic scale where they span more than a factor of 20;
    other values in the order in which they were tried.
    """

    def __init__(self, values: Sequence[Any]) -> None:
        numbers = [value for value in values if _is_number(value)]
        self.is_number = len(numbers) == len(values)
        self.names = list(dict.fromkeys(map(str, values)))
        if self.is_number:
            self.low, self.high = float(min(numbers)), float(max(numbers))
            self.is_log = self.low > 0 and self.high / self.low > 20

    def place(self, value: Any) -> float:
        """Return the place of a value, from 0 to 1."""
        if not self.is_number:
            return self.names.index(str(value)) / max(len(self.names) - 1, 1)
        if self.high == self.low:
            return 0.5
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return float((value - self.low) / (self.high - self.low))

    def ticks(self) -> dict[float, str]:
        """Return some places with their labels."""
        if not self.is_number:
            names = self.names if len(self.names) <= 12 else []
            return {self.place(name): short(name) for name in names}
        if self.high == self.low:
            return {0.5: f"{self.low:.3g}"}
        return {self.place(number): f"{number:.3g}" for number in self._round_numbers()}

    def _round_numbers(self) -> list[float]:
        """Return a few round numbers from the lowest to the highest value."""
        from matplotlib.ticker import MaxNLocator

        if not self.is_log:
            numbers = [float(one) for one in MaxNLocator(4).tick_values(self.low, self.high)]
            return [number for number in numbers if self.low <= number <= self.high]
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for factors in ((1,), (1, 3), (1, 2, 5)):
            numbers = [factor * 10.0**power for power in powers for factor in factors]
            inside = [number for number in numbers if self.low <= number <= self.high]
            if len(inside) >= 3:
                break
        return inside


def parallel_coordinates(trials: Sequence[TrialPoint], title: str = "Trials") -> Figure:
    """Draw each trial as a line through its values to its score; the best one is orange."""
    scored = _scored(trials)
    names = list(scored[0].values)
    axes_of = {name: _Axis([one.values[name] for one in scored]) for name in names}
    figure = new_figure(1.9 * (len(names) + 1) + 1.2, 4.2, title)
    axes = figure.subplots()
    scores = _Axis([_score(one) for one in scored])
    colour = _normalised(scored)
    for one in sorted(scored, key=_score):
        places = [axes_of[name].place(one.values[name]) for name in names]
        style = {"color": ORANGE, "linewidth": 2.2, "zorder": 3} if one.best else {}
        axes.plot(
            range(len(names) + 1),
            [*places, scores.place(_score(one))],
            **{"color": _colours()(colour(_score(one))), "linewidth": 1.1, "alpha": 0.8, **style},
        )
    for place, axis in enumerate([*axes_of.values(), scores]):
        axes.axvline(place, color=GREY, linewidth=0.8)
        ticks = axis.ticks()
        if axis is scores:
            ticks = {scores.place(one): _score_text(one) for one in scores._round_numbers()}
        for height, label in ticks.items():
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.6}
            axes.text(place + 0.03, height, label, fontsize=SMALL, va="center", zorder=4, bbox=box)
    labels = [*(short(name, 22) for name in names), _score_name(scored)]
    axes.set_xticks(range(len(names) + 1), labels, fontsize=SMALL + 1)
    axes.set_xlim(-0.1, len(names) + 0.35)
    axes.set_ylim(-0.06, 1.06)
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    return figure


def slices(trials: Sequence[TrialPoint], title: str = "Score by each setting") -> Figure:
    """Draw the score of each trial over its values, with a panel for each setting."""
    scored = _scored(trials)
    names = list(scored[0].values)
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    figure = new_figure(3.4 * columns + 0.6, 2.7 * rows + 0.7, title)
    every = np.atleast_1d(figure.subplots(rows, columns, sharey=True)).ravel()
    for axes, name in zip(every, names, strict=False):
        axis = _Axis([one.values[name] for one in scored])
        for one in scored:
            axes.plot(
                axis.place(one.values[name]),
                _score(one),
                marker="o",
                markersize=9 if one.best else 5,
                color=ORANGE if one.best else BLUE,
                alpha=1 if one.best else 0.65,
                fillstyle="none" if one.pruned else "full",
            )
        ticks = axis.ticks()
        axes.set_xticks(list(ticks), list(ticks.values()), rotation=0 if axis.is_number else 30)
        axes.set_xlim(-0.08, 1.08)
        _score_axis(axes)
        tidy(axes, short(name, 30), grid="y")
    for axes in every[len(names) :]:
        axes.set_visible(False)
    if any(one.pruned for one in scored):
        every[0].set_title("orange: the best; open: pruned", fontsize=SMALL, color=GREY)
    for axes in every[::columns]:
        axes.set_ylabel(_score_name(scored))
    return figure


def importances(
    fractions: Mapping[str, float], title: str = "Importance of each setting"
) -> Figure:
    """Draw how much of the difference between trials comes from each setting.

    Args:
        fractions: fraction of the importance by setting; together they are 1.
        title: heading.
    """
    if not fractions:
        raise FigureError("importances need at least two settings that vary, or more trials")
    ordered = sorted(fractions.items(), key=lambda pair: pair[1])
    figure = new_figure(6.4, 1.0 + 0.38 * len(ordered), title)
    axes = figure.subplots()
    names, sizes = [short(name, 30) for name, _ in ordered], [size for _, size in ordered]
    axes.barh(names, sizes, color=BLUE, height=0.6)
    for place, size in enumerate(sizes):
        axes.text(size + 0.01, place, f"{100 * size:.0f} %", va="center", fontsize=SMALL)
    axes.xaxis.set_major_formatter(as_per_cent)
    axes.set_xlim(0, max(1.0, *sizes) * 1.08)
    return tidy(axes, "part of the importance").figure  # type: ignore[return-value]


def trial_curves(trials: Sequence[TrialPoint], title: str = "Validation by epoch") -> Figure:
    """Draw the validation score of every trial by epoch; the best is orange, pruned ones dotted.

    A few trials are named; of many the colour tells how good they became.
    """
    drawn = [one for one in trials if len(one.curve)]
    if not drawn:
        raise FigureError("no trial has an epoch to draw")
    figure = new_figure(7.6, 4.4, title)
    axes = figure.subplots()
    colour, few = _normalised(drawn), len(drawn) <= FEW
    names = iter(one for one in CLASS_COLOURS if one != ORANGE)
    for one in sorted(drawn, key=lambda one: (one.best, max(one.curve))):
        shade = next(names) if few else _colours()(colour(max(one.curve)))
        style: dict[str, Any] = {"color": shade, "linewidth": 1.3, "alpha": 0.9 if few else 0.6}
        if one.best:
            style = {"color": ORANGE, "linewidth": 2.4, "label": "best trial"}
        if few:
            style["label"] = _name(one)
        style["linestyle"] = ":" if one.pruned else "-"
        style["marker"] = "o" if len(one.curve) == 1 else None
        axes.plot(range(1, len(one.curve) + 1), one.curve, **style)
    _limit_to_most(axes, [value for one in drawn for value in one.curve])
    axes.set_xlim(0.5, max(len(one.curve) for one in drawn) + 0.5)
    _score_axis(axes)
    whole_epochs(axes)
    tidy(axes, "epoch", _score_name(drawn), grid="y")
    if any(one.pruned for one in drawn):
        axes.plot([], [], color=GREY, linestyle=":", label="pruned")
    axes.legend(fontsize=SMALL, frameon=False)
    if not few:
        from matplotlib.cm import ScalarMappable

        bar = ScalarMappable(colour, COLOURS)
        bar_of(
            figure, bar, axes, "best of the trial", format=lambda value, _: _fine(value), shrink=0.8
        )
    return figure


def _name(one: TrialPoint) -> str:
    """Return the values of a trial in one line, shortened if there are many."""
    texts = [f"{value:.3g}" if _is_number(value) else str(value) for value in one.values.values()]
    return short(", ".join(f"{k} = {v}" for k, v in zip(one.values, texts, strict=True)), 44)


def _limit_to_most(axes: Axes, values: Sequence[float]) -> None:
    """Leave out the lowest tenth of the scores, which are those of first epochs."""
    low, high = float(np.quantile(values, 0.1)), max(values)
    margin = 0.06 * (high - low) or 0.01
    axes.set_ylim(low - margin, high + margin)


# --- scores -------------------------------------------------------------------------------------


def _scored(trials: Sequence[TrialPoint]) -> list[TrialPoint]:
    scored = [one for one in trials if one.score is not None]
    if not scored:
        raise FigureError("no trial has a score")
    return scored


def _score(one: TrialPoint) -> float:
    return -math.inf if one.score is None else one.score


def _normalised(trials: Sequence[TrialPoint]) -> Normalize:
    """Return the colour scale of scores, without the lowest tenth."""
    from matplotlib.colors import Normalize

    scores = [max(one.curve) if len(one.curve) else _score(one) for one in trials]
    return Normalize(float(np.quantile(scores, 0.1)), max(scores), clip=True)


def _colours() -> Any:
    import matplotlib

    return matplotlib.colormaps[COLOURS]


def _score_axis(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(lambda value, _: _score_text(value))


def _score_text(score: float) -> str:
    return as_per_cent(score) if score >= 0 else f"{-score:.3g}"


def _fine(score: float) -> str:
    """Return a score with one more digit, for scales on which trials are close together."""
    return f"{100 * score:.2f} %" if score >= 0 else f"{-score:.4g}"


def _score_name(trials: Sequence[TrialPoint]) -> str:
    known = [one.score for one in trials if one.score is not None]
    is_loss = bool(known) and max(known) < 0
    return "validation loss" if is_loss else "validation accuracy"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
