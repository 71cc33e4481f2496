"""Options that turn trained networks into one better model: averages, copies, temperature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from byhand.arrays import Array
from byhand.augmentation import Augmentation, augmentation_from_text
from byhand.cli import printing, shell_completion
from byhand.cli.options import Option
from byhand.ensemble import Ensemble, WithCopies
from byhand.errors import ArgumentError
from byhand.evaluation.temperature import fit_temperature, with_temperature
from byhand.mlp import MultiLayerPerceptron
from byhand.runs.models import Model, find_model
from byhand.runs.split_dataset import DataSources

COPIED = "shift=1,rotate=5,scale=0.05"
"""How copies are changed by default: less than in training."""

With = Annotated[
    list[str] | None,
    Option(
        "--with",
        help="Average the probabilities with those of this run or model file; repeat for more.",
        show_default=False,
        autocompletion=shell_completion.runs,
    ),
]
Copies = Annotated[
    int,
    Option(
        "--copies",
        help="Average each image with this many changed copies of it.",
        min=0,
        max=1000,
    ),
]
Augment = Annotated[
    str,
    Option(
        "--augment",
        help="How copies are changed: affine, elastic, or fields.",
        metavar="TEXT",
        autocompletion=shell_completion.augmentations,
    ),
]
Calibrate = Annotated[
    bool,
    Option("--calibrate", help="Scale the outputs by a temperature, fitted to validation images."),
]
Save = Annotated[
    Path | None,
    Option("--save", help="Write the model that was evaluated to this file.", show_default=False),
]


@dataclass(frozen=True)
class Combination:
    """How a model is changed before it is evaluated: the options of the same names."""

    others: Sequence[str] = ()
    copies: int = 0
    augment: str = COPIED
    calibrate: bool = False
    save: Path | None = None


def combined(model: Model, wanted: Combination, images: Array, sources: DataSources) -> Model:
    """Return the model combined with the requested networks, temperature and copies.

    Args:
        model: the first model on the command line.
        wanted: the options.
        images: the images that will be predicted, for their shape.
        sources: where data are looked for.

    Raises:
        ArgumentError: networks that do not fit together, copies of a table, or no validation part.
    """
    nets = [model.net, *(find_model(other, sources=sources).net for other in wanted.others)]
    if wanted.calibrate:
        nets = [_calibrated(net, model, sources) for net in nets]
    net = Ensemble(nets) if len(nets) > 1 else nets[0]
    if wanted.save is not None:
        printing.note(f"wrote {net.save(wanted.save)}")
    if wanted.copies:
        if images.ndim != 3:
            raise ArgumentError("--copies changes images; the rows of a table have no copies.")
        height, width = images.shape[1:]
        changes = Augmentation(**augmentation_from_text(wanted.augment))
        net = WithCopies(net, changes, wanted.copies, (height, width))
    return replace(model, net=net)


def _calibrated(
    net: MultiLayerPerceptron, model: Model, sources: DataSources
) -> MultiLayerPerceptron:
    """Return the network with the temperature that fits the model's validation part best."""
    *_, validation = model.examples(None, "validation", sources)
    assert validation.labels is not None  # noqa: S101 - `Model.examples` refuses parts without
    found = fit_temperature(net, validation.images, validation.labels)
    printing.note(f"temperature {found:.3f}, from {len(validation):,} validation examples")
    return with_temperature(net, found)
