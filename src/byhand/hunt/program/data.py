"""Handwritten digits: read, scale, split."""

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("digits.npz")
CLASSES = 10
SEED = 0


def load():
    """Images (n, 8, 8) with grey values 0 to 16, and labels (n,); a label of -1 is unknown."""
    with np.load(FILE, allow_pickle=False) as file:
        images, labels = file["images"], file["labels"].astype(int)
    known = labels >= 0
    return images[known], labels[known]


def scale(images):
    """Each image as a row of 64 numbers from 0 to 1."""
    return images.reshape(len(images), -1) / 16


def one_hot(labels):
    """Each label as a row of zeros with a 1 in the column of its class."""
    return np.eye(CLASSES)[labels]


def split(rows, seed=SEED):
    """The numbers of the rows for training (1,200), validation (300) and test (297), at random."""
    order = np.random.default_rng(seed).permutation(rows)
    return order[:1200], order[1200:1500], order[1500:]


def move(images):
    """The images moved to the right by one pixel; the column on the left becomes empty."""
    moved = np.roll(images, 1, axis=2)
    moved[:, :, 0] = 0
    return moved


def prepare(seed=SEED):
    """Inputs and labels of each part. Training images come twice: as they are, and moved."""
    images, labels = load()
    train, validation, test = split(len(images), seed)
    seen = np.concatenate([images[train], move(images[train])])
    mean = scale(seen).mean(axis=0)
    return {
        "train": (scale(seen) - mean, np.concatenate([labels[train], labels[train]])),
        "validation": (scale(images[validation]) - mean, labels[validation]),
        "test": (scale(images[test]) - mean, labels[test]),
    }
