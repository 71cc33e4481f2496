"""A line chart as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from byhand.notebook.markup import BLUE, ORANGE, Html, element, joined, text

WIDTH, HEIGHT = 330, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 26, 24
"""Margins for numbers, title and epochs, in pixels."""

MOST_POINTS = 400
"""Largest number of points of a line; beyond it some are left out, as there are fewer pixels."""

COLOURS = (BLUE, ORANGE)


def line_chart(
    title: str,
    lines: Mapping[str, Sequence[float]],
    *,
    epochs: int | None = None,
    marked: int | None = None,
    number: Callable[[float], str] = "{:.3g}".format,
) -> Html:
    """Draw lines over the epochs 1, 2, ...; NaN and infinity leave gaps.

    Args:
        title: the quantity, with its unit.
        lines: values of each line by its name, one value for each epoch; at most two lines.
        epochs: length of the x axis; by default that of the longest line.
        marked: an epoch with a vertical dotted line.
        number: formats a number on the y axis.
    """
    longest = max((len(values) for values in lines.values()), default=0)
    last = max(epochs or longest, 1)
    finite = [value for values in lines.values() for value in values if math.isfinite(value)]
    low, high = _range(finite)

    def x(epoch: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / max(last - 1, 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    parts: list[Html] = [_label(LEFT, 13, title, anchor="start", bold=True)]
    for tick in ticks(low, high, 4):
        parts.append(_rule(LEFT, y(tick), WIDTH - RIGHT, y(tick), "stroke-opacity:.15"))
        parts.append(_label(LEFT - 6, y(tick) + 4, number(tick), anchor="end"))
    whole = sorted({max(1, round(tick)) for tick in [1.0, *ticks(1, last, 4)]})
    parts += [_label(x(epoch), HEIGHT - 7, f"{epoch:,}") for epoch in whole]
    if marked is not None:
        style = "stroke-opacity:.5;stroke-dasharray:2 3"
        parts.append(_rule(x(marked), TOP, x(marked), HEIGHT - BOTTOM, style))
    for k, (name, values) in enumerate(lines.items()):
        parts.append(_line(values, x, y, COLOURS[k % 2], dashed=k > 0))
        parts.append(_key(k, name, len(title)))
    words = f"{title} by epoch: {', '.join(lines)}"
    return element(
        "svg",
        joined(parts),
        "max-width:100%;height:auto;color:inherit",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        role="img",
        **{"aria-label": words, "font-family": "sans-serif", "font-size": 11},
    )


def ticks(low: float, high: float, count: int) -> list[float]:
    """Return round numbers between two limits, about `count` of them."""
    rough = (high - low) / count
    if rough <= 0 or not math.isfinite(rough):
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * min((1, 2, 5, 10), key=lambda k: abs(power * k - rough))
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the limits of the y axis: a little more than the range of the values."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 0.05
    return low - margin, high + margin


def _line(
    values: Sequence[float],
    x: Callable[[float], float],
    y: Callable[[float], float],
    colour: str,
    *,
    dashed: bool,
) -> Html:
    every = -(-len(values) // MOST_POINTS)
    kept = [k for k in range(len(values)) if k % every == 0 or k == len(values) - 1]
    pieces, is_open = [], False
    for k in kept:
        if not math.isfinite(values[k]):
            is_open = False
            continue
        pieces.append(f"{'L' if is_open else 'M'}{x(k + 1):.1f} {y(values[k]):.1f}")
        is_open = True
    style = f"fill:none;stroke:{colour};stroke-width:2;stroke-linejoin:round;stroke-linecap:round"
    if dashed:
        style += ";stroke-dasharray:5 3"
    if len(pieces) == 1:  # a single epoch is a point
        pieces.append("h0.01")
        style += ";stroke-width:6"
    return element("path", "", style, d="".join(pieces))


def _key(k: int, name: str, title: int) -> Html:
    """Return the name of a line beside a sample of it, to the right of the title."""
    left = LEFT + 7 * title + 16 + 88 * k
    dash = ";stroke-dasharray:5 3" if k else ""
    piece = element("path", "", f"stroke:{COLOURS[k % 2]};stroke-width:2{dash}", d=f"M{left} 9h16")
    return joined([piece, _label(left + 21, 13, name, anchor="start")])


def _rule(x1: float, y1: float, x2: float, y2: float, style: str) -> Html:
    return element(
        "path", "", f"stroke:currentColor;{style}", d=f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"
    )


def _label(x: float, y: float, content: str, anchor: str = "middle", *, bold: bool = False) -> Html:
    style = f"fill:currentColor;text-anchor:{anchor}" + (";font-weight:600" if bold else "")
    return Html(f'<text x="{x:.1f}" y="{y:.1f}" style="{style}">{text(content)}</text>')
