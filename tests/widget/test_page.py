"""The widget's module in Chromium, with a model that keeps anywidget's protocol."""

from __future__ import annotations

import json

import numpy as np
import pytest

from byhand import DrawingBox
from byhand.data import Preparation
from byhand.data.clean_photograph import CANVAS

PAGE = """<!doctype html><html><style>
body {{ background: {background}; margin: 20px }} button {{ color: rgb(1 2 3) }} {css}
</style><body><button id="own">the notebook's</button><div id="place"></div>
<script type="module">
const url = URL.createObjectURL(new Blob([{esm}], {{ type: "text/javascript" }}));
const widget = (await import(url)).default;
const [values, listeners] = [{state}, []];
values.ink = values.pixels = new DataView(new ArrayBuffer(0));
const listed = (view) => [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)];
window.saved = [];
window.model = {{
  get: (name) => values[name],
  set: (name, value) => {{
    values[name] = value;
    for (const [event, listener] of listeners) if (event === `change:${{name}}`) listener();
  }},
  save_changes: () => saved.push({{ ink: listed(values.ink), pixels: listed(values.pixels) }}),
  on: (event, listener) => listeners.push([event, listener]),
  off: (event, gone) => listeners.splice(listeners.findIndex(([, one]) => one === gone), 1),
}};
window.listeners = listeners;
window.show = () => {{
  window.end?.();
  const place = document.getElementById("place");
  place.replaceChildren();
  window.end = widget.render({{ model, el: place }});
}};
show();
document.documentElement.dataset.ready = "true";
</script></body></html>"""


@pytest.fixture
def open_box(browser, tmp_path, digits_net):
    """Opens the widget in a page; nothing may be written to the console."""
    pages, complaints = [], []

    def open_one(background="#ffffff", net=digits_net):
        box = DrawingBox(net)
        state = {"preparation": box.preparation, "answer": "", "doubted": False}
        program = json.dumps(box._esm).replace("</", "<\\/")
        path = tmp_path / "page.html"
        path.write_text(
            PAGE.format(background=background, css=box._css, esm=program, state=json.dumps(state)),
            encoding="utf-8",
        )
        page = browser.new_page(viewport={"width": 900, "height": 700})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        pages.append(page)
        return page

    yield open_one
    for page in pages:
        page.close()
    assert complaints == []


def draw_one(page) -> None:
    """Draw a vertical line with the mouse."""
    box = page.locator(".byhand-drawing canvas").bounding_box()
    x, y, side = box["x"] + box["width"] / 2, box["y"], box["width"]
    page.mouse.move(x, y + 0.2 * side)
    page.mouse.down()
    page.mouse.move(x, y + 0.8 * side, steps=8)
    page.mouse.up()


def image(sent, name, shape) -> np.ndarray:
    return np.array(sent[name], np.uint8).reshape(shape)


@pytest.mark.parametrize("size", [8, 28])
def test_a_stroke_sends_the_ink_and_the_image_that_python_would_make(open_box, digits_net, size):
    net = digits_net if size == 8 else None
    page = open_box(net=net)

    draw_one(page)

    (sent,) = page.evaluate("saved")
    prepare = Preparation("mnist") if net is None else Preparation.of(net)
    ink = image(sent, "ink", (CANVAS, CANVAS))
    theirs = image(sent, "pixels", (size, size)).ravel().astype(float)
    ours = prepare(ink).ravel().astype(float)
    assert ink.max() == 255
    # The page knows the width of the strokes and Python measures it: they may differ by a fraction.
    cosine = theirs @ ours / np.linalg.norm(theirs) / np.linalg.norm(ours)
    assert cosine > 0.95
    assert cosine > theirs @ np.roll(ours, 1) / np.linalg.norm(theirs) / np.linalg.norm(ours)


def test_pythons_answer_is_shown_until_the_box_is_cleared(open_box):
    page = open_box()
    draw_one(page)

    page.evaluate("model.set('answer', '1 · 99.0%')")
    assert page.locator(".chip").inner_text() == "1 · 99.0%"
    page.get_by_text("Clear").click()

    assert page.locator(".chip").inner_text() == ""
    assert page.evaluate("saved.at(-1).pixels") == []


def test_clearing_in_python_clears_the_box(open_box):
    page = open_box()
    draw_one(page)

    page.evaluate("model.set('ink', new DataView(new ArrayBuffer(0)))")

    assert page.locator(".hint").is_visible()
    assert page.evaluate("saved.at(-1).ink") == []


def test_the_drawing_is_still_there_when_the_widget_is_shown_again(open_box):
    page = open_box()
    draw_one(page)
    page.evaluate("show()")

    assert page.locator(".byhand-drawing").count() == 1
    assert page.locator(".hint").is_hidden()
    page.wait_for_function("""() => {
      const canvas = document.querySelector(".byhand-drawing canvas");
      const middle = canvas.width / 2;  // read from a copy: Chromium complains about many readings
      const copy = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, -middle, -middle);
      return copy.getImageData(0, 0, 1, 1).data[3] === 255;
    }""")


def test_a_removed_view_has_no_listeners(open_box):
    page = open_box()
    before = page.evaluate("listeners.length")

    page.evaluate("show()")

    assert page.evaluate("listeners.length") == before > 0


@pytest.mark.parametrize(("background", "theme"), [("#ffffff", "light"), ("rgb(20 20 24)", "dark")])
def test_the_box_follows_the_notebooks_theme(open_box, background, theme):
    page = open_box(background)

    assert page.locator(".byhand-drawing").get_attribute("data-theme") == theme
    page.evaluate("document.body.setAttribute('style', 'background: #101014')")
    page.wait_for_selector(".byhand-drawing[data-theme=dark]")


def test_the_styles_leave_the_notebook_unchanged(open_box):
    page = open_box()

    assert page.locator("#own").evaluate("node => getComputedStyle(node).color") == "rgb(1, 2, 3)"
    assert page.locator("body").evaluate("node => getComputedStyle(node).margin") == "20px"


def test_keys_draw_and_are_not_commands_of_the_notebook(open_box):
    page = open_box()
    page.evaluate("window.keys = []; document.addEventListener('keydown', (e) => keys.push(e.key))")

    page.locator(".byhand-drawing canvas").focus()
    for key in (" ", *["ArrowDown"] * 5, " "):
        page.keyboard.press(key)

    assert page.evaluate("keys") == []
    assert len(page.evaluate("saved")) == 1
