"""Measure one redraw of a report in Chromium: from a move of the pen to all that follows from it.

    python -m benchmarks.page runs/basic-1/report.html

Each redraw reads the box, prepares the image, runs the network, and paints prediction, stages,
nearest images and layers. Strokes are added point by point, as a hand would, and the next is begun
on an empty box. Needs Playwright and Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
from pathlib import Path

REDRAW = """async (strokes) => {
  const { box: { Box } } = byhand.modules;
  const durations = [];
  const original = Box.prototype.redraw;
  Box.prototype.redraw = function () {
    const began = performance.now();
    original.call(this);
    durations.push(performance.now() - began);
  };
  const canvas = document.querySelector("#box");
  canvas.setPointerCapture = () => {};
  const { left, top, width } = canvas.getBoundingClientRect();
  const send = (kind, [x, y]) => canvas.dispatchEvent(new PointerEvent(kind, {
    clientX: left + (x * width) / 100, clientY: top + (y * width) / 100,
    pointerId: 1, bubbles: true,
  }));
  const next = () => new Promise((done) => requestAnimationFrame(done));
  const frame = () => next().then(next);
  for (const points of strokes) {
    document.querySelector("#clear").click();
    send("pointerdown", points[0]);
    for (const point of points.slice(1)) {
      send("pointermove", point);
      await frame();
    }
    send("pointerup", points.at(-1));
  }
  Box.prototype.redraw = original;
  return durations;
}"""

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


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


def measure(report: Path, count: int) -> list[float]:
    """Return the milliseconds of each redraw, in order."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True).new_page()
        page.goto(report.resolve().as_uri())
        page.wait_for_selector("html[data-ready]", timeout=60_000)
        page.evaluate(REDRAW, strokes(2))  # let the engine compile what runs often
        times: list[float] = page.evaluate(REDRAW, strokes(count))
        browser.close()
    return times


def main() -> None:
    """Print the median and the 95th percentile as a line of JSON."""
    parser = argparse.ArgumentParser(description="Measure one redraw of a report in Chromium.")
    parser.add_argument("report", type=Path, help="a report.html with a drawing box")
    parser.add_argument("--strokes", type=int, default=8, help="strokes of 40 points to draw")
    arguments = parser.parse_args()
    times = sorted(measure(arguments.report, arguments.strokes))
    result = {
        "redraws": len(times),
        "median_ms": round(statistics.median(times), 2),
        "p95_ms": round(times[int(0.95 * (len(times) - 1))], 2),
        "longest_ms": round(times[-1], 2),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
