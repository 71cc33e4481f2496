"""Augmentation: a description of how training images are changed."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np

from byhand import backend
from byhand.arrays import Array, FloatArray
from byhand.augmentation import warp
from byhand.augmentation.affine import inverse_map
from byhand.augmentation.draws import AFFINE, ELASTIC, ERASING, NOISE, Keys, draws, uniform_pairs
from byhand.augmentation.pixels import add_noise, erase
from byhand.checks import integer, number

MANY = 1024
"""Number of images from which loading the compiled kernels, half a second, is worth it."""


@dataclass(frozen=True)
class Augmentation:
    """Random changes of training images; call it with a batch and a random generator.

    Each image is changed in its own way, drawn again in every epoch: it is mirrored, moved and
    distorted in one resampling, then gets noise, then loses a rectangle. An effect of 0 is left out
    and does not affect the random numbers of the others.

    Args:
        shift: largest shift in pixels, up, down, left or right.
        rotate: largest rotation in degrees, in both directions.
        scale: largest change of size as a fraction: 0.1 scales by 0.9 to 1.1.
        shear: largest shear in pixels sideways for each pixel of height.
        elastic: strength alpha of the elastic distortion, such as 36.
        sigma: standard deviation in pixels of the Gaussian that smooths the elastic distortion.
        noise: standard deviation of Gaussian noise, as a fraction of full ink.
        erase: longest side in pixels of a rectangle that is erased.
        flip: probability of being mirrored left to right, such as 0.5 for clothes; a mirrored digit
            is another sign.

    Raises:
        ArgumentError: a negative number, a scale of 1 or more, or a probability above 1.
    """

    shift: float = 2.0
    rotate: float = 10.0
    scale: float = 0.1
    shear: float = 0.0
    _: KW_ONLY
    elastic: float = 0.0
    sigma: float = 5.5
    noise: float = 0.0
    erase: int = 0
    flip: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("shift", "rotate", "shear", "elastic", "noise"):
            number(f"{name} of an augmentation", getattr(self, name), at_least=0)
        number("scale of an augmentation, a fraction such as 0.1,", self.scale, at_least=0, below=1)
        number("sigma of an augmentation", self.sigma, at_least=0.5, at_most=100)
        integer("erase of an augmentation", self.erase, at_least=0)
        number("flip of an augmentation, a probability,", self.flip, at_least=0, at_most=1)

    def __call__(self, images: Array, rng: np.random.Generator) -> Array:
        """Return randomly changed images: uint8 (n, h, w) -> uint8 (n, h, w)."""
        return self.with_keys(images, rng.integers(0, 2**64, len(images), dtype=np.uint64))

    def with_keys(self, images: Array, keys: Keys) -> Array:
        """Return changed images; each change follows from the image's own key.

        Args:
            images: uint8 (n, height, width).
            keys: one 64-bit number for each image (n,).
        """
        warp.check_images(images, "augmented")
        if len(images) >= MANY:
            backend.active()  # chooses the compiled kernels if nothing has been chosen yet
        affine, elastic, noise, erasing = (
            draws(keys, purpose) for purpose in (AFFINE, ELASTIC, NOISE, ERASING)
        )
        matrix, offset = self._movements(affine)
        changed = warp.warp(images, matrix, offset, elastic, self.elastic, self.sigma)
        if self.noise:
            changed = add_noise(changed, noise, self.noise)
        return erase(changed, erasing, self.erase) if self.erase else changed

    def _movements(self, keys: Keys) -> tuple[FloatArray, FloatArray]:
        """Return the inverse map of each image, its amounts drawn from the ranges."""
        (down, angle, shear), (right, scale, side) = (u.T for u in uniform_pairs(keys, 3))
        return inverse_map(
            self.shift * down,
            self.shift * right,
            self.rotate * angle,
            1 + self.scale * scale,
            self.shear * shear,
            (side + 1) / 2 < self.flip,
        )
