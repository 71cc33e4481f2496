r"""Take the pictures of docs/report.md from two reports, with Chromium.

    python -m benchmarks.page.pictures runs/basic-1/report.html \
        runs/basic-1/compare-with-basic-2.html docs/images

The first report is that of a run with snapshots; the second compares the run with another.
"""

from __future__ import annotations

import argparse
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
COLOURS = 160  # enough for flat colours; keeps the files small
WIDTH, HEIGHT = 1180, 800


def saved(page: Any, name: str, folder: Path, **options: Any) -> None:
    """Write a screenshot with a reduced number of colours."""
    shot = Image.open(io.BytesIO(page.screenshot(**options))).convert("RGB")
    path = folder / f"report-{name}.png"
    few = shot.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def at(page: Any, section: str, within: str = "") -> dict[str, Any]:
    """Return the area of a section in the page, at most a screen high."""
    node = page.locator(f"#{section} {within}".strip()).first
    node.evaluate("node => node.scrollIntoView({ behavior: 'instant' })")
    page.wait_for_timeout(700)
    box = node.bounding_box()
    top = box["y"] + page.evaluate("scrollY")
    return {
        "full_page": True,
        "clip": {"x": 0, "y": top, "width": WIDTH, "height": min(box["height"], HEIGHT)},
    }


def draw(page: Any, folder: Path) -> None:
    """Show the page's first drawing, a 3."""
    page.wait_for_timeout(1500)
    saved(page, "draw", folder)


def why(page: Any, folder: Path) -> None:
    """Show the parts of the drawing that support the prediction."""
    saved(page, "why", folder, **at(page, "why"))


def time(page: Any, folder: Path) -> None:
    """Show the confusion matrix before training."""
    page.locator("#mistakes .time input").fill("0")
    page.wait_for_timeout(200)
    saved(page, "time", folder, **at(page, "mistakes", ".mistakes-grid"))
    page.evaluate("byhand.timeline.go(byhand.timeline.home)")
    page.wait_for_timeout(200)


def mistakes(page: Any, folder: Path) -> None:
    """Choose the cell of label 4 and prediction 9."""
    page.locator('.confusion [data-label="4"][data-predicted="9"]').click()
    saved(page, "mistakes", folder, **at(page, "mistakes", ".mistakes-grid"))


def network(page: Any, folder: Path) -> None:
    """Show all units, and one in depth."""
    saved(page, "network", folder, **at(page, "network"))


def trace(page: Any, folder: Path) -> None:
    """Show the formulas with their numbers."""
    page.locator("#trace").scroll_into_view_if_needed()
    page.wait_for_selector("#checks td")
    saved(page, "trace", folder, **at(page, "trace"))


def compare(page: Any, folder: Path) -> None:
    """Show the differences between two runs."""
    saved(page, "compare", folder, **at(page, "compare"))


OF_ONE: tuple[Callable[[Any, Path], None], ...] = (draw, why, time, mistakes, network, trace)


def main() -> None:
    """Open both pages and write the pictures."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description="Take the pictures of docs/report.md.")
    parser.add_argument("report", type=Path)
    parser.add_argument("comparison", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        size = {"width": WIDTH, "height": HEIGHT}
        for path, pictures in ((arguments.report, OF_ONE), (arguments.comparison, (compare,))):
            page = browser.new_context(viewport=size, offline=True).new_page()
            page.goto(path.resolve().as_uri())
            page.wait_for_selector("html[data-ready]", timeout=60_000)
            for take in pictures:
                take(page, arguments.folder)
        browser.close()


if __name__ == "__main__":
    main()
