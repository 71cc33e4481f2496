"""The data of the doctor's benchmark, in pools.

Thresholds were set on the pool "tuning". The pool "held-out" was used more than once while checks
were being written; the pool "unseen" was not. The pool "small" has tables as small as the irises.
The pool "fresh" measures the advice: it was drawn after the last correction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np

from byhand import load_dataset
from byhand.errors import ByhandError
from byhand.evaluation.doctor.faults import Data


def _shuffled(name: str, x: np.ndarray, y: np.ndarray, rows: int, bar: float) -> Data:
    order = np.random.default_rng(20).permutation(len(x))[:rows]
    x = x[order] if x.dtype == np.uint8 else x[order].astype(np.float32)
    return Data(name, x, y[order].astype(np.int64), int(y.max()) + 1, bar)


@cache
def digits() -> Data:
    """Handwritten digits of 8x8 pixels, 10 classes."""
    d = load_dataset("digits")
    x = np.concatenate([d.train.images, d.test.images])
    y = np.concatenate([d.train.labels, d.test.labels])
    return _shuffled("digits", x, y, 1797, 0.94)


@cache
def mnist() -> Data:
    """15,000 images of MNIST, 28x28, 10 classes."""
    d = load_dataset("mnist", offline=True).train
    return _shuffled("mnist", d.images, d.labels, 15000, 0.9)


@cache
def fashion() -> Data:
    """15,000 images of Fashion-MNIST, 28x28, 10 classes."""
    d = load_dataset("fashion-mnist", offline=True).train
    return _shuffled("fashion-mnist", d.images, d.labels, 15000, 0.82)


@cache
def small_mnist() -> Data:
    """MNIST's test images at half the size, 14x14, the digits 0 to 5."""
    d = load_dataset("mnist", offline=True).test
    few = d.labels < 6
    x = d.images[few].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).round().astype(np.uint8)
    return _shuffled("mnist-14x14", x, d.labels[few], 4000, 0.93)


@cache
def blobs() -> Data:
    """Five clusters in 10 dimensions that touch each other."""
    from sklearn.datasets import make_blobs

    x, y = make_blobs(2400, 10, centers=5, cluster_std=4.0, random_state=5)
    return _shuffled("blobs", x, y, 2400, 0.94)


@cache
def clusters() -> Data:
    """Four classes of two clusters each in 20 dimensions, 8 of them noise."""
    from sklearn.datasets import make_classification

    x, y = make_classification(
        3000, 20, n_informative=12, n_redundant=0, n_classes=4, n_clusters_per_class=2,
        class_sep=2.0, flip_y=0.0, random_state=7,
    )  # fmt: skip
    return _shuffled("clusters", x, y, 3000, 0.93)


@cache
def overlap() -> Data:
    """Three classes that overlap: one example in seven lies on the wrong side."""
    from sklearn.datasets import make_blobs

    x, y = make_blobs(2400, 6, centers=3, cluster_std=9.0, random_state=12)
    return _shuffled("overlap", x, y, 2400, 0.8)


@cache
def circles() -> Data:
    """A ring around a ring in the plane, 2 classes."""
    from sklearn.datasets import make_circles

    x, y = make_circles(1500, noise=0.08, factor=0.6, random_state=8)
    return _shuffled("circles", x, y, 1500, 0.94)


@cache
def hastie() -> Data:
    """A ball inside a shell in 10 dimensions, where no neighbour is near; 2 classes."""
    from sklearn.datasets import make_hastie_10_2

    x, y = make_hastie_10_2(n_samples=3000, random_state=11)
    return _shuffled("hastie", x, y > 0, 3000, 0.91)


@cache
def wine() -> Data:
    """178 wines, 13 measurements of very different size, 3 classes."""
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    return _shuffled("wine", x, y, 178, 0.9)


@cache
def cancer() -> Data:
    """569 breast tumours, 30 measurements of very different size, 2 classes."""
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    return _shuffled("breast-cancer", x, y, 569, 0.91)


@cache
def moons() -> Data:
    """Two half-moons in the plane, 2 classes that overlap a little."""
    from sklearn.datasets import make_moons

    x, y = make_moons(1500, noise=0.2, random_state=3)
    return _shuffled("moons", x, y, 1500, 0.91)


@cache
def shells() -> Data:
    """Three nested shells in 6 dimensions."""
    from sklearn.datasets import make_gaussian_quantiles

    x, y = make_gaussian_quantiles(n_samples=3000, n_features=6, n_classes=3, random_state=4)
    return _shuffled("shells", x, y, 3000, 0.9)


@cache
def garments() -> Data:
    """Fashion-MNIST's test images at half the size, 14x14, 10 classes."""
    d = load_dataset("fashion-mnist", offline=True).test
    x = d.images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).round().astype(np.uint8)
    return _shuffled("fashion-14x14", x, d.labels, 10000, 0.78)


@cache
def late_digits() -> Data:
    """MNIST's test images of 6 to 9, 28x28."""
    d = load_dataset("mnist", offline=True).test
    late = d.labels > 5
    return _shuffled("mnist-6-to-9", d.images[late], d.labels[late] - 6, 4000, 0.92)


@cache
def planes() -> Data:
    """Six clusters in 15 dimensions, two of them noise."""
    from sklearn.datasets import make_classification

    x, y = make_classification(
        3000, 15, n_informative=10, n_redundant=3, n_classes=6, n_clusters_per_class=1,
        class_sep=1.6, flip_y=0.0, random_state=21,
    )  # fmt: skip
    return _shuffled("planes", x, y, 3000, 0.9)


@cache
def spirals() -> Data:
    """Three arms of a spiral in the plane."""
    rng = np.random.default_rng(31)
    y = rng.integers(0, 3, 2400)
    r = rng.uniform(0.3, 2.6, len(y))
    angle = 2.2 * r + y * 2 * np.pi / 3
    x = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
    return _shuffled("spirals", x + rng.normal(0, 0.12, x.shape), y, 2400, 0.94)


@cache
def checkers() -> Data:
    """The squares of a 3x3 checkerboard, 2 classes."""
    x = np.random.default_rng(33).uniform(-1, 1, (2400, 2))
    fields = np.floor(1.5 * x + 1.5).astype(int)
    return _shuffled("checkers", x, fields.sum(axis=1) % 2, 2400, 0.93)


def _values(name: str, x: np.ndarray, y: np.ndarray, rows: int, bar: float) -> Data:
    order = np.random.default_rng(20).permutation(len(x))[:rows]
    values = (y - y.mean()) / y.std()
    return Data(name, x[order].astype(np.float32), values[order].astype(np.float32), 0, bar)


@cache
def friedman() -> Data:
    """A smooth function of five of ten inputs, with a little noise; regression."""
    from sklearn.datasets import make_friedman1

    x, y = make_friedman1(2000, 10, noise=0.8, random_state=2)
    return _values("friedman", x, y, 2000, 0.85)


@cache
def diabetes() -> Data:
    """442 patients, ten measurements, a noisy target; regression."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    return _values("diabetes", x, y, 442, 0.25)


@cache
def impedance() -> Data:
    """The impedance of a circuit from four quantities of very different size; regression."""
    from sklearn.datasets import make_friedman2

    x, y = make_friedman2(2000, noise=30.0, random_state=4)
    return _values("impedance", x, y, 2000, 0.9)


@cache
def ink() -> Data:
    """The ink of the right half of an 8x8 digit from its left half; regression."""
    d = load_dataset("digits")
    x = np.concatenate([d.train.images, d.test.images]).reshape(-1, 8, 8)
    return _values("ink", x[:, :, :4].reshape(len(x), -1), x[:, :, 4:].mean((1, 2)), 1797, 0.4)


@cache
def phase() -> Data:
    """The phase angle of a circuit from four quantities; regression."""
    from sklearn.datasets import make_friedman3

    x, y = make_friedman3(2000, noise=0.05, random_state=6)
    return _values("phase", x, y, 2000, 0.8)


@cache
def sizes() -> Data:
    """The area of a tumour's cells from texture and shape, without other sizes; regression."""
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)[0], load_breast_cancer().data[:, 3]
    kept = [1, 4, 5, 6, 7, 8, 9, 11, 14, 15, 16, 17, 18, 19]
    return _values("sizes", x[:, kept], y, 569, 0.6)


@cache
def iris() -> Data:
    """150 irises, four measurements, 3 classes."""
    from sklearn.datasets import load_iris

    return _shuffled("iris", *load_iris(return_X_y=True), 150, 0.9)


@cache
def few_cells() -> Data:
    """160 of the breast-cancer examples, 30 measurements, 2 classes."""
    from sklearn.datasets import load_breast_cancer

    return _shuffled("few-cells", *load_breast_cancer(return_X_y=True), 160, 0.9)


@cache
def few_moons() -> Data:
    """160 points on two half-circles, 2 classes."""
    from sklearn.datasets import make_moons

    return _shuffled("few-moons", *make_moons(160, noise=0.1, random_state=41), 160, 0.9)


@cache
def few_blobs() -> Data:
    """160 points of four clusters in 5 dimensions."""
    from sklearn.datasets import make_blobs

    x, y = make_blobs(160, 5, centers=4, cluster_std=3.0, random_state=42)
    return _shuffled("few-blobs", x, y, 160, 0.88)


@cache
def few_values() -> Data:
    """160 values of a smooth function of five inputs; regression."""
    from sklearn.datasets import make_friedman1

    return _values("few-values", *make_friedman1(160, 5, noise=0.3, random_state=43), 160, 0.7)


def _halved(images: np.ndarray) -> np.ndarray:
    """Return images of 28x28 at half the size, 14x14."""
    x = images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).round()
    return np.asarray(x, np.uint8)


@cache
def late_mnist() -> Data:
    """3,000 of the last 10,000 training images of MNIST, 14x14, 10 classes."""
    d = load_dataset("mnist", offline=True).train
    return _shuffled("mnist-late", _halved(d.images[50_000:]), d.labels[50_000:], 3000, 0.88)


@cache
def upper_garments() -> Data:
    """T-shirts, pullovers, coats and shirts of Fashion-MNIST's last training images, 14x14."""
    d = load_dataset("fashion-mnist", offline=True).train
    upper = {0: 0, 2: 1, 4: 2, 6: 3}
    rows = np.flatnonzero(np.isin(d.labels, list(upper)))
    rows = rows[rows >= 50_000]
    y = np.vectorize(upper.get)(d.labels[rows])
    return _shuffled("upper-garments", _halved(d.images[rows]), y, 3000, 0.74)


@cache
def waveforms() -> Data:
    """Breiman's waveforms: noisy mixtures of two of three triangles at 21 points; 3 classes."""
    rng = np.random.default_rng(51)
    at = np.arange(21)
    triangles = np.stack([np.maximum(6 - abs(at - middle), 0) for middle in (6, 14, 10)])
    y, u = rng.integers(0, 3, 2400), rng.random((2400, 1))
    x = u * triangles[y] + (1 - u) * triangles[(y + 1) % 3] + rng.normal(size=(2400, 21))
    return _shuffled("waveforms", x, y, 2400, 0.8)


@cache
def display() -> Data:
    """The seven segments of a clock's digits, measured with noise, and 5 noisy inputs."""
    segments = ("1110111", "0010010", "1011101", "1011011", "0111010",
                "1101011", "1101111", "1010010", "1111111", "1111011")  # fmt: skip
    lit = np.array([[int(on) for on in digit] for digit in segments])
    rng = np.random.default_rng(52)
    y = rng.integers(0, 10, 2400)
    x = np.concatenate([lit[y], np.full((2400, 5), 0.5)], axis=1)
    return _shuffled("display", x + rng.normal(0, 0.25, x.shape), y, 2400, 0.86)


@cache
def sectors() -> Data:
    """Eight sectors of a disc, of four classes in turn."""
    rng = np.random.default_rng(53)
    angle, r = rng.uniform(0, 2 * np.pi, 2400), np.sqrt(rng.random(2400))
    x = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
    return _shuffled("sectors", x, (angle // (np.pi / 4)).astype(int) % 4, 2400, 0.9)


@cache
def arm() -> Data:
    """The distance of a robot's hand from a point, from the angles of its three joints."""
    rng = np.random.default_rng(54)
    turns = rng.uniform(-np.pi / 2, np.pi / 2, (1800, 3))
    angles = turns.cumsum(axis=1)
    hand = np.stack([np.cos(angles).sum(axis=1), np.sin(angles).sum(axis=1)], axis=1)
    y = np.hypot(*(hand - np.array([1.0, 0.5])).T)
    return _values("arm", turns, y + rng.normal(0, 0.05, 1800), 1800, 0.85)


@cache
def hem() -> Data:
    """The brightness of a garment's lower half from its upper half, 7x7 pixels; regression."""
    d = load_dataset("fashion-mnist", offline=True).train
    x = d.images[55_000:57_000].reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)) / 255
    return _values("hem", x[:, :4].reshape(2000, -1), x[:, 4:].mean((1, 2)), 2000, 0.7)


POOLS: dict[str, tuple[Callable[[], Data], ...]] = {
    "tuning": (digits, mnist, blobs, clusters, overlap, circles, hastie, wine, friedman, ink),
    "held-out": (fashion, small_mnist, cancer, moons, shells, diabetes, impedance),
    "small": (iris, few_cells, few_moons, few_blobs, few_values),
    "unseen": (garments, late_digits, planes, spirals, checkers, phase, sizes),
    "fresh": (late_mnist, upper_garments, waveforms, display, sectors, arm, hem),
}


@cache
def pool(name: str) -> list[Data]:
    """Return the data sets of a pool that are available on this machine."""
    return available(POOLS[name])


def available(loaders: Iterable[Callable[[], Data]]) -> list[Data]:
    """Load data sets; one that is not on this machine is left out with a message."""
    found = []
    for load in loaders:
        try:
            found.append(load())
        except ByhandError as error:
            print(f"{load.__name__} is left out: {error}")
    return found
