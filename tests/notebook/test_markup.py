"""HTML fragments: escaping, tables, charts, PNG files."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from byhand.notebook import Html, block, line_chart, listing, table
from byhand.notebook.markup import element, text
from byhand.notebook.pictures import png
from byhand.notebook.svg_chart import MOST_POINTS, ticks

parsed = ET.fromstring  # our own HTML, which is XML as well

EVIL = '<script>alert("1")</script>&\'"'


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(block(EVIL, EVIL), id="block"),
        pytest.param(listing({EVIL: EVIL}), id="listing"),
        pytest.param(table([EVIL], [[EVIL]]), id="table"),
        pytest.param(line_chart(EVIL, {EVIL: [1.0]}), id="chart"),
    ],
)
def test_every_text_is_escaped(shown):
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_attributes_are_escaped():
    assert element("p", "", title=EVIL).count('"') == 2


def test_html_is_not_escaped_twice():
    assert text(Html("<b>1</b>")) == "<b>1</b>"
    assert text("a < b") == "a &lt; b"


def test_control_characters_are_shown():
    assert text("a\x1b[2Jb\u202ec") == r"a\x1b[2Jb\u202ec"


def test_numbers_are_on_the_right_and_names_on_the_left():
    (row,) = parsed(table([], [["name", 7]])).iter("tr")

    aligned = [cell.get("style").rpartition("text-align:")[2] for cell in row]
    assert aligned == ["left", "right"]


# --- charts -------------------------------------------------------------------------------------


def paths(chart):
    """The path of each line."""
    found = parsed(chart).findall(".//{*}path")
    return [path.get("d") for path in found if "fill:none" in path.get("style")]


def drawn(chart):
    """The points of each line, as (x, y) in pixels; y grows downwards."""
    return [
        [tuple(map(float, point.split())) for point in path.replace("M", "L").split("L")[1:]]
        for path in paths(chart)
    ]


def test_a_line_rises_where_its_values_do():
    ((first, *_, last),) = drawn(line_chart("loss", {"training": [0.1, 0.4, 0.9]}))

    assert last[0] > first[0]
    assert last[1] < first[1]


def test_a_line_leaves_space_for_epochs_to_come():
    whole = drawn(line_chart("loss", {"training": [1.0, 2.0]}))[0]
    half = drawn(line_chart("loss", {"training": [1.0, 2.0]}, epochs=3))[0]

    assert half[-1][0] == pytest.approx((whole[0][0] + whole[-1][0]) / 2, abs=0.1)


def test_numbers_that_are_not_finite_leave_a_gap():
    chart = line_chart("loss", {"training": [1.0, math.nan, 2.0, math.inf, 3.0]})

    (path,) = paths(chart)
    assert path.count("M") == 3


def test_a_single_epoch_is_a_point_and_no_epoch_are_empty_axes():
    assert "stroke-width:6" in line_chart("loss", {"training": [1.0]})
    assert "stroke-width:6" not in line_chart("loss", {"training": []})


def test_a_long_training_is_drawn_with_as_many_points_as_can_be_seen():
    chart = line_chart("loss", {"training": [1 / (k + 1) for k in range(100_000)]})

    assert len(chart) < 15_000
    (line,) = drawn(chart)
    assert MOST_POINTS / 2 < len(line) <= MOST_POINTS + 1


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.09, 0.97), (2.3, 2.31), (1, 20), (0, 1e-9)])
def test_ticks_are_round_numbers_within_the_limits(low, high):
    found = ticks(low, high, 4)

    assert 2 <= len(found) <= 8
    assert low - 1e-12 <= found[0] < found[-1] <= high + 1e-12


def test_there_is_a_tick_where_the_limits_meet():
    assert ticks(3, 3, 4) == [3]


# --- pictures -----------------------------------------------------------------------------------


def test_a_png_file_holds_the_grey_levels(tmp_path):
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3) * 50
    (tmp_path / "grey.png").write_bytes(png(grey))

    with image.open(tmp_path / "grey.png") as read:
        assert read.mode == "L"
        np.testing.assert_array_equal(np.asarray(read), grey)
