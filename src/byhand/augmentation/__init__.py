"""Random changes of training images: movements, elastic distortion, noise, erasing.

Nothing here knows about data sets or networks: uint8 images go in, and uint8 images come out.
"""

from __future__ import annotations

from byhand.augmentation.affine import move_images
from byhand.augmentation.augmentation import Augmentation
from byhand.augmentation.presets import PRESETS, augmentation_from_text

__all__ = ["PRESETS", "Augmentation", "augmentation_from_text", "move_images"]
