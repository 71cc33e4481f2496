"""The built documentation works without a network, and its formulas are rendered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from byhand.cli.app import VERBS

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("BYHAND_DOCS", ROOT / "docs" / "_build" / "html"))
LOCAL = ("file:", "data:", "blob:", "about:")
PAGES = (
    "index.html",
    "play.html",
    "getting-started.html",
    "mathematics.html",
    "architecture.html",
    "command-line.html",
    "performance.html",
    "_generated/api.html",
    "gallery/index.html",
    "gallery/plot_3_gradient_check.html",
)

pytestmark = pytest.mark.skipif(
    not (SITE / "index.html").is_file(), reason="the documentation is not built; run `make docs`"
)


def visit(browser: Any, page_name: str) -> tuple[Any, list[str], list[str]]:
    """Open a page with the network off; return it, what it requested elsewhere and its errors."""
    context = browser.new_context(offline=True)
    context.set_default_timeout(180_000)
    page = context.new_page()
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: errors.append(f"not loaded: {request.url}"))
    page.goto((SITE / page_name).as_uri(), wait_until="load")
    return page, [url for url in requests if not url.startswith(LOCAL)], errors


@pytest.mark.parametrize("page_name", PAGES)
def test_a_page_loads_everything_from_its_own_folder(browser, page_name):
    page, elsewhere, errors = visit(browser, page_name)

    assert elsewhere == []
    assert errors == []
    assert page.evaluate("[...document.images].filter(i => !i.naturalWidth).map(i => i.src)") == []


@pytest.mark.parametrize("page_name", ["mathematics.html", "gallery/plot_3_gradient_check.html"])
def test_every_formula_is_rendered_with_the_fonts_of_katex(browser, page_name):
    page, _, _ = visit(browser, page_name)
    formulas = page.locator(".math").count()

    assert formulas > 0
    assert page.locator(".math .katex").count() == formulas
    assert page.locator(".katex-error").count() == 0
    font = "getComputedStyle(document.querySelector('.katex')).fontFamily"
    assert "KaTeX_Main" in page.evaluate(font)
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('12px KaTeX_Main'))")


def test_the_page_of_the_command_line_has_every_command():
    text = (SITE / "command-line.html").read_text("utf-8")

    assert [verb for verb in VERBS if f"Usage: byhand {verb}" not in text] == []


def test_the_front_page_trains_a_network_and_opens_the_playground(browser):
    page, _, errors = visit(browser, "index.html")
    frame = page.frame_locator("iframe.play")
    frame.get_by_role("button", name="Train it").click()
    frame.get_by_text("Learnt").wait_for()
    page.click("a.play-button")
    page.wait_for_selector("html[data-ready]")
    page.get_by_role("button", name="Digits", exact=True).click()

    assert "data=digits" in page.url
    assert errors == []


def test_the_picture_of_the_rooms_is_there():
    assert list((SITE / "_images").glob("rooms*.svg"))
