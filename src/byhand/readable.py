"""Numbers in readable form."""

from __future__ import annotations

import math


def duration(seconds: float) -> str:
    """Return seconds as text: "0.4 s", "12 s", "3 min 20 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def percent(fraction: float, decimals: int | None = None) -> str:
    """Return a fraction in per cent: "97.5 %"; "97.50 %" with two decimals.

    Rounding never turns another number into 0 % or 100 %: 0.9997 is "99.97 %" and 0.99999 is
    "> 99.99 %".

    Args:
        fraction: 1 is 100 %; NaN gives an empty text.
        decimals: number of decimals; by default at most one, and two within 0.1 of 0 and 100.
    """
    if math.isnan(fraction):
        return ""
    number = 100 * fraction
    places = decimals
    if places is None:
        places = 2 if 0 < number < 0.1 or 99.9 < number < 100 else 1
    step = 10.0**-places
    if 0 < number < step:
        return f"< {step:.{places}f} %"
    if 100 - step < number < 100:
        return f"> {100 - step:.{places}f} %"
    if number < 100:
        number = min(number, 100 - step)  # 99.96 is 99.9, not 100.0
    text = f"{number:.{places}f}"
    if decimals is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} %"


def percents(low: float, high: float) -> str:
    """Return an interval of fractions in per cent: "97.73 to 98.28 %"."""
    return f"{percent(low, 2).removesuffix(' %')} to {percent(high, 2)}"


def score(name: str, value: float) -> str:
    """Return a score as text: an accuracy in per cent, "98.12 %"; a count, "188"; else "0.0712"."""
    if name.endswith("accuracy"):
        return percent(value, 2)
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}"
