"""Images whose labels are unknown, with the network's predictions: Kaggle's test images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.data import Dataset, Part
from byhand.errors import ArgumentError
from byhand.evaluation.doubt import SURE, Doubt
from byhand.evaluation.predictions import predictions
from byhand.evaluation.subject import Subject
from byhand.figures.canvas import FigureError, counted
from byhand.figures.common import ink_of, titled
from byhand.figures.galleries import SHOWN, caption, gallery
from byhand.figures.source import Examples, Source, without_run
from byhand.figures.style import BLUE, ORANGE
from byhand.network.network import Network
from byhand.network.targets import CLASSES
from byhand.randomness import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from byhand.arrays import Array


def unlabelled_predictions(source: Source, x: Examples | None = None) -> Figure:
    """Draw random images without labels, with their predictions; doubted ones in orange.

    Args:
        source: a run whose test images have no labels; or a network.
        x: for a network: images (n, height, width), or a data set's part.
    """
    found = without_run(source)
    if isinstance(found, Subject) and x is None:
        if found.unlabelled is None:
            raise FigureError("the data have no test images without labels")
        return _drawn(found.network, found.unlabelled.images, found)
    if isinstance(found, Network) and x is not None:
        part = x.test if isinstance(x, Dataset) else x
        return _drawn(found, np.asarray(part.images if isinstance(part, Part) else part), None)
    raise ArgumentError(
        "expected a run, or a network with its images, as (net, x); got a "
        f"{type(found).__name__} {'without' if x is None else 'with'} images."
    )


def _drawn(network: Network, images: Array, subject: Subject | None) -> Figure:
    if images.ndim != 3:
        raise FigureError(f"the data are a table of {images.shape[-1]} columns, not images")
    if network.task != CLASSES:
        raise FigureError("the network predicts no classes")
    rows = stream(subject.seed if subject else 0, "unlabelled").permutation(len(images))[:SHOWN]
    shown = images[rows]
    doubt = Doubt.of(network)
    words = doubt.about(network, shown) if doubt else [SURE] * len(shown)
    names = subject.classes if subject else None
    answers = predictions(network, shown, network.predict(shown), names)  # each its own label
    captions = [
        (caption(answers, row), BLUE if word == SURE else ORANGE) for row, word in enumerate(words)
    ]
    heading = f"{len(shown)} of {counted(len(images), 'image')} without labels, drawn at random"
    if any(words):
        heading += f"; {sum(map(bool, words))} doubted (orange)"
    title = titled(subject, heading) if subject else heading
    return gallery(title, ink_of(shown, full=images), captions)
