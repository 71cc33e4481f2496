"""The layout of the page, and that a click does not move it."""

from __future__ import annotations

import pytest

from .conftest import at_rest, repainted

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
    at_rest(page)
    assert abs(page.evaluate(TOP, "#mistakes")) < 120
    assert page.locator("#jump").input_value() == "mistakes"


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 844), (1280, 720)])
def test_the_whole_box_is_in_the_first_screen(digits_report, open_page, width, height):
    mobile = width < 500
    page = open_page(digits_report.path, width=width, has_touch=mobile, is_mobile=mobile)
    page.set_viewport_size({"width": width, "height": height})
    repainted(page)
    box = page.locator("#box").bounding_box()
    assert box["y"] > 0
    assert box["y"] + box["height"] < height


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_examples_are_in_one_row_inside_their_card(digits_report, open_page, width):
    page = open_page(digits_report.path, width=width)
    tops, rights = page.locator(".examples button").evaluate_all(
        "all => ['top', 'right'].map(side => all.map(b => b.getBoundingClientRect()[side]))"
    )
    card = page.locator("#draw .card").first.bounding_box()
    assert len(tops) == 11
    assert max(tops) - min(tops) < 1
    assert max(rights) <= card["x"] + card["width"]


@pytest.mark.parametrize("width", [390, 1280])
def test_neither_doubt_nor_an_empty_box_moves_what_is_below(mnist_report, open_page, width):
    page = open_page(mnist_report.path, width=width)
    tops = "() => ['.bars', '.stages', '#why'].map((one) => document.querySelector(one).offsetTop)"
    before = page.evaluate(tops)
    page.locator(".examples button").nth(10).click()
    page.locator("#verdict .doubt").filter(has_text="does not look like").wait_for()
    doubted = page.evaluate(tops)
    page.locator("#clear").click()
    page.locator("#verdict .answer").filter(has_text="Nothing drawn").wait_for()
    assert (doubted, page.evaluate(tops)) == (before, before)


CLICK_EVERYTHING = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)));
  document.documentElement.style.cssText = "scroll-behavior: auto; overflow-anchor: none";
  const within = (node) => node.closest("section").id;
  const use = {
    select: (node) => {
      node.selectedIndex = (node.selectedIndex + 1) % node.options.length;
      node.dispatchEvent(new Event("change"));
    },
    range: (node) => {
      node.value = node.value === node.min ? node.max : node.min;
      node.dispatchEvent(new Event("input"));
    },
    number: (node) => {
      node.value = "1";
      node.dispatchEvent(new Event("change"));
    },
  };
  const [moved, often] = [[], new Map()];
  for (const node of document.querySelectorAll("main :is(button, select, input, summary)")) {
    if (!node.isConnected || node.disabled || !node.offsetParent || node.type === "file") continue;
    if (/Show more|Replay/.test(node.textContent)) continue; // moves itself; goes on by itself
    const kind = `${within(node)} ${node.parentNode.className} ${node.className}`;
    often.set(kind, (often.get(kind) ?? 0) + 1);
    if (often.get(kind) > 3) continue;
    node.scrollIntoView({ block: "center" });
    await frame();
    if (!node.isConnected) continue;
    const before = node.getBoundingClientRect().top;
    (use[node.localName] ?? use[node.type] ?? ((one) => one.click()))(node);
    await frame();
    const by = node.isConnected ? node.getBoundingClientRect().top - before : 0;
    if (Math.abs(by) > 1) moved.push(`${by}: ${within(node)} ${node.id} ${node.textContent}`);
  }
  return [moved, [...often.values()].reduce((a, b) => a + b, 0)];
}"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("report", ["digits_report", "table_report"])
def test_what_is_clicked_stays_where_it_is(request, open_page, report, width):
    """Three controls of each kind stay in place, without the browser's scroll anchoring."""
    mobile = width < 500
    path = request.getfixturevalue(report).path
    page = open_page(path, width=width, has_touch=mobile, is_mobile=mobile)
    page.evaluate("document.querySelector('#trace').scrollIntoView()")
    page.wait_for_selector("#checks td")
    moved, controls = page.evaluate(CLICK_EVERYTHING)
    assert moved == []
    assert controls > 30


@pytest.mark.parametrize("width", [390, 1280])
def test_no_cell_of_the_matrix_moves_the_matrix(digits_report, open_page, width):
    page = open_page(digits_report.path, width=width)
    page.locator(".confusion").scroll_into_view_if_needed()
    at_rest(page)
    before = page.evaluate(TOP, ".confusion"), page.evaluate("scrollY")
    for label, predicted in [(0, 0), (3, 3), (0, 1), (9, 9)]:
        cell = f'.confusion [data-label="{label}"][data-predicted="{predicted}"]'
        page.evaluate("(cell) => document.querySelector(cell).click()", cell)
        repainted(page)
        assert (page.evaluate(TOP, ".confusion"), page.evaluate("scrollY")) == before
    if width == 1280:
        shown = page.evaluate(
            "document.querySelector('#gallery .thumb').getBoundingClientRect().bottom"
        )
        assert shown < 900


@pytest.mark.parametrize("width", [390, 1280])
def test_the_chosen_example_stays_in_sight(digits_report, open_page, width):
    """A thumbnail below the diagram changes the strip above, which remains on the screen."""
    page = open_page(digits_report.path, width=width)
    page.locator("#network").scroll_into_view_if_needed()
    thumb = page.locator("#network .unit-grid .thumb").last
    thumb.scroll_into_view_if_needed()
    at_rest(page)
    before = page.evaluate(TOP, "#network .unit-grid .thumb:last-child")
    strip = page.locator("#network .chosen")
    name = strip.locator("b").inner_text()
    thumb.click()
    at_rest(page)
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


def test_paper_shows_the_drawing_and_no_controls(digits_report, open_page):
    page = open_page(digits_report.path, color_scheme="dark")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    ink = page.evaluate(
        """() => {
          const box = document.querySelector("#box");
          const { data } = box.getContext("2d").getImageData(0, 0, box.width, box.height);
          const drawn = [];
          for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) drawn.push(data[i]);
          return drawn.reduce((a, b) => a + b, 0) / drawn.length;
        }"""
    )
    assert ink < 60  # dark on light paper, although the screen is dark
    for control in (".tools", ".examples", ".time", "#flow-again", "#theme"):
        shown = page.locator(control)
        assert not any(node.is_visible() for node in shown.all()), control


def test_everything_is_open_and_light_on_paper(digits_report, open_page):
    page = open_page(digits_report.path, color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_selector("#checks td", state="attached")
    assert page.locator("details:not([open])").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.locator("#checks tr").count() > 10
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("#run details").get_attribute("open") is None
