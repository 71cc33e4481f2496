"""Every figure of the table, for every kind of network and data."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from byhand.figures import FIGURES, FigureError

# What cannot be drawn of a kind, and a word of the reason.
NOT_DRAWN = {
    "table": {
        "random_predictions": "table",
        "unlabelled_predictions": "table",
        "worst_mistakes": "table",
        "first_layer_weights": "table",
        "unit_images": "table",
        "saliency_maps": "table",
        "occlusion_maps": "table",
    },
    "tiny": {"activations_correct": "none of the predictions"},
    "no_hidden_layer": {
        "unit_images": "hidden",
        "class_averages": "hidden",
        "calibration": "probabilities",
    },
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_or_explains_why_not(name, subject, request, draw):
    """A figure has a title and named axes; no text covers another or leaves the canvas."""
    kind = request.node.callspec.params["subject"]
    reason = NOT_DRAWN.get(kind, {}).get(name)
    if reason is not None:
        with pytest.raises(FigureError, match=reason):
            FIGURES[name](subject)
        return

    figure = FIGURES[name](subject)
    drawing = draw(figure)

    assert isinstance(figure, Figure)
    assert figure.get_suptitle()
    assert drawing.cut() == []
    assert drawing.overlapping() == []
    assert [axes for axes in figure.axes if not _is_named(axes)] == []
    assert [axes for axes in figure.axes if not (axes.has_data() or axes.texts)] == []


def _is_named(axes) -> bool:
    """Each axis with ticks has a label; of axes that share one, a neighbour has it."""
    if not axes.axison:
        return True
    x_siblings = axes.get_shared_x_axes().get_siblings(axes)
    y_siblings = axes.get_shared_y_axes().get_siblings(axes)
    named_x = not len(axes.get_xticks()) or any(other.get_xlabel() for other in x_siblings)
    named_y = not len(axes.get_yticks()) or any(other.get_ylabel() for other in y_siblings)
    return named_x and named_y


def test_every_figure_has_a_description():
    """The docstring's first line is a sentence."""
    first_lines = {name: function.__doc__.splitlines()[0] for name, function in FIGURES.items()}

    assert [name for name, line in first_lines.items() if not line.endswith(".")] == []
