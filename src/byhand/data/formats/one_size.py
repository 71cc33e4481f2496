"""Images fitted to one size: the ink cut out of pictures of handwriting, other images whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from byhand.arrays import Array
from byhand.data.clean_photograph import is_light_paper
from byhand.data.handwriting import are_written, has_dark_writing
from byhand.data.image_traits import Invert, is_centred
from byhand.data.prepare_picture import Preparation
from byhand.data.resample import fill, lay
from byhand.errors import DataError

LARGEST = 64
"""The longest side that is kept or chosen automatically, because larger inputs train slowly."""

WRITTEN = 28
"""The side that is chosen for handwriting."""

SMALLEST = 16  # ink is not cut out of images with a smaller side
SAMPLE = 100  # number of pictures that are looked at to decide
NEARLY_ALL = 0.9  # this fraction of them must have dark ink


@dataclass(frozen=True)
class Fitting:
    """How the images of a folder are made equal in size.

    Args:
        side: side of the squares that images are fitted into; None keeps them as they are.
        way: the preparation of handwriting: its ink is cut out, centred, and its strokes are made
            as wide as MNIST's. None fits images whole, with their proportions and their own paper.
        dark_ink: whether the ink is dark on light paper; "auto" decides for each picture.
    """

    side: int | None = None
    way: Preparation | None = None
    dark_ink: Invert = "auto"

    @classmethod
    def of(cls, images: Sequence[Array], size: int | None, invert: Invert) -> Fitting:
        """Choose how to fit images.

        Images of one size up to 64x64 are kept, except square images of handwriting that is not
        centred. Ink is cut out of pictures of handwriting and fitted into 28x28; others are fitted
        whole into their median longer side, at most 64.

        Args:
            images: all images, uint8 (height, width) each.
            size: side of the squares, if it is given.
            invert: True for dark ink on light paper, False for light ink, "auto" to decide.
        """
        longer = [max(image.shape) for image in images]
        sample = images[:: max(1, len(images) // SAMPLE)]
        if size is None and len({image.shape for image in images}) == 1 and longer[0] <= LARGEST:
            if not _is_scattered_writing(sample):
                return cls()
            way = replace(Preparation.of_handwriting(longer[0]), cuts_all=True)
            return cls(longer[0], way, _common_polarity(sample, invert))
        usual = min(LARGEST, int(np.median(longer)))
        if not are_written(sample):
            return cls(size or usual)
        side = size or min(WRITTEN, usual)
        return cls(side, Preparation.of_handwriting(side), _common_polarity(sample, invert))

    @property
    def has_new_size(self) -> bool:
        """Whether the side was chosen; otherwise the images keep their own size."""
        return self.side is not None and not (self.way is not None and self.way.cuts_all)

    def note(self, count: int) -> str:
        """Return a sentence on what happens to `count` images, and how to choose another size."""
        size = f"{self.side}x{self.side}"
        how = f"{count:,} images are fitted whole into {size}, with their proportions"
        if self.way is not None:
            how = (
                f"handwriting; the ink of {count:,} pictures is cut out, centred and fitted into "
                f"{size}, with strokes as wide as MNIST's"
            )
        if self.way is not None and self.way.cuts_all:
            return (
                f"{how}, because it is not centred. To keep the images as they are, give "
                f"size={self.side} (--size {self.side})."
            )
        return f"{how}. For another size, give size=32 (--size 32)."

    def __call__(self, image: Array) -> Array:
        """Return the image in its new size; a picture without ink becomes empty paper."""
        if self.side is None:
            return image
        if self.way is None:
            return fitted(image, self.side)
        try:
            return self.way(image, invert=self.dark_ink)
        except DataError:
            return np.zeros(self.way.shape, np.uint8)


def _is_scattered_writing(images: Sequence[Array]) -> bool:
    """Whether images of one size are square and show handwriting that is not centred."""
    height, width = images[0].shape
    if height != width or width < SMALLEST or not are_written(images):
        return False
    return not is_centred(np.stack([255 - one if has_dark_writing(one) else one for one in images]))


def _common_polarity(images: Sequence[Array], invert: Invert) -> Invert:
    """True if nearly all pictures have dark ink, unless it is given."""
    dark = np.mean([has_dark_writing(one) for one in images]) if invert == "auto" else 0
    return True if dark >= NEARLY_ALL else invert


def fitted(image: Array, side: int) -> Array:
    """Return the image as large as fits into a square, centred, with white or black margins.

    The margins are white if the border of the image is light (a median of 128 or more).
    """
    if image.shape == (side, side):
        return image
    if is_light_paper(image):
        return 255 - lay(fill(255 - image, side, side), side, side)
    return lay(fill(image, side, side), side, side)
