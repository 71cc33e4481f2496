"""Data sets that no other part of the doctor's benchmark uses: the pools "others" and "judge".

The bar of each lies about 0.05 below the best of nearest neighbours, a forest of random trees and a
linear model on a fifth of its examples.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from benchmarks.doctor.strangers.reference import bar
from byhand import load_dataset
from byhand.arrays import Array
from byhand.evaluation.doctor.faults import Data


def as_data(name: str, x: Array, y: Array, rows: int, seed: int, bar: float) -> Data:
    """Return `rows` shuffled examples; integers (n,) are classes, floats are values."""
    order = np.random.default_rng(seed).permutation(len(x))[:rows]
    x, y = x[order], y[order]
    x = x if x.dtype == np.uint8 else x.astype(np.float32)
    if y.ndim > 1:
        return Data(name, x, y.astype(np.float32), y.shape[1], bar)
    if y.dtype.kind in "iub":
        return Data(name, x, y.astype(np.int64), int(y.max()) + 1, bar)
    return Data(name, x, ((y - y.mean()) / y.std()).astype(np.float32), 0, bar)


def with_reference(name: str, x: Array, y: Array, seed: int) -> Data:
    """Return shuffled rows with the bar that the reference models set."""
    data = as_data(name, x, y, len(x), seed, 0.0)
    return Data(name, data.x, data.y, data.classes, bar(data.x, data.y))


def has_several_labels(data: Data) -> bool:
    """Return whether an example may have several labels at once."""
    return bool(data.classes) and data.y.ndim > 1


def _grey(name: str) -> Array:
    """Return one of scikit-learn's two photographs in grey, (427, 640)."""
    from sklearn.datasets import load_sample_image

    return np.asarray(load_sample_image(name).mean(axis=2), np.float32)


def _patches(image: Array, rows: int, side: int, rng: np.random.Generator) -> Array:
    """Return `rows` patches that do not overlap, (rows, side, side)."""
    high, wide = (size // side for size in image.shape)
    squares = image[: high * side, : wide * side].reshape(high, side, wide, side).swapaxes(1, 2)
    return squares.reshape(-1, side, side)[rng.permutation(high * wide)[:rows]]


# --- the pool "others" ----------------------------------------------------------------------------


@cache
def profiles() -> Data:
    """The ink of each row and column of an MNIST digit, 56 numbers; 10 classes."""
    d = load_dataset("mnist", offline=True).train
    x = d.images[30_000:33_500].astype(np.float32) / 255
    x = np.concatenate([x.sum(axis=1), x.sum(axis=2)], axis=1)
    return as_data("profiles", x, d.labels[30_000:33_500], 3000, 1, 0.80)


@cache
def shoes() -> Data:
    """Sandals, sneakers and boots of Fashion-MNIST, 14x14."""
    d = load_dataset("fashion-mnist", offline=True).train
    rows = np.flatnonzero(np.isin(d.labels[:20_000], [5, 7, 9]))[:3000]
    x = d.images[rows].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).round().astype(np.uint8)
    return as_data("shoes", x, (d.labels[rows] - 5) // 2, 2000, 2, 0.9)


@cache
def drawn_shapes() -> Data:
    """Discs, squares, rings and crosses of many sizes and places, 12x12, with noise."""
    rng = np.random.default_rng(3)
    y = rng.integers(0, 4, 2600)
    middle, size = rng.uniform(4.5, 6.5, (2600, 2, 1, 1)), rng.uniform(2.5, 4.5, (2600, 1, 1))
    i, j = np.mgrid[:12, :12][:, None] - middle.swapaxes(0, 1)
    r, square = np.hypot(i, j), np.maximum(abs(i), abs(j))
    lines = (np.minimum(abs(i), abs(j)) < 1) & (square < size)
    masks = np.stack([r < size, square < size, (r < size) & (r > size - 1.5), lines])
    x = 190.0 * masks[y, np.arange(2600)] + rng.normal(30, 25, (2600, 12, 12))
    return as_data("drawn-shapes", x.clip(0, 255).astype(np.uint8), y, 2600, 3, 0.93)


@cache
def tones() -> Data:
    """The spectra of six noisy tones with overtones, 40 bands."""
    rng = np.random.default_rng(4)
    y = rng.integers(0, 6, 1800)
    pitch = 3.0 + 0.6 * y[:, None] + rng.normal(0, 0.1, (1800, 1))
    bands = np.arange(40) / 2
    x = sum(
        rng.uniform(0.3, 1, (1800, 1)) * np.exp(-(((bands - k * pitch) / 0.4) ** 2))
        for k in (1, 2, 3)
    )
    return as_data("tones", x + rng.exponential(0.08, x.shape), y, 1800, 4, 0.95)


@cache
def loans() -> Data:
    """Invented loans: age, income, debt, three columns of 0 and 1; who pays back, with chance."""
    rng = np.random.default_rng(5)
    age, income = rng.uniform(20, 70, 2500), rng.lognormal(8, 0.5, 2500)
    debt, job = rng.exponential(4000, 2500), np.eye(3)[rng.integers(0, 3, 2500)]
    score = 0.04 * (age - 45) + 2 * np.log(income / 3000) - debt / 3000 + job @ [1.5, 0, -0.5]
    y = rng.random(2500) < 1 / (1 + np.exp(-2 * (score + 0.8)))
    return as_data("loans", np.column_stack([age, income, debt, job]), y, 2500, 5, 0.82)


@cache
def photographs() -> Data:
    """Patches of 8x8 pixels of two photographs, a temple and a flower."""
    rng = np.random.default_rng(6)
    x = np.concatenate(
        [_patches(_grey(name), 1000, 8, rng) for name in ("china.jpg", "flower.jpg")]
    )
    return as_data(
        "photographs", x.round().astype(np.uint8), np.arange(2000) // 1000, 2000, 6, 0.85
    )


@cache
def traits() -> Data:
    """What holds of an 8x8 digit: even, above 4, with a closed loop; several labels."""
    d = load_dataset("digits")
    x = np.concatenate([d.train.images, d.test.images])
    y = np.concatenate([d.train.labels, d.test.labels])
    labels = np.stack([y % 2 == 0, y > 4, np.isin(y, [0, 6, 8, 9])], axis=1)
    return as_data("traits", x, labels, 1797, 7, 0.9)


@cache
def alcohol() -> Data:
    """The alcohol in 178 wines from twelve other measurements; regression."""
    from sklearn.datasets import load_wine

    table = load_wine().data
    return as_data("alcohol", table[:, 1:], table[:, 0], 178, 8, 0.3)


@cache
def throws() -> Data:
    """How far a ball flies from its speed, angle, height and the wind; regression."""
    rng = np.random.default_rng(9)
    v, angle = rng.uniform(5, 25, 1600), rng.uniform(0.2, 1.3, 1600)
    h, wind = rng.uniform(0, 10, 1600), rng.normal(0, 2, 1600)
    up = v * np.sin(angle)
    t = (up + np.sqrt(up**2 + 2 * 9.81 * h)) / 9.81
    y = (v * np.cos(angle) + wind) * t + rng.normal(0, 1, 1600)
    return as_data("throws", np.column_stack([v, angle, h, wind]), y, 1600, 9, 0.92)


@cache
def missing_pixels() -> Data:
    """The middle pixel of a patch of 5x5 pixels of a photograph; regression."""
    x = _patches(_grey("china.jpg"), 2000, 5, np.random.default_rng(10)).reshape(2000, 25)
    return as_data("missing-pixels", np.delete(x, 12, axis=1) / 255, x[:, 12], 2000, 10, 0.9)


# --- the pool "judge" -----------------------------------------------------------------------------


@cache
def gratings() -> Data:
    """Stripes in five directions of any phase and width, 10x10, with noise."""
    rng = np.random.default_rng(11)
    y = rng.integers(0, 5, 2800)
    angle = (y * np.pi / 5 + rng.normal(0, 0.06, 2800))[:, None, None]
    i, j = np.mgrid[:10, :10]
    waves = np.sin(
        rng.uniform(0.9, 1.3, (2800, 1, 1)) * (i * np.cos(angle) + j * np.sin(angle))
        + rng.uniform(0, 2 * np.pi, (2800, 1, 1))
    )
    x = 128 + 80 * waves + rng.normal(0, 20, waves.shape)
    return as_data("gratings", x.clip(0, 255).astype(np.uint8), y, 2800, 11, 0.94)


@cache
def odd_digits() -> Data:
    """Whether an MNIST digit of 14x14 is odd."""
    d = load_dataset("mnist", offline=True).train
    x = d.images[40_000:43_000].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).round()
    return as_data("odd-digits", x.astype(np.uint8), d.labels[40_000:43_000] % 2, 3000, 12, 0.92)


@cache
def textures() -> Data:
    """Means and spreads of brightness in the 7x7 squares of a garment, 32 numbers; 10 classes."""
    d = load_dataset("fashion-mnist", offline=True).train
    x = d.images[30_000:33_000].astype(np.float32).reshape(-1, 4, 7, 4, 7)
    x = np.concatenate([x.mean(axis=(2, 4)).reshape(3000, -1), x.std((2, 4)).reshape(3000, -1)], 1)
    return as_data("textures", x, d.labels[30_000:33_000], 3000, 13, 0.74)


@cache
def letters() -> Data:
    """Eight letters, printed large, moved, turned and with noise, 12x12."""
    from PIL import Image, ImageDraw, ImageFont

    rng = np.random.default_rng(14)
    y = rng.integers(0, 8, 2000)
    font = ImageFont.load_default(11)
    x = np.empty((2000, 12, 12))
    for row, letter in enumerate(y):
        image = Image.new("L", (12, 12))
        at = (int(rng.integers(1, 4)), int(rng.integers(-2, 1)))
        ImageDraw.Draw(image).text(at, "ABEFHKRS"[letter], fill=220, font=font)
        x[row] = np.asarray(image.rotate(float(rng.uniform(-12, 12)), Image.Resampling.BILINEAR))
    x += rng.normal(20, 15, x.shape)
    return as_data("letters", x.clip(0, 255).astype(np.uint8), y, 2000, 14, 0.93)


@cache
def series() -> Data:
    """Three kinds of time series of 30 points: drifting, swinging and alternating."""
    rng = np.random.default_rng(15)
    y = rng.integers(0, 3, 2000)
    first, second = np.array([0.9, 0.5, -0.7])[y], np.array([0.0, -0.7, 0.1])[y]
    x = rng.normal(size=(2000, 30))
    for t in range(2, 30):
        x[:, t] += first * x[:, t - 1] + second * x[:, t - 2]
    return as_data("series", x, y, 2000, 15, 0.91)


@cache
def nuclei() -> Data:
    """569 breast tumours, the ten mean measurements only, 2 classes."""
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    return as_data("nuclei", x[:, :10], y, 569, 16, 0.88)


@cache
def progress() -> Data:
    """Whether the diabetes of 442 patients got worse than usual: classes that overlap widely."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    return as_data("progress", x, y > np.median(y), 442, 17, 0.64)


@cache
def overlaid() -> Data:
    """Which of 0 to 3 are among two MNIST digits laid over each other, 14x14; several labels."""
    d = load_dataset("mnist", offline=True).test
    few = np.flatnonzero(d.labels < 4)
    one, other = few[:2000], np.random.default_rng(18).permutation(few)[:2000]
    x = np.maximum(d.images[one], d.images[other]).reshape(-1, 14, 2, 14, 2).mean((2, 4)).round()
    labels = np.eye(4)[d.labels[one]] + np.eye(4)[d.labels[other]] > 0
    return as_data("overlaid", x.astype(np.uint8), labels, 2000, 18, 0.7)


@cache
def pendulums() -> Data:
    """The period of a damped pendulum from length, mass, swing and air; regression."""
    rng = np.random.default_rng(19)
    length, mass = rng.uniform(0.2, 3, 1500), rng.uniform(0.1, 5, 1500)
    swing, air = rng.uniform(0.1, 2.2, 1500), rng.uniform(0, 0.5, 1500)
    y = 2 * np.pi * np.sqrt(length / 9.81) * (1 + swing**2 / 16 + 11 * swing**4 / 3072)
    y = y * (1 + air / (2 * mass + 0.5)) + rng.normal(0, 0.05, 1500)
    return as_data("pendulums", np.column_stack([length, mass, swing, air]), y, 1500, 19, 0.93)


@cache
def slants() -> Data:
    """How far an MNIST digit of 7x7 pixels leans; regression."""
    d = load_dataset("mnist", offline=True).train
    x = d.images[20_000:22_000].astype(np.float32)
    i, j = np.mgrid[:28, :28]
    ink = x.sum((1, 2))
    di, dj = (at - ((x * at).sum((1, 2)) / ink)[:, None, None] for at in (i, j))
    lean = (x * di * dj).sum((1, 2)) / (x * di**2).sum((1, 2))
    small = x.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(2000, 49) / 255
    return as_data("slants", small, lean.clip(-1.5, 1.5), 2000, 20, 0.8)
