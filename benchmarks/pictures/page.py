"""A report in Chromium: draws with the mouse, opens photographs, and reads the predictions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.pictures.drawing import SIDE
from benchmarks.pictures.hands import Strokes

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SLOW = 300_000  # milliseconds that a page or a photograph may take on a busy machine
SET_PEN = """(width) => {
  const pen = document.querySelector("#pen");
  pen.value = width;
  pen.dispatchEvent(new Event("input"));
}"""
AT_REST = """() => {  // the answer counts when a stroke ends: no redraw before
  const { Box } = byhand.modules.box;
  const redraw = Box.prototype.redraw;
  Box.prototype.redraw = function () {
    if (this.pointer === null) redraw.call(this);
  };
}"""
OTHERS_HIDDEN = """() => {
  for (const other of document.querySelectorAll("main > section:not(#draw)")) other.hidden = true;
}"""
NEXT = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Page:
    """An opened report."""

    def __init__(self, page: Any) -> None:
        """Find the drawing box."""
        self.page = page
        page.evaluate(AT_REST)
        page.evaluate(OTHERS_HIDDEN)
        page.locator("#box").scroll_into_view_if_needed()
        self.box = page.locator("#box").bounding_box()

    def draw(self, strokes: Strokes, pen: int) -> tuple[str, bool]:
        """Draw with the mouse; return the prediction, and whether it is doubted."""
        self.page.locator("#clear").click()
        self.page.evaluate(SET_PEN, pen)
        scale = self.box["width"] / SIDE
        mouse = self.page.mouse
        for stroke in strokes:
            points = [(self.box["x"] + x * scale, self.box["y"] + y * scale) for x, y in stroke]
            mouse.move(*points[0])
            mouse.down()
            for point in points[1:]:
                mouse.move(*point)
            mouse.up()
        self.page.evaluate(NEXT)
        return self._answer()

    def read(self, picture: Path) -> tuple[str, bool]:
        """Choose a picture file; return the prediction, and whether it is doubted."""
        self.page.locator("#clear").click()
        self.page.locator("#draw input[type=file]").set_input_files(picture)
        done = "() => document.querySelector('#verdict .answer').innerText.includes('with')"
        told = "() => /No ink|could not/.test(document.querySelector('#draw').innerText)"
        self.page.wait_for_function(f"() => ({done})() || ({told})()", timeout=SLOW)
        self.page.evaluate(NEXT)
        return self._answer()

    def _answer(self) -> tuple[str, bool]:
        words = self.page.locator("#verdict").inner_text().split()
        return words[0], bool(self.page.locator("#verdict .doubt").inner_text().strip())


@contextmanager
def opened(report: Path) -> Iterator[Page]:
    """Open a report without a connection to the network."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True).new_page()
        page.set_default_timeout(SLOW)
        page.goto(report.resolve().as_uri())
        page.wait_for_selector("html[data-ready]", timeout=SLOW)
        yield Page(page)
        browser.close()
