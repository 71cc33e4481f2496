"""Measure one redraw of a report in Chromium: a move of the pen and everything that follows.

    python -m benchmarks.page runs/basic-1/report.html
    python -m benchmarks.page before.html after.html --rounds 4

Each redraw reads the box, prepares the image, runs the network, and paints prediction, stages,
layers and, ten times a second, the nearest images. Strokes are added point by point, as by hand,
and each begins in an empty box. Several reports are measured in turn, so that a busy machine slows
all of them.

script_ms is the processor time of the page's own program in one redraw, frame_ms that of the
program, style, layout and paint until the next; both on the page's main thread, from Chromium's
tracing. wall_ms is the time of the program by the clock. Needs Playwright and Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

DRAW = """async (strokes) => {
  const { box: { Box } } = byhand.modules;
  const original = Box.prototype.redraw;
  Box.prototype.redraw = function () {
    performance.mark("redraw begins");
    original.call(this);
    performance.mark("redraw ends");
  };
  const canvas = document.querySelector("#box");
  canvas.setPointerCapture = () => {};
  const { left, top, width } = canvas.getBoundingClientRect();
  const send = (kind, [x, y]) => canvas.dispatchEvent(new PointerEvent(kind, {
    clientX: left + (x * width) / 100, clientY: top + (y * width) / 100,
    pointerId: 1, bubbles: true,
  }));
  const next = () => new Promise((done) => requestAnimationFrame(done));
  for (const points of strokes) {
    document.querySelector("#clear").click();
    send("pointerdown", points[0]);
    for (const point of points.slice(1)) {
      send("pointermove", point);
      await next();  // a move in each frame, as from a pen
    }
    send("pointerup", points.at(-1));
    await next();
  }
  Box.prototype.redraw = original;
}"""

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CATEGORIES = ["-*", "blink.user_timing", "devtools.timeline"]
AFTER = {"UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "Commit"}
"""Chromium's work on the main thread to show a change by the page's program."""


def strokes(count: int) -> list[list[tuple[float, float]]]:
    """Return spirals of different sizes, 40 points each."""
    from math import cos, sin

    return [
        [
            (50 + (10 + 0.7 * k + n) * cos(0.25 * k), 50 + (10 + 0.7 * k + n) * sin(0.25 * k))
            for k in range(40)
        ]
        for n in range(count)
    ]


def redraws(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, float]]:
    """Yield the milliseconds of each redraw from the events of a trace."""
    began: dict[str, Any] | None = None
    current: dict[str, float] | None = None
    for event in sorted(events, key=lambda one: one.get("ts", 0)):
        if event["name"] == "redraw begins":
            began = event
        elif event["name"] == "redraw ends" and began:
            if current:
                yield current
            script = (event["tts"] - began["tts"]) / 1000
            wall = (event["ts"] - began["ts"]) / 1000
            current = {"script_ms": script, "frame_ms": script, "wall_ms": wall}
        elif current and began and event["name"] in AFTER and event["tid"] == began["tid"]:
            current["frame_ms"] += event.get("tdur", 0) / 1000
    if current:
        yield current


def measure(browser: Any, report: Path, count: int) -> list[dict[str, float]]:
    """Return the milliseconds of each redraw, in order."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True).new_page()
    page.set_default_timeout(120_000)  # for machines that have other work
    page.goto(report.resolve().as_uri())
    page.wait_for_selector("html[data-ready]")
    page.evaluate(DRAW, strokes(2))  # let the engine compile what runs often
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.evaluate(DRAW, strokes(count))
    events = json.loads(browser.stop_tracing())["traceEvents"]
    page.context.close()
    return list(redraws(events))


def percentile(values: Iterable[float], percent: int) -> float:
    """Return the value below which this percentage of the values lies."""
    ordered = sorted(values)
    return round(ordered[(len(ordered) - 1) * percent // 100], 2)


def summary(found: list[dict[str, float]]) -> dict[str, Any]:
    """Return the median and the 95th percentile of each kind of time."""
    return {"redraws": len(found)} | {
        kind: {
            "median": percentile((one[kind] for one in found), 50),
            "p95": percentile((one[kind] for one in found), 95),
        }
        for kind in ("script_ms", "frame_ms", "wall_ms")
    }


def main() -> None:
    """Print a line of JSON for each report."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description="Measure one redraw of a report in Chromium.")
    parser.add_argument("reports", type=Path, nargs="+", help="reports with a drawing box")
    parser.add_argument("--strokes", type=int, default=8, help="strokes of 40 points to draw")
    parser.add_argument("--rounds", type=int, default=1, help="how often each report is measured")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    found: dict[Path, list[dict[str, float]]] = {path: [] for path in arguments.reports}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for _ in range(arguments.rounds):
            for path, times in found.items():
                times += measure(browser, path, arguments.strokes)
        browser.close()
    load = round(os.getloadavg()[0], 1)
    for path, times in found.items():
        print(json.dumps({"report": str(path), **summary(times), "load": load}))


if __name__ == "__main__":
    main()
