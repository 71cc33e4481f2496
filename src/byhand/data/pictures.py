"""Picture files and arrays as input images of a network.

`formats/image_folder.py` reads the files and lists their types.
"""

from __future__ import annotations

import os

import numpy as np

from byhand.arrays import Array
from byhand.data.formats.image_folder import read_image
from byhand.data.prepare_picture import Preparation, Trained

Picture = str | os.PathLike[str] | Array


def prepare_pictures(net: Trained, *pictures: Picture) -> Array:
    """Return pictures as input images for a network: `net.predict(prepare_pictures(net, x))`.

    Args:
        net: a trained network; the preparation is stored with it.
        pictures: files, or grey arrays uint8 (height, width); photographs, scans and drawings.

    Returns:
        uint8 (n, height, width).
    """
    prepare = Preparation.of(net)
    read = [one if isinstance(one, np.ndarray) else read_image(one) for one in pictures]
    return np.stack([prepare(picture) for picture in read])
