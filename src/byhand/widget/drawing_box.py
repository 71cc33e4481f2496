"""`DrawingBox`: a box to draw in, which gives the drawing to Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.data import Preparation
from byhand.data.clean_photograph import CANVAS
from byhand.errors import ArgumentError
from byhand.evaluation.reading import read_inputs
from byhand.extras import require
from byhand.network.network import Network
from byhand.network.targets import MULTI_LABEL, REGRESSION
from byhand.readable import percent
from byhand.widget.module import script, style

if TYPE_CHECKING:
    import anywidget
    import traitlets
else:
    NEEDS = "a drawing box in a notebook needs"
    anywidget = require("anywidget", "widget", NEEDS)
    traitlets = require("traitlets", "widget", NEEDS)


def _bytes_of(value: Any, widget: Any) -> bytes:  # noqa: ARG001 - ipywidgets' signature
    """Return a buffer that the browser sent as bytes."""
    return bytes(value)


class DrawingBox(anywidget.AnyWidget):
    """The report's drawing box as a widget for Jupyter, marimo and VS Code.

        box = DrawingBox(net)
        box                                # the last line of a cell shows it
        net.predict_proba(box.image[None])

    What is drawn, pasted or dropped is prepared as the training images were, by the JavaScript of
    the report. Python gets it when a stroke is finished.

    Args:
        net: a network on images. The box prepares drawings for it and shows its answer. Without
            a network, drawings are prepared like MNIST's digits.

    Raises:
        ArgumentError: the network takes no images, or it is not a classifier.
        MissingPackageError: anywidget is not installed.
    """

    _esm = script()
    _css = style()

    preparation = traitlets.Dict().tag(sync=True)
    ink = traitlets.Bytes(b"").tag(sync=True, from_json=_bytes_of)
    pixels = traitlets.Bytes(b"").tag(sync=True, from_json=_bytes_of)
    answer = traitlets.Unicode("").tag(sync=True)
    doubted = traitlets.Bool(False).tag(sync=True)

    def __init__(self, net: Network | None = None) -> None:
        if net is not None and net.task in (REGRESSION, MULTI_LABEL):
            raise ArgumentError(
                f"a drawing box shows a predicted class; this network does {net.task}."
            )
        self._net = net
        prepare = Preparation("mnist") if net is None else Preparation.of(net)
        self._shape = prepare.shape
        super().__init__(preparation=prepare.config())
        self.observe(self._answered, names="pixels")

    @property
    def image(self) -> FloatArray:
        """The drawing as the network takes it: float32 (height, width) from 0 to 255.

        All zeros while nothing is drawn.
        """
        return self._read(self.pixels, self._shape).astype(np.float32)

    @property
    def drawing(self) -> Array:
        """The ink as it is in the box, before it is prepared: uint8 (280, 280) from 0 to 255."""
        return self._read(self.ink, (CANVAS, CANVAS))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self.pixels

    def clear(self) -> None:
        """Remove the drawing."""
        with self.hold_sync():
            self.ink = self.pixels = b""

    def on_change(self, callback: Callable[[FloatArray], object]) -> None:
        """Call a function with the image after each stroke, and when the box is cleared."""
        self.observe(lambda _: callback(self.image), names="pixels")

    @staticmethod
    def _read(values: bytes, shape: tuple[int, int]) -> Array:
        """Return bytes as an image; zeros unless the number of bytes is that of a drawing."""
        if len(values) != shape[0] * shape[1]:
            return np.zeros(shape, np.uint8)
        return np.frombuffer(values, np.uint8).reshape(shape).copy()

    def _answered(self, _: Any) -> None:
        """Show the network's answer in the corner of the box."""
        if self._net is None:
            return
        if self.is_empty:
            self.answer, self.doubted = "", False
            return
        (reading,) = read_inputs(self._net, self.image[None])
        mark = "?" if reading.doubt else ""
        with self.hold_sync():
            self.answer = f"{reading.predicted}{mark} · {percent(reading.confidence, 1)}"
            self.doubted = bool(reading.doubt)
