"""Read MNIST's files as briefly as possible, for libraries without a reader of their own."""

import gzip
from pathlib import Path

import numpy as np


def read_mnist(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images float32 (n, 784) from 0 to 1 and labels int64; part: "train" or "t10k"."""
    pixels = _bytes(folder, f"{part}-images-idx3-ubyte")[16:]
    images = np.multiply(pixels.reshape(-1, 784), np.float32(1 / 255), dtype=np.float32)
    return images, _bytes(folder, f"{part}-labels-idx1-ubyte")[8:].astype(np.int64)


def _bytes(folder: Path, name: str) -> np.ndarray:
    plain = folder / name
    content = (
        plain.read_bytes()
        if plain.exists()
        else gzip.decompress((folder / f"{name}.gz").read_bytes())
    )
    return np.frombuffer(content, np.uint8)
