"""Drawings read without a browser: painted and prepared in Python, as the box does it."""

from __future__ import annotations

import numpy as np

from benchmarks.pictures.hands import Strokes
from byhand.arrays import Array
from byhand.data import Preparation
from byhand.data.out_of_distribution import painted
from byhand.data.proportions import narrowing
from byhand.evaluation.doubt import SURE, Doubt
from byhand.mlp import MultiLayerPerceptron

LONGER = 120  # pixels of a drawing's longer side when it is painted


class InPython:
    """A network that is asked about drawings, like `Page`."""

    def __init__(self, net: MultiLayerPerceptron) -> None:
        """Take the preparation and the doubt that are stored with the network."""
        self.net, self.way, self.doubt = net, Preparation.of(net), Doubt.of(net)
        self.names = net.class_names or [str(k) for k in range(net.output_layer.units)]

    def draw(self, strokes: Strokes, pen: int) -> tuple[str, bool]:  # noqa: ARG002
        """Return the prediction, and whether it is doubted.

        The width of the pen has no influence, because the box draws strokes again with another.
        """
        ink = self._painted(strokes)
        factor = narrowing(ink, self.way.widest)
        if factor < 1:
            ink = self._painted([stroke * (factor, 1) for stroke in strokes])
        image = list(self.way.steps(ink).values())[-1][None]
        is_doubted = self.doubt is not None and self.doubt.about(self.net, image)[0] != SURE
        return self.names[int(self.net.predict(image)[0])], is_doubted

    def _painted(self, strokes: Strokes) -> Array:
        floats = [np.asarray(stroke, np.float64) for stroke in strokes]
        return painted(floats, self.way.pen(LONGER, LONGER), LONGER)
