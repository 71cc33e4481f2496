"""The kinds of fields in a recipe, each checked when it is read."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Protocol

from pydantic import BeforeValidator

from byhand.augmentation import Augmentation
from byhand.errors import ArgumentError, unknown_name
from byhand.network import LAYERS
from byhand.network.activations import ACTIVATIONS
from byhand.network.initializers import INITIALIZERS, resolve_initializer
from byhand.network.losses import LOSSES
from byhand.recipes.choice import Choice, Maker, Makers, parameters_of, read_choice, read_options
from byhand.recipes.field_schema import (
    JsonSchema,
    Schema,
    choice_schema,
    names_schema,
    options_schema,
)
from byhand.training import EarlyStopping, ReduceOnPlateau
from byhand.training.best_weights import MONITORS
from byhand.training.optimizers import OPTIMIZERS
from byhand.training.schedules import SCHEDULES

PLATEAU = "reduce_on_plateau"

CLASSES = "classes"
"""`units` of a layer with one unit for each class of the data."""


MOST_UNITS = 1_000_000
"""Largest number of units of a layer."""


class _Names(Iterable[str], Container[object], Protocol):
    """A collection of names."""


def _chosen(kind: str, table: Makers, value: object) -> Choice:
    choice = read_choice(kind, table, value)
    choice.make()  # to detect a wrong number now
    return choice


def _described(name: str, maker: Maker, value: object) -> Choice:
    choice = read_options(name, maker, value)
    choice.make()
    return choice


def _schedule(value: object) -> Choice:
    named = value.get("name") if isinstance(value, Mapping) else value
    if named == PLATEAU:  # a schedule to users, a callback to the trainer
        return _chosen("schedule", {PLATEAU: ReduceOnPlateau}, value)
    return _chosen("schedule", SCHEDULES, value)


def _layer(value: object) -> Choice:
    choice = read_choice("layer", LAYERS, value, key="kind", default="dense")
    for name, parameter in parameters_of(choice.maker).items():
        if parameter.default is parameter.empty and name not in choice.options:
            raise ArgumentError(f"a {choice.name} layer needs {name}; got {value!r}")
    units = choice.options.get("units")
    choice.make(**({"units": 2} if units == CLASSES else {}))
    if isinstance(units, int) and units > MOST_UNITS:
        raise ArgumentError(f"a layer has at most {MOST_UNITS:,} units; got {units}")
    return choice


def _fraction(value: object) -> float | int:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if not is_count and not (isinstance(value, float) and 0 <= value < 1):
        raise ArgumentError(
            "expected a fraction of the rows, such as 0.1, or a number of rows, such as 7000; "
            f"got {value!r}"
        )
    assert isinstance(value, (int, float))  # noqa: S101 - for the type checker
    return value


def _batch_size(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    if value != "all":
        raise ArgumentError(f'expected an integer of at least 1, or "all"; got {value!r}')
    return "all"


def _initializer(value: object) -> str:
    resolve_initializer(value)  # type: ignore[arg-type]  # it checks the type, too
    return str(value)


def _one_of(kind: str, names: _Names, value: object) -> str:
    if not isinstance(value, str) or value not in names:
        raise unknown_name(kind, value, names)
    return str(value)


def one_of(kind: str, names: _Names) -> Any:
    """Return a field that takes one of these names."""
    return _field(_one_of, kind, names)


def _field(check: Callable[..., Any], *arguments: Any) -> BeforeValidator:
    return BeforeValidator(partial(check, *arguments))


def _layer_schema() -> Schema:
    """Return the schema of a layer, dense unless a kind is given."""
    schema = choice_schema(LAYERS, key="kind", default="dense")
    for table in schema["anyOf"][1:]:
        fields = table["properties"]
        if "units" in fields:
            units = {"type": "integer", "minimum": 1, "maximum": MOST_UNITS}
            fields["units"] = {"anyOf": [units, {"const": CLASSES}]}
        if "fn" in fields:
            fields["fn"] |= names_schema(ACTIVATIONS)
    return schema


def _schema(make: Callable[..., Schema], *arguments: Any) -> JsonSchema:
    return JsonSchema(partial(make, *arguments))


Fraction = Annotated[float | int, _field(_fraction)]
BatchSize = Annotated[
    int | str,
    _field(_batch_size),
    _schema(lambda: {"anyOf": [{"type": "integer", "minimum": 1}, {"const": "all"}]}),
]
InitializerName = Annotated[str, _field(_initializer), _schema(names_schema, INITIALIZERS)]
MonitorName = Annotated[str, one_of("monitor", MONITORS), _schema(names_schema, MONITORS)]
LayerChoice = Annotated[Choice, _field(_layer), _schema(_layer_schema)]
LossChoice = Annotated[Choice, _field(_chosen, "loss", LOSSES), _schema(choice_schema, LOSSES)]
OptimizerChoice = Annotated[
    Choice, _field(_chosen, "optimizer", OPTIMIZERS), _schema(choice_schema, OPTIMIZERS)
]
ScheduleChoice = Annotated[
    Choice,
    _field(_schedule),
    _schema(lambda: choice_schema({**SCHEDULES, PLATEAU: ReduceOnPlateau})),
]
AugmentationChoice = Annotated[
    Choice,
    _field(_described, "augmentation", Augmentation),
    _schema(options_schema, Augmentation),
]
StoppingChoice = Annotated[
    Choice,
    _field(_described, "early_stopping", EarlyStopping),
    _schema(options_schema, EarlyStopping),
]
