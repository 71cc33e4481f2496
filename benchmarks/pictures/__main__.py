r"""Count how pictures from the world are answered, on handwriting that no network has met.

    python -m benchmarks.pictures drawings runs/basic-1

Needs MNIST, Pillow, Playwright and Chromium.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.pictures.drawing import STYLES, drawn
from benchmarks.pictures.hands import pick, traced
from benchmarks.pictures.page import opened
from byhand.data import load_dataset


def drawings(run: Path, seed: int, count: int) -> None:
    """Draw `count` digits in each style in the report of a run."""
    rng = np.random.default_rng([seed, 1])
    test = load_dataset("mnist").test
    with opened(run / "report.html") as page:
        for name, style in STYLES.items():
            right, doubted, wrong = 0, 0, []
            for place in pick(test.images, test.labels, count, rng):
                strokes = drawn(traced(test.images[place]), style, rng)
                answer, doubt = page.draw(strokes, style.pen)
                is_right = answer == str(test.labels[place])
                right += is_right
                doubted += doubt and is_right
                if not is_right:
                    wrong.append(f"{place}:{answer}{'?' if doubt else ''}")
            print(f"| {name} | {right} of {count} | {doubted} | {' '.join(wrong)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=43)
    a = parser.parse_args()
    drawings(a.run, a.seed, a.count)
