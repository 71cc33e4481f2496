"""Observations: the numbers about a run from which the doctor's checks derive their findings.

They can be stored as JSON. Every field may be missing (None or empty); a check that needs a missing
field finds nothing. `byhand.evaluation.doctor.observe` creates them.
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
from byhand.evaluation.doctor.relabelled import RelabelledClass
from byhand.untrusted_files import parse_json, read_bytes

MOST_BYTES = 16 << 20
"""Largest size of a file of observations in bytes."""

RENAMED = {"batch_rows": "batch_size", "twins": "equal_units", "judged": "examined"}
"""Names in files of version 0.1 -> today's names."""


@dataclass(frozen=True)
class Setup:
    """The settings of a run.

    Args:
        classes: number of classes; 0 if the targets are values.
        loss: name of the loss.
        output: name of the last layer's activation.
        normalisation: name of the input layer's normalisation.
        images: whether inputs are images, whose columns share one scale.
        optimizer: name of the optimizer.
        learning_rate: largest learning rate that was used.
        batch_size: number of examples in a step.
        examples: number of training examples.
        steps: number of steps done.
        epochs: number of epochs requested.
        l1: strength of the penalty sum(|W|).
        l2: strength of the penalty sum(W^2) / 2.
        weight_decay: weight decay of the optimizer.
        dropout: largest dropout rate of any layer.
        label_smoothing: label smoothing of the loss.
        clip_norm: largest length of the gradient, or None.
        clip_value: largest size of an entry of the gradient, or None.
        weighted: whether classes or examples have weights.
        shuffled: whether every epoch drew a new order.
        diverged: whether training diverged (NaN or infinity).
        resumed: whether the weights had been trained before the run.
        kept_epoch: epoch whose weights were kept, counted from 1; 0 for the last.
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
    label_smoothing: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    weighted: bool = False
    shuffled: bool = True
    diverged: bool = False
    resumed: bool = False
    kept_epoch: int = 0


@dataclass(frozen=True)
class InputFacts:
    """The scale of the first layer's inputs (A0), over some examples.

    Args:
        rows: number of examples.
        mean: mean of all numbers.
        rms: root mean square of all numbers.
        smallest: the smallest number.
        largest: the largest number.
        column_rms: largest root mean square of a column.
        blank: fraction of examples whose numbers are all equal.
        inverted: fraction of images that are negatives of the others.
        rescaled: fraction of examples whose numbers are far smaller or larger than in the others.
    """

    rows: int
    mean: float
    rms: float
    smallest: float
    largest: float
    column_rms: float
    blank: float
    inverted: float = 0.0
    rescaled: float = 0.0


@dataclass(frozen=True)
class LabelFacts:
    """The training labels, compared with those of the nearest neighbours.

    Args:
        counts: number of examples of each class.
        in_order: fraction of examples with the same label as the example before; near 1 if the
            examples are sorted by class.
        examined: number of examples whose neighbours were examined.
        neighbours: number of neighbours of each example.
        knn_accuracy: fraction of the examples whose label is that of most neighbours.
        agreement: mean fraction of neighbours with the example's own label, corrected for chance:
            0 if labels are unrelated to inputs, 1 if all neighbours have the same label.
        agreed: number of examples whose neighbours (almost) all have the same label.
        suspects: fraction of those whose own label hardly any neighbour has.
        rows: row numbers of the suspects.
        labels: labels of the suspects.
        instead: labels of most neighbours of the suspects.
        unanimous: number of examples whose neighbours all have the same label.
        unanimous_by_chance: fraction of all examined that would be so if the suspects' labels were
            wrong at random.
        contradicted: fraction of the unanimous ones that have another label than their neighbours.
        fading: how much rarer contradictions are where more neighbours agree, in standard errors:
            about 0 for wrong labels, large where classes overlap.
        random: fraction of labels that look drawn at random; 0 if there are too few classes to
            tell noise from overlap.
        telling_column: the column that gives the label away by itself; -1 if there is none.
        told: fraction of the labels that this column predicts.
        told_next: fraction of the labels that the next best column predicts.
        relabelled: a class with many examples that have another label.
    """

    counts: tuple[int, ...]
    in_order: float = 0.0
    examined: int = 0
    neighbours: int = 0
    knn_accuracy: float = math.nan
    agreement: float = math.nan
    agreed: int = 0
    suspects: float = math.nan
    rows: tuple[int, ...] = ()
    labels: tuple[int, ...] = ()
    instead: tuple[int, ...] = ()
    unanimous: int = 0
    unanimous_by_chance: float = math.nan
    contradicted: float = math.nan
    fading: float = 0.0
    random: float = 0.0
    telling_column: int = -1
    told: float = 0.0
    told_next: float = 0.0
    relabelled: RelabelledClass | None = None


@dataclass(frozen=True)
class ValueFacts:
    """The target values of a regression, or of a multi-label task, over some training examples.

    Args:
        mean: mean of all values.
        deviation: their standard deviation.
        smallest: the smallest value.
        largest: the largest value.
        usual_loss: loss of a network that always predicts the mean of each output.
        are_labels: whether they are the labels of a multi-label task, 0 or 1.
        examined: number of examples whose values were compared with those of their neighbours.
        agreement: correlation of the two; about 0 if values have nothing to do with the inputs.
    """

    mean: float
    deviation: float
    smallest: float
    largest: float
    usual_loss: float
    are_labels: bool = False
    examined: int = 0
    agreement: float = math.nan


@dataclass(frozen=True)
class HeldOutFacts:
    """Validation or test data, compared with the training data.

    Args:
        rows: number of examples.
        repeated: number of them that also occur in the training data, equal in every number.
        mean_shift: difference of the means, in standard deviations of the training data; 0 if
            chance explains it.
        spread_ratio: standard deviation / standard deviation of the training data, both without
            outliers; 1 if chance explains it.
        class_distance: total variation distance of the class fractions, 0 to 1.
        class_noise: mean of this distance for two random draws from the same classes.
        near: fraction of the examples that are almost equal to one training example, and to no
            other; copies that are equal in every number are not counted.
        knn_accuracy: fraction of the examples whose label is that of their nearest training
            examples; NaN if it was not measured.
        column_shift: root mean square over the columns of the difference of their means, in
            standard deviations of the column, beyond chance.
        alike: fraction of the training examples that equal another one by chance; 0 where equal
            examples must be copies.
    """

    rows: int
    repeated: int
    mean_shift: float
    spread_ratio: float
    class_distance: float
    class_noise: float
    near: float = 0.0
    knn_accuracy: float = math.nan
    column_shift: float = 0.0
    alike: float = 0.0


@dataclass(frozen=True)
class LayerFacts:
    """One dense layer with its activation, over some examples.

    Args:
        number: number of the dense layer, counted from 1.
        units: number of units.
        activation: name of its activation, or that of the batch normalisation after it.
        hidden: whether another dense layer follows.
        active: fraction of (example, unit) pairs that pass on the gradient, with fn' above 1 % of
            its peak; for relu the fraction of positive activations.
        silent: numbers of the units that pass on the gradient of no example; leaky units never
            are among them.
        equal_units: number of units whose weights equal those of another unit of the layer.
        weight_norm: Euclidean norm of W.
        gradient_norm: Euclidean norm of dW.
        signal: root mean square over the examples of the norm of dLoss/dZ.
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
    """The state of a network, over some training examples, without dropout.

    Args:
        rows: number of examples.
        loss: mean loss.
        accuracy: fraction of correct predictions; in regression r2, at least 0.
        logits: root mean square of the last layer's Z after subtracting the mean of each row.
        layers: facts about the dense layers, the output layer last.
        pull: cosine between the weights and the direction in which the loss falls. Near 1 the
            loss favours larger weights, and a penalty keeps them small.
        normalises: whether the network has batch normalisation.
        gradient_norm: Euclidean norm of the gradient of all parameters.
        gradient_rms: root mean square of its entries.
    """

    rows: int
    loss: float
    accuracy: float
    logits: float
    layers: tuple[LayerFacts, ...]
    pull: float = 0.0
    normalises: bool = False
    gradient_norm: float = math.nan
    gradient_rms: float = math.nan


@dataclass(frozen=True)
class Trial:
    """A short run from the same initial weights with a different learning rate.

    It uses neither penalties nor dropout.

    Args:
        factor: learning rate as a multiple of the run's own.
        steps: number of steps.
        loss: loss after the run, on examples that it did not train on; infinity if it diverged.
        accuracy: accuracy on the same examples; in regression r2, at least 0.
    """

    factor: float
    steps: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Observations:
    """Everything about a run that the checks use.

    Args:
        setup: settings of the run.
        curves: columns of the history, with a number for each epoch.
        inputs: scale of the network's inputs.
        labels: the training labels and their neighbours; None in regression.
        values: the target values; None in classification.
        held_out: validation and test data, by name ("validation", "test").
        start: state of the network before the first step.
        end: state of the network after training.
        updates: norm of a step / norm of the weights, for each dense layer; the median over some
            of the first steps.
        trials: short runs with other learning rates, if the run ended badly.
        trial_loss: loss of the run itself on the examples that evaluate the trials.
        trial_accuracy: accuracy of the run itself on these examples.
        yardstick: accuracy, or r2, of a small network on these examples after 300 steps;
            measured together with the trials.
        recalls: for each class, how many of its validation examples are predicted right, and how
            many there are.
    """

    setup: Setup = field(default_factory=Setup)
    curves: dict[str, tuple[float, ...]] = field(default_factory=dict)
    inputs: InputFacts | None = None
    labels: LabelFacts | None = None
    values: ValueFacts | None = None
    held_out: dict[str, HeldOutFacts] = field(default_factory=dict)
    start: State | None = None
    end: State | None = None
    updates: tuple[float, ...] = ()
    trials: tuple[Trial, ...] = ()
    trial_loss: float = math.nan
    trial_accuracy: float = math.nan
    yardstick: float = math.nan
    recalls: tuple[tuple[int, int], ...] = ()

    def to_json(self, path: str | Path) -> Path:
        """Write the observations to a JSON file."""
        return write_whole(path, (json.dumps(dataclasses.asdict(self), indent=1) + "\n").encode())

    @classmethod
    def from_json(cls, path: str | Path) -> Observations:
        """Read a file written by `to_json`."""
        path = Path(path)
        try:
            seen = _build(cls, parse_json(read_bytes(path, MOST_BYTES, "the observations")))
        except OSError as error:
            raise FileError(f"the observations {path} cannot be read: {error.strerror}.") from error
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise FormatError(
                f"{path} is not a valid file of observations: {error}. "
                "Delete the file; it will be written again."
            ) from error
        assert isinstance(seen, cls)  # noqa: S101 - _build returns it
        return seen


# --- reading JSON ---------------------------------------------------------------------------------


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
