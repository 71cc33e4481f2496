"""What stands where, and that it stays there."""

from __future__ import annotations

import pytest

TOP = "(selector) => document.querySelector(selector).getBoundingClientRect().top"


def test_a_phone_shows_the_result_and_the_whole_box_at_once(mnist_report, open_page):
    page = open_page(mnist_report.path, width=390, has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 844})
    assert "accuracy on 10,000 test images" in page.locator(".result").inner_text()
    box = page.locator("#box").bounding_box()
    assert box["y"] > 0
    assert box["y"] + box["height"] < 844
    assert not page.locator("#sections").is_visible()
    assert page.locator("#jump").is_visible()
    assert not any(node.is_visible() for node in page.locator(".keys").all())


def test_sections_are_reached_by_the_list_of_a_phone(digits_report, open_page):
    page = open_page(digits_report.path, width=390, has_touch=True, is_mobile=True)
    page.locator("#jump").select_option("mistakes")
    page.locator("#jump option:checked").filter(has_text="Mistakes").wait_for(state="attached")
    for _ in range(40):  # until it has scrolled there
        page.wait_for_timeout(100)
        if abs(page.evaluate(TOP, "#mistakes")) < 120:
            break
    assert abs(page.evaluate(TOP, "#mistakes")) < 120
    assert page.locator("#jump").input_value() == "mistakes"


@pytest.mark.parametrize("width", [390, 1280])
def test_no_cell_of_the_matrix_moves_the_matrix(digits_report, open_page, width):
    page = open_page(digits_report.path, width=width)
    page.locator(".confusion").scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    before = page.evaluate(TOP, ".confusion"), page.evaluate("scrollY")
    for label, predicted in [(0, 0), (3, 3), (0, 1), (9, 9)]:
        cell = f'.confusion [data-label="{label}"][data-predicted="{predicted}"]'
        page.evaluate("(cell) => document.querySelector(cell).click()", cell)
        page.wait_for_timeout(60)
        assert (page.evaluate(TOP, ".confusion"), page.evaluate("scrollY")) == before
    if width == 1280:
        shown = page.evaluate(
            "document.querySelector('#gallery .thumb').getBoundingClientRect().bottom"
        )
        assert shown < 900


@pytest.mark.parametrize("width", [390, 1280])
def test_the_chosen_example_stays_in_sight(digits_report, open_page, width):
    """A thumbnail below the diagram changes the strip above it, which is still on the screen."""
    page = open_page(digits_report.path, width=width)
    page.locator("#network").scroll_into_view_if_needed()
    thumb = page.locator("#network .unit-grid .thumb").last
    thumb.scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    before = page.evaluate(TOP, "#network .unit-grid .thumb:last-child")
    strip = page.locator("#network .chosen")
    name = strip.locator("b").inner_text()
    thumb.click()
    page.wait_for_timeout(80)
    box = strip.bounding_box()
    assert 0 <= box["y"] < 300
    assert strip.locator("b").inner_text() != name
    after = page.evaluate(TOP, "#network .unit-grid .thumb:last-child")
    assert after == pytest.approx(before, abs=1)


def test_pointing_at_one_curve_moves_the_others(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#curves").scroll_into_view_if_needed()
    charts, legends = page.locator("#curves .chart"), page.locator("#curves .legend b:first-child")
    rest = legends.all_inner_texts()
    charts.nth(0).hover(position={"x": 200, "y": 60})
    pointed = legends.all_inner_texts()
    page.mouse.move(5, 5)
    assert len(pointed) >= 3
    assert len(set(pointed)) == 1
    assert pointed != rest
    assert legends.all_inner_texts() == rest


def test_the_run_comes_last_and_folded(digits_report, open_page):
    page = open_page(digits_report.path)
    names = page.locator("#sections a").all_inner_texts()
    assert names == ["Draw", "Why", "Curves", "Mistakes", "Network", "Trace", "Doctor", "Run"]
    details = page.locator("#run details")
    assert details.get_attribute("open") is None
    assert "numpy" not in page.locator("#run").inner_text()


def test_the_doctor_says_what_it_found(digits_report, open_page):
    page = open_page(digits_report.path)
    assert page.locator("#doctor h2").inner_text() == "Doctor: one warning"


def test_everything_is_open_and_light_on_paper(digits_report, open_page):
    page = open_page(digits_report.path, color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_timeout(300)
    assert page.locator("details:not([open])").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.locator("#checks tr").count() > 10
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("#run details").get_attribute("open") is None
