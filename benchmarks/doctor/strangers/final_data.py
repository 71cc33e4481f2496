"""The pool "final": data sets for one last measurement, written down before it was made.

None of them was looked at while the doctor was improved. The bars were set as in the other pools;
with several labels, an example counts as right if all of them are.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from benchmarks.doctor.strangers.data import as_data
from byhand import load_dataset
from byhand.arrays import Array
from byhand.evaluation.doctor.faults import Data

# --- images ---------------------------------------------------------------------------------------


@cache
def signs() -> Data:
    """Six dark signs on bright paper that is lit from one side, 13x13."""
    from PIL import Image, ImageDraw, ImageFont

    rng = np.random.default_rng(101)
    y = rng.integers(0, 6, 2200)
    x = np.empty((2200, 13, 13))
    for row, sign in enumerate(y):
        image, font = Image.new("L", (13, 13)), ImageFont.load_default(int(rng.integers(11, 15)))
        at = (int(rng.integers(1, 5)), int(rng.integers(-3, 1)))
        ImageDraw.Draw(image).text(at, "%&?Z47"[sign], fill=150, font=font)
        light = np.linspace(*rng.uniform(190, 240, 2), 13)
        x[row] = light - np.asarray(image) + rng.normal(0, 12, (13, 13))
    return as_data("signs", x.clip(0, 255).astype(np.uint8), y, 2200, 101, 0.95)


@cache
def kinds() -> Data:
    """Trousers, dresses, coats and bags of Fashion-MNIST, 14x14."""
    d = load_dataset("fashion-mnist", offline=True).train
    rows = 22_000 + np.flatnonzero(np.isin(d.labels[22_000:30_000], [1, 3, 4, 8]))[:2400]
    y = np.searchsorted([1, 3, 4, 8], d.labels[rows])
    return as_data("kinds", _smaller(d.images[rows], 2), y, 2400, 102, 0.9)


@cache
def lower_halves() -> Data:
    """The lower half of an MNIST digit, 7x14; 10 classes."""
    d = load_dataset("mnist", offline=True).train
    x = _smaller(d.images[10_000:13_000, 14:], 2)
    return as_data("lower-halves", x, d.labels[10_000:13_000], 3000, 103, 0.76)


@cache
def peaks() -> Data:
    """In which quarter of a 9x9 map the higher one of two hills lies."""
    rng = np.random.default_rng(104)
    y, i = rng.integers(0, 4, 2600), np.mgrid[:9, :9][:, None]
    high = np.stack([y // 2, y % 2]) * 4.0 + rng.uniform(0.5, 3.5, (2, 2600))
    low = rng.uniform(0, 8, (2, 2600))
    hills = [
        np.exp(-((i - at[:, :, None, None]) ** 2).sum(axis=0) / (2 * 1.3**2)) for at in (high, low)
    ]
    x = 60 + 150 * hills[0] + 80 * hills[1] + rng.normal(0, 15, (2600, 9, 9))
    return as_data("peaks", x.clip(0, 255).astype(np.uint8), y, 2600, 104, 0.94)


def _smaller(images: Array, factor: int) -> Array:
    """Return images with both sides divided by a factor."""
    rows, high, wide = images.shape
    x = images.reshape(rows, high // factor, factor, wide // factor, factor).mean(axis=(2, 4))
    return np.asarray(x.round(), np.uint8)


# --- tables ---------------------------------------------------------------------------------------


@cache
def beats() -> Data:
    """Four shapes of a heartbeat of 48 points, stretched, moved and with slow drift."""
    rng = np.random.default_rng(105)
    y, t = rng.integers(0, 4, 2000), np.linspace(-1, 1, 48)
    t = (t + rng.normal(0, 0.05, (2000, 1))) * rng.uniform(0.85, 1.15, (2000, 1))
    wide = np.array([0.06, 0.14, 0.06, 0.06])[y, None]
    x = np.exp(-((t / wide) ** 2))
    x += np.array([0.25, 0.25, -0.25, 0.25])[y, None] * np.exp(-(((t - 0.45) / 0.15) ** 2))
    x += np.array([0.15, 0.15, 0.15, 0.0])[y, None] * np.exp(-(((t + 0.4) / 0.1) ** 2))
    x += rng.normal(0, 0.1, (2000, 1)) * t + rng.normal(0, 0.06, x.shape)
    return as_data("beats", x, y, 2000, 105, 0.91)


@cache
def rules() -> Data:
    """Three classes by rules on categories, as columns of 0 and 1, and four numbers; 3 % wrong."""
    rng = np.random.default_rng(106)
    shape, colour, size = rng.integers(0, 4, 2400), rng.integers(0, 3, 2400), rng.random((2400, 4))
    y = np.where(shape < 2, (size[:, 0] > 0.5) * 1, np.where(colour == 0, 2, (size[:, 1] > 0.4)))
    y = np.where(rng.random(2400) < 0.03, rng.integers(0, 3, 2400), y)
    x = np.concatenate([np.eye(4)[shape], np.eye(3)[colour], 10 * size], axis=1)
    return as_data("rules", x, y, 2400, 106, 0.93)


@cache
def heavy_tails() -> Data:
    """Five clusters of different shapes in 8 dimensions whose outliers lie far away."""
    rng = np.random.default_rng(107)
    y, shapes = rng.integers(0, 5, 2500), rng.normal(0, 0.7, (5, 8, 8)) + 0.6 * np.eye(8)
    x = np.einsum("ni,nij->nj", rng.standard_t(4, (2500, 8)), shapes[y])
    return as_data("heavy-tails", x + rng.normal(0, 3.0, (5, 8))[y], y, 2500, 107, 0.94)


@cache
def topics() -> Data:
    """How often each of 40 words occurs in a text of one of five topics."""
    rng = np.random.default_rng(108)
    y, words = rng.integers(0, 5, 1600), rng.dirichlet(np.full(40, 0.35), 5)
    mixed = 0.6 * words[y] + 0.4 * words.mean(axis=0)
    x = rng.poisson(mixed * rng.uniform(20, 60, (1600, 1)))
    return as_data("topics", x.astype(np.float32), y, 1600, 108, 0.94)


@cache
def tags() -> Data:
    """Which of four tags a text has, from its 25 words; several labels."""
    from sklearn.datasets import make_multilabel_classification

    x, y = make_multilabel_classification(
        2000, 25, n_classes=4, n_labels=2, length=60, random_state=109
    )
    return as_data("tags", x.astype(np.float32), y, 2000, 109, 0.43)


# --- regression -----------------------------------------------------------------------------------


@cache
def roll() -> Data:
    """How far along a rolled sheet a point in space lies; regression."""
    from sklearn.datasets import make_swiss_roll

    return as_data("roll", *make_swiss_roll(1800, noise=0.4, random_state=110), 1800, 110, 0.95)


@cache
def pipes() -> Data:
    """The logarithm of the pressure that a rough pipe takes, from five quantities; regression."""
    rng = np.random.default_rng(111)
    length, wide = rng.uniform(1, 100, 1400), rng.uniform(0.05, 0.5, 1400)
    speed, rough, thick = rng.uniform(0.2, 5, 1400), rng.uniform(1e-5, 2e-3, 1400), rng.random(1400)
    reynolds = 1000 * speed * wide / (1e-3 * (1 + 4 * thick))
    friction = 0.25 / np.log10(rough / (3.7 * wide) + 5.74 / reynolds**0.9) ** 2
    y = np.log(friction * length / wide * 500 * speed**2) + rng.normal(0, 0.1, 1400)
    return as_data(
        "pipes", np.column_stack([length, wide, speed, rough, thick]), y, 1400, 111, 0.92
    )


@cache
def spans() -> Data:
    """How many columns an MNIST digit spans, from 7x7 pixels; regression."""
    d = load_dataset("mnist", offline=True).train
    images = d.images[14_000:16_200]
    inked = (images > 60).any(axis=1)
    y = 28.0 - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1)
    x = _smaller(images, 4).reshape(2200, 49) / 255
    return as_data("spans", x, y, 2200, 112, 0.85)
