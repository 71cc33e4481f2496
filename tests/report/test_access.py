"""Accessibility: names that screen readers say, contrast, headings."""

from __future__ import annotations

from itertools import pairwise

import pytest

NAMED = {
    "button", "combobox", "slider", "spinbutton", "checkbox", "link", "img", "image", "canvas",
    "application", "heading", "navigation", "columnheader", "rowheader", "option",
}  # fmt: skip


@pytest.mark.parametrize("report", ["digits_report", "table_report"])
def test_everything_that_can_be_used_or_seen_has_a_name(request, open_page, report):
    """The names are those that Chromium tells a screen reader, with everything unfolded."""
    page = open_page(request.getfixturevalue(report).path)
    page.evaluate("for (const node of document.querySelectorAll('details')) node.open = true")
    page.evaluate("document.querySelector('#trace').scrollIntoView({ behavior: 'instant' })")
    page.wait_for_selector("#checks td")
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    seen = [node for node in tree if not node["ignored"]]
    roles = [node.get("role", {}).get("value", "").lower() for node in seen]
    names = [node.get("name", {}).get("value", "").strip() for node in seen]
    silent = [role for role, name in zip(roles, names, strict=True) if role in NAMED and not name]
    assert silent == []
    assert sum(role in NAMED for role in roles) > 100


def test_headings_are_nested_and_ids_are_unique(digits_report, open_page):
    page = open_page(digits_report.path)
    levels = page.locator("h1, h2, h3, h4").evaluate_all(
        "all => all.map((one) => Number(one.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = page.locator("[id]").evaluate_all("all => all.map((one) => one.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast(digits_report, open_page, theme):
    """WCAG 2, level AA, requires 4.5 for text."""
    page = open_page(digits_report.path, color_scheme=theme)
    least = page.evaluate(
        """() => {
          const { contrast } = byhand.modules.colours;
          const style = getComputedStyle(document.documentElement);
          const hex = (name) => style.getPropertyValue(name).trim();
          const colour = (name) => [1, 3, 5].map((at) => parseInt(hex(name).slice(at, at + 2), 16));
          const words = ["--text", "--muted", "--accent", "--positive", "--negative", "--good"];
          const grounds = ["--card", "--background"];
          const pairs = words.flatMap((word) => grounds.map((ground) => [word, ground]));
          return Math.min(...[...pairs, ["--on-accent", "--accent"]]
            .map(([one, other]) => contrast(colour(one), colour(other))));
        }"""
    )
    assert least >= 4.5


def test_the_answer_is_spoken_once_the_pen_rests(digits_report, open_page):
    page = open_page(digits_report.path)
    spoken = page.locator("#verdict [role=status]")
    page.locator(".examples button").nth(7).click()
    spoken.filter(has_text="7 with").wait_for(state="attached")
    page.locator("#clear").click()
    spoken.filter(has_text="Nothing drawn").wait_for(state="attached")
    assert page.locator("#verdict .answer").get_attribute("aria-live") is None
