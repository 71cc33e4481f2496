"""What the images of a data set have in common: ink, stroke width, size and place of a drawing.

`Preparation.for_images` measures these on training images, so that a new picture is made like them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from byhand.arrays import Array
from byhand.data.clean_photograph import FAINTEST, light_fraction
from byhand.data.fit_and_centre import SOME_INK
from byhand.data.resample import ink_box
from byhand.data.stroke_width import stroke_widths

CLEAR = 0.9
"""Fraction of images with light (or dark) borders that makes ink dark (or light)."""

MIDDLE = 1 / 28  # largest standard deviation of the middles of centred ink, of the longer side

Ink = Literal["light", "dark", "mixed"]
Invert = bool | Literal["auto"]
"""Whether ink is dark on light paper; "auto" looks."""

Centre = Literal["box", "mass"]


def ink_of(images: Array) -> Ink:
    """Return whether ink is lighter than its ground in nearly all images, or darker, or neither."""
    light = light_fraction(images)
    return "dark" if light >= CLEAR else "light" if light <= 1 - CLEAR else "mixed"


def _inked(images: Array) -> list[Array]:
    """Return for each image with ink a mask of its ink inside the smallest box."""
    masks = [image >= SOME_INK for image in images]
    return [mask[ink_box(mask)] for mask in masks if mask.any()]


def centre_of(images: Array) -> Centre:
    """Return which varies less from image to image: the middle of the box or the centre of mass."""
    box, mass = _variances(images)
    return "mass" if mass < box else "box"


def is_centred(images: Array) -> bool:
    """Return whether the images' ink has a common middle, of its box or of its mass.

    It has one if the middles deviate from their mean by at most a 28th of the longer side in each
    direction (standard deviation): 0.3 pixels in MNIST.
    """
    limit: float = 2 * (MIDDLE * max(images.shape[1:])) ** 2
    return min(_variances(images)) <= limit


def _variances(images: Array) -> tuple[float, float]:
    """The variances of the middles of the boxes and of the masses, both directions together."""
    drawn = [np.where(image >= SOME_INK, image, 0) for image in images]
    drawn = [image for image in drawn if image.any()]
    if not drawn:
        return 0.0, 0.0
    boxes = np.array([[(one.start + one.stop - 1) / 2 for one in ink_box(im)] for im in drawn])
    masses = np.array([_centre_of_mass(image) for image in drawn])
    return float(boxes.var(axis=0).sum()), float(masses.var(axis=0).sum())


def _centre_of_mass(image: Array) -> tuple[float, float]:
    profiles = [image.sum(axis=1, dtype=np.float64), image.sum(axis=0, dtype=np.float64)]
    row, column = (float(one @ np.arange(len(one)) / one.sum()) for one in profiles)
    return row, column


def stroke_of(images: Array) -> float | None:
    """Return the median stroke width, to a hundredth of a pixel."""
    drawn = images[(images >= SOME_INK).any(axis=(1, 2))]
    if not len(drawn):
        return None
    return round(float(np.median(stroke_widths(np.where(drawn >= FAINTEST, drawn, 0)))), 2)


def coverage(images: Array) -> float:
    """Return the fraction of its box that ink covers in the median image."""
    parts = [mask.mean() for mask in _inked(images)]
    return float(np.median(parts)) if parts else 1.0


def box_of(images: Array) -> tuple[int, int]:
    """Return (height, width) of the box that the ink of the median image fills."""
    height, width = images.shape[1:]
    parts = [max(mask.shape[0] / height, mask.shape[1] / width) for mask in _inked(images)]
    part = float(np.median(parts)) if parts else 1.0
    return max(1, round(part * height)), max(1, round(part * width))
