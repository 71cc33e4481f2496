"""Colours, markers, sizes of text and resolution of all figures.

The colours are those of Okabe & Ito (2008), which people with any kind of colour vision can tell
apart. Blue is correct and orange is wrong. The font is Matplotlib's own.
"""

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
BLACK, GREY, PALE = "#1a1a1a", "#666666", "#dddddd"
CLASS_COLOURS = (
    BLUE, ORANGE, GREEN, PURPLE, "#E69F00", "#56B4E9", BLACK, "#8C6D1F", "#7A49A5", "#9A9A9A",
)  # fmt: skip
CLASS_MARKERS = "osD^v<>Pp*"
SEQUENTIAL, INK = "viridis", "gray_r"

TITLE, NORMAL, SMALL, TINY = 12.0, 9.0, 8.0, 7.0
"""Sizes of text, in points."""

DPI = 150
"""Dots per inch of a PNG file."""
