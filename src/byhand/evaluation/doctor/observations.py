"""What the doctor looks at: plain numbers about a run, which a JSON file can hold.

Every part may be missing (None or empty): the checks judge what is there and are silent about
the rest. `byhand.evaluation.doctor.observe` fills them in.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from byhand.atomic import write_whole
from byhand.errors import FileError, FormatError

RENAMED = {"batch_rows": "batch_size", "twins": "equal_units"}
"""Names in files of version 0.1, and what they are called now."""


@dataclass(frozen=True)
class Setup:
    """What the run was told to do.

    Args:
        classes: number of classes; 0 where the targets are values.
        loss: name of the loss.
        output: activation of the last layer.
        normalisation: of the input layer.
        images: whether inputs are images, whose columns share one scale.
        optimizer: its name.
        learning_rate: the largest rate that was used.
        batch_size: examples in a step.
        examples: number of training examples.
        steps: steps done.
        epochs: how many were wanted.
        l1: strength of the penalty sum(|W|).
        l2: strength of the penalty sum(W^2) / 2.
        weight_decay: of the optimizer.
        dropout: the largest share dropped in any layer.
        weighted: whether classes or examples carry weights.
        shuffled: whether every epoch drew a new order.
        diverged: whether the loss left the finite numbers.
        resumed: whether the weights had been trained before.
        kept_epoch: the epoch whose weights were kept, counted from 1; 0 is the last.
    """

    classes: int = 0
    loss: str = ""
    output: str = ""
    normalisation: str = ""
    images: bool = False
    optimizer: str = ""
    learning_rate: float | None = None
    batch_size: int | None = None
    examples: int | None = None
    steps: int | None = None
    epochs: int | None = None
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    dropout: float = 0.0
    weighted: bool = False
    shuffled: bool = True
    diverged: bool = False
    resumed: bool = False
    kept_epoch: int = 0


@dataclass(frozen=True)
class InputFacts:
    """The numbers that enter the first dense layer (A0), over some examples.

    Args:
        rows: how many examples.
        mean: of all numbers.
        rms: root of the mean square of all numbers.
        smallest: the smallest number.
        largest: the largest number.
        column_rms: the largest root mean square of one column.
        blank: share of examples that are one number throughout.
    """

    rows: int
    mean: float
    rms: float
    smallest: float
    largest: float
    column_rms: float
    blank: float


@dataclass(frozen=True)
class LabelFacts:
    """Labels beside those of their nearest neighbours in the training data.

    Args:
        counts: examples of each class.
        in_order: share of examples whose label is that of the example before; 1 where sorted.
        judged: examples whose neighbours were looked at.
        neighbours: how many neighbours each had.
        knn_accuracy: share of them whose label is the neighbours' majority.
        agreement: share of neighbours with the example's own label, corrected for chance: 0 where
            labels and inputs have nothing to do with each other, 1 where neighbours are alike.
        agreed: examples whose neighbours are (almost) of one mind.
        suspects: share of those that carry a label which hardly any of their neighbours has.
        rows: row numbers of the suspects.
        labels: their labels.
        instead: what their neighbours say.
    """

    counts: tuple[int, ...]
    in_order: float = 0.0
    judged: int = 0
    neighbours: int = 0
    knn_accuracy: float = math.nan
    agreement: float = math.nan
    agreed: int = 0
    suspects: float = math.nan
    rows: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    instead: tuple[int, ...] = ()


@dataclass(frozen=True)
class HeldOutFacts:
    """A held-out part beside the training data.

    Args:
        rows: how many examples.
        repeated: how many of them are in the training data too, number for number.
        mean_shift: difference of the means, in standard deviations of the training data.
        spread_ratio: standard deviation over that of the training data.
        class_distance: total variation between the class shares, 0 to 1.
        class_noise: the distance that chance alone would give.
    """

    rows: int
    repeated: int
    mean_shift: float
    spread_ratio: float
    class_distance: float
    class_noise: float


@dataclass(frozen=True)
class LayerFacts:
    """One dense layer with its activation, over some examples.

    Args:
        number: of the dense layer, counted from 1.
        units: how many.
        activation: its function, or that of the batch normalisation behind it.
        hidden: whether another dense layer follows.
        active: share of (example, unit) pairs through which the gradient passes, fn' > 1 % of
            its peak; for relu the share of positive activations.
        silent: units through which it passes for no example; leaky units never are.
        equal_units: units whose weights equal those of another unit of the layer.
        weight_norm: length of W.
        gradient_norm: length of dW.
        signal: root mean square over the examples of the length of dLoss/dZ.
    """

    number: int
    units: int
    activation: str
    hidden: bool
    active: float
    silent: tuple[int, ...]
    equal_units: int
    weight_norm: float
    gradient_norm: float
    signal: float


@dataclass(frozen=True)
class State:
    """A network at one moment, over some training examples, without dropout.

    Args:
        rows: how many examples.
        loss: mean loss.
        accuracy: share right; nan without classes.
        logits: root mean square of the last layer's Z, the mean of each row removed.
        layers: the dense layers, the output layer last.
        pull: cosine between the weights and the downhill direction of the loss; towards 1 the
            data push the weights outwards and something else holds them small.
        normalises: whether the network has batch normalisation.
    """

    rows: int
    loss: float
    accuracy: float
    logits: float
    layers: tuple[LayerFacts, ...]
    pull: float = 0.0
    normalises: bool = False


@dataclass(frozen=True)
class Trial:
    """A short run from the same start with another learning rate, without penalties or dropout.

    Args:
        factor: the rate as a multiple of the run's own.
        steps: how many steps.
        loss: afterwards, on examples that it was not trained on; inf where it diverged.
        accuracy: the same.
    """

    factor: float
    steps: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Observations:
    """Everything about a run that the checks may use.

    Args:
        setup: what it was told to do.
        curves: history columns, a number for each epoch.
        inputs: the numbers that enter the network.
        labels: the training labels and their neighbours.
        held_out: by name ("validation", "test").
        start: the network before the first step.
        end: the network after training.
        updates: for each dense layer the length of a step over the length of the weights, the
            median over steps at the beginning.
        trials: short runs with other rates, made only where the run's own end is poor.
        trial_loss: the run's own end on the examples that judge the trials.
        trial_accuracy: the same.
        yardstick: what a small network reaches on these examples in a few hundred steps; made
            with the trials.
    """

    setup: Setup = field(default_factory=Setup)
    curves: dict[str, tuple[float, ...]] = field(default_factory=dict)
    inputs: InputFacts | None = None
    labels: LabelFacts | None = None
    held_out: dict[str, HeldOutFacts] = field(default_factory=dict)
    start: State | None = None
    end: State | None = None
    updates: tuple[float, ...] = ()
    trials: tuple[Trial, ...] = ()
    trial_loss: float = math.nan
    trial_accuracy: float = math.nan
    yardstick: float = math.nan

    def to_json(self, path: str | Path) -> Path:
        """Write them as a readable file."""
        return write_whole(path, (json.dumps(dataclasses.asdict(self), indent=1) + "\n").encode())

    @classmethod
    def from_json(cls, path: str | Path) -> Observations:
        """Read what `to_json` wrote."""
        path = Path(path)
        try:
            seen = _build(cls, json.loads(path.read_text()))
        except OSError as error:
            raise FileError(f"observations {path} cannot be read: {error.strerror}.") from error
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise FormatError(
                f"{path} does not hold observations as byhand writes them: {error}. "
                "Delete it, and they are made anew."
            ) from error
        assert isinstance(seen, cls)  # noqa: S101 - what _build has just made
        return seen


# --- from JSON's types to ours --------------------------------------------------------------------


def _build(kind: Any, value: Any) -> Any:
    """Convert a value read from JSON to the annotated type."""
    origin, parts = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(value, Mapping):
        hints = get_type_hints(kind)
        named = {RENAMED.get(str(name), str(name)): part for name, part in value.items()}
        return kind(**{name: _build(hints[name], part) for name, part in named.items()})  # type: ignore[operator]
    if origin in (types.UnionType,):
        return None if value is None else _build(parts[0], value)
    if origin is tuple:
        return tuple(_build(parts[0], part) for part in value)
    if origin is dict:
        return {name: _build(parts[1], part) for name, part in value.items()}
    return value
