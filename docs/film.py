"""Film the playground while it learns: `python docs/film.py`, or `make film`.

The page is played in Chromium. Between two frames it makes a number of steps rather than letting
time pass, so the film is the same on a slow machine as on a fast one.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from byhand.data import load_dataset
from byhand.playground import write_playground

OUT = Path(__file__).parent / "images" / "playground.webp"
SIZE = {"width": 1200, "height": 790}
WIDTH = 820  # of the film, in pixels
MILLISECONDS, LAST = 90, 1800  # how long a frame stays, and the last one of a scene


@dataclass(frozen=True)
class Scene:
    """A training to film.

    Args:
        address: the set-up, as in the page's address.
        steps: the steps between one frame and the next.
    """

    address: str
    steps: Sequence[int]


SCENES = (
    Scene("data=spiral&show=network,result", [3] * 10 + [12] * 12 + [32] * 38),
    Scene("data=digits&layers=24+relu&show=network,result", [1] * 14 + [4] * 12 + [26] * 20),
)

ADVANCE = """async (steps) => {
  const { playground } = byhand;
  const until = playground.latest.step + steps;
  playground.send("advance", { steps });
  await new Promise((resolve) => {
    const look = () => (playground.latest.step === until ? resolve() : requestAnimationFrame(look));
    look();
  });
  playground.setPlaying(true);
  playground.latest = { ...playground.latest, playing: true };
  playground.frames.set(playground.latest);
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}"""


def main(out: Path = OUT) -> Path:
    """Write the film and return its path."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = write_playground(Path(folder), [load_dataset("digits")])
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        film(browser, page, out)
        browser.close()
    return out


def film(browser: Any, page_file: Path, out: Path, scenes: Sequence[Scene] = SCENES) -> None:
    """Play the scenes in the page and write the film."""
    frames: list[Image.Image] = []
    durations: list[int] = []
    for scene in scenes:
        pictures = list(played(browser, page_file, scene))
        frames += pictures
        durations += [MILLISECONDS] * (len(pictures) - 1) + [LAST]
    first, *rest = frames
    first.save(
        out, save_all=True, append_images=rest, duration=durations, loop=0,
        quality=74, method=5, minimize_size=True,
    )  # fmt: skip


def played(browser: Any, path: Path, scene: Scene) -> Iterator[Image.Image]:
    """Yield a picture before the training and one after each of the scene's pieces."""
    page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
    page.goto(f"{path.as_uri()}#{scene.address}")
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(300)
    yield picture(page)
    for steps in scene.steps:
        page.evaluate(ADVANCE, steps)
        yield picture(page)
    page.close()


def picture(page: Any) -> Image.Image:
    """Return the page as it is, as wide as the film."""
    whole = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return whole.resize((WIDTH, round(WIDTH * whole.height / whole.width)), Image.LANCZOS)


if __name__ == "__main__":
    written = main(*map(Path, sys.argv[1:]))
    print(f"{written}: {written.stat().st_size / 1e6:.2f} MB")  # noqa: T201 - a script
