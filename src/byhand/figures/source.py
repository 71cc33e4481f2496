"""The source of a figure: a run, or a network with examples and their labels.

    confusion_matrix(run)
    confusion_matrix(net, x, y)
    confusion_matrix(net, digits.test)

Within this room all of them are a `Subject`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from byhand.arrays import Array
from byhand.data import Dataset, Part
from byhand.errors import ArgumentError
from byhand.evaluation.subject import Subject
from byhand.network.network import Network

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@runtime_checkable
class HasSubject(Protocol):
    """A `byhand.Run`, which knows its network, data and training."""

    @property
    def subject(self) -> Subject:
        """The run in the form used by figures."""


Source: TypeAlias = Subject | HasSubject | Network
Examples: TypeAlias = Array | Part | Dataset

ARGUMENTS = """

Args:
    source: a run, or a network.
    x: for a network: raw inputs (n, ...), or a data set's part, such as `digits.test`.
    y: the labels of x, if x is an array."""


class DrawFromSource(Protocol):
    """A function that draws a figure of a run, or of a network with examples."""

    __name__: str

    def __call__(
        self, source: Source, x: Examples | None = None, y: Array | None = None, **options: Any
    ) -> Figure:
        """Return the figure."""


def from_source(draw: Callable[..., Figure]) -> DrawFromSource:
    """Let a function that draws a subject also take a run, or a network with examples.

    Its first parameter, the subject, becomes `source, x, y`; its others become keywords.
    """

    @wraps(draw)
    def drawn(
        source: Source, x: Examples | None = None, y: Array | None = None, **options: Any
    ) -> Figure:
        return draw(subject_of(source, x, y), **options)

    given = list(inspect.signature(drawn, follow_wrapped=False).parameters.values())[:3]
    others = list(inspect.signature(draw).parameters.values())[1:]
    keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in others]
    drawn.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*given, *keywords], return_annotation="Figure"
    )
    drawn.__doc__ = (draw.__doc__ or "") + ARGUMENTS
    return drawn


def subject_of(source: object, x: Examples | None = None, y: Array | None = None) -> Subject:
    """Return the subject of a run, or of a network with examples and labels.

    Raises:
        ArgumentError: something else, or a network without examples or without labels.
    """
    source = without_run(source)
    if isinstance(source, Subject) and x is None and y is None:
        return source
    if not isinstance(source, Network):
        is_run = isinstance(source, Subject)
        what = "a run takes no examples" if is_run else f"got a {type(source).__name__}"
        raise ArgumentError(
            f"expected a run, or a network with examples and their labels, as (net, x, y); {what}."
        )
    if isinstance(x, Dataset):
        return _of_dataset(source, x)
    images, labels = (x.images, x.labels) if isinstance(x, Part) else (x, y)
    if images is None or labels is None:
        missing = "examples" if images is None else "labels"
        raise ArgumentError(
            "a figure of a network needs examples and their labels, as (net, x, y) or "
            f"(net, digits.test); got no {missing}."
        )
    return _of_arrays(source, np.asarray(images), np.asarray(labels))


def without_run(source: object) -> object:
    """Return the subject of a run; anything else unchanged."""
    return source.subject if isinstance(source, HasSubject) else source


def _of_dataset(network: Network, data: Dataset) -> Subject:
    if data.test is None:
        raise ArgumentError(f"{data.name} has no test part; give its train part instead.")
    return Subject(
        network,
        data.test,
        name=data.name,
        train=data.train,
        class_names=data.class_names or None,
        column_names=data.column_names or None,
    )


def _of_arrays(network: Network, images: Array, labels: Array) -> Subject:
    """Return the subject of examples in any form that `fit` takes."""
    shape = images.shape[1:] if images.ndim == 3 else None
    if images.dtype != np.uint8 or images.ndim > 3:  # only pixels are stored as images
        images = images.reshape(len(images), -1)
    known = network.encode(labels, len(images)).labels
    if known is None:
        raise ArgumentError("expected labels of classes; this network predicts values.")
    return Subject(network, Part(images, known), image_shape=shape)
