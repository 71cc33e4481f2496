"""Time the augmentation of 60,000 images: `python -m benchmarks.augmentation`.

Each round times one bare pass over the images in NumPy (a copy as float32), then the augmentation
compiled, on one thread and on two. The medians of the rounds' ratios, and the processor time of
this process ("cpu"), hardly depend on other work of the machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from byhand import backend
from byhand.augmentation import PRESETS, Augmentation
from byhand.threads import hold_threads

IMAGES = 60_000
ROUNDS = 7


def main() -> None:
    """Print seconds and ratios for each augmentation."""
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
    backend.use("numba")
    print(
        f"{IMAGES:,} images of 28 x 28; median of {ROUNDS} rounds, and of their ratios to the pass"
    )
    for name, fields in PRESETS.items():
        report(name, images, Augmentation(**fields))


def report(name: str, images: np.ndarray, augmentation: Augmentation) -> None:
    """Time one augmentation beside a bare pass."""

    def on(threads: int) -> None:
        with hold_threads(threads):
            augmentation(images, np.random.default_rng(1))

    augmentation(images[:100], np.random.default_rng(1))  # compiles
    ways: dict[str, Callable[[], object]] = {
        "a bare pass": lambda: images.astype(np.float32),
        "one thread": lambda: on(1),
        "two threads": lambda: on(2),
    }
    rounds = [{way: seconds(call) for way, call in ways.items()} for _ in range(ROUNDS)]
    for way in ways:
        times = [one[way][0] for one in rounds]
        work = [one[way][1] for one in rounds]
        ratios = [one[way][0] / one["a bare pass"][0] for one in rounds]
        print(
            f"{name:8} {way:12} {statistics.median(times):6.2f} s  best {min(times):5.2f} s  "
            f"cpu {statistics.median(work):5.2f} s  ratio {statistics.median(ratios):6.1f}"
        )


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    """Return the wall-clock time and the processor time of a call."""
    began, worked = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - began, time.process_time() - worked


if __name__ == "__main__":
    main()
