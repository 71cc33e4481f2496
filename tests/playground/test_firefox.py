"""The page in Firefox: mouse and keyboard train points, digits and drawings."""

from __future__ import annotations

import math

import pytest

from .firefox import started

ACCURACY = "byhand.playground.latest?.held.accuracy"


@pytest.fixture(scope="module")
def firefox():
    with started() as page:
        page.resize(1280, 900)
        yield page


@pytest.fixture
def page(firefox, page_file):
    firefox.open("about:blank")  # a new address of the same file would not load it again
    firefox.open(page_file.as_uri())
    firefox.wait("document.documentElement.dataset.ready")
    yield firefox
    assert firefox.errors == []


def test_the_spiral_is_trained_with_the_mouse(page):
    page.click("#play")
    page.wait(f"{ACCURACY} > 0.95")
    page.click("#play")
    page.wait("document.querySelector('#play').ariaPressed === 'false'")
    assert page.evaluate("document.querySelector('.guide').innerText").startswith("✓ Learnt.")


def focused_by_tab(page, condition):
    """Press Tab until the element that has the focus is the one that is meant."""
    for _ in range(80):
        page.press("Tab")
        if page.evaluate(f"((one) => {condition})(document.activeElement)"):
            return
    raise AssertionError(f"Tab reaches no element with {condition}")


def test_digits_are_chosen_and_trained_with_the_keyboard(page):
    focused_by_tab(page, "one.dataset.name === 'digits'")
    page.press("Enter")
    page.wait("byhand.playground.setup.data === 'digits'")
    focused_by_tab(page, "one.textContent === '▶ Train it'")
    page.press("Space")
    page.wait(f"byhand.playground.latest?.step > 0 && {ACCURACY} > 0.95")
    focused_by_tab(page, "one.id === 'play'")
    page.press("Enter")
    page.wait("!byhand.playground.playing")


RING = [(0.5 + 0.25 * math.sin(k / 3), 0.5 + 0.35 * math.cos(k / 3)) for k in range(20)]
LINE = [(0.52, 0.15), (0.5, 0.5), (0.48, 0.85)]


def draw(page, shape):
    box = page.box(".own-box")
    page.stroke([(box["x"] + u * box["width"], box["y"] + v * box["height"]) for u, v in shape])


def test_drawings_are_learnt_and_another_is_recognised(page):
    page.click("[data-name=own]")
    page.wait("byhand.playground.setup.data === 'own'")
    for shape in [RING] * 5 + [LINE] * 5:  # the classes 1 and 2, in the order of the sheet
        draw(page, shape)
        page.press("Enter")
    page.wait("byhand.playground.data.n === 10")
    page.wait(f"byhand.playground.latest?.epoch > 100 && {ACCURACY} === 1")
    draw(page, LINE)
    page.wait("document.querySelector('.own-answer').textContent.startsWith('2')")
