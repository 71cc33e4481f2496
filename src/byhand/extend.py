"""Things of your own: one call that makes them known everywhere.

    byhand.register(MyLoss)                                   # a Loss, Optimizer, Schedule, Layer
    byhand.register((f, f_prime), name="bent")                # an activation, by its pair
    byhand.register(my_init, name="orthogonal", kind="initialiser")

What is registered can be named in networks, recipes and on the command line, is saved and loaded
again, and appears in gradient checks, traces, reports and the doctor. Register it in every program
that loads such a model. Data formats are added with `byhand.data.register_format`.
"""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from typing import Any, TypeVar

from byhand.errors import ArgumentError
from byhand.network.activations import ACTIVATIONS, Activation, Pair, activation_from_pair
from byhand.network.initializers import INITIALIZERS
from byhand.network.layers import LAYERS, Layer
from byhand.network.losses import LOSSES, Loss
from byhand.tables import Table
from byhand.training.optimizers import OPTIMIZERS, Optimizer
from byhand.training.schedules import SCHEDULES, Schedule

T = TypeVar("T")

CLASSES: dict[type, Table[Any]] = {
    Loss: LOSSES,
    Optimizer: OPTIMIZERS,
    Schedule: SCHEDULES,
    Layer: LAYERS,
}
"""Base class -> table of its kind."""


def register(thing: T, name: str | None = None, kind: str | None = None) -> T:
    """Add a thing of your own to the table of its kind, and return it (so it can decorate a class).

    Args:
        thing: a class derived from `Loss`, `Optimizer`, `Schedule` or `Layer`, as a frozen
            dataclass; an `Activation` or a pair (f, f'); or an initialiser function.
        name: for an activation or a function; classes have theirs in `name` (layers in `kind`).
        kind: "initialiser" for a function (rng, n_in, n_out) -> values.

    Raises:
        ArgumentError: it is none of these, lacks a name, or its name is taken.
    """
    if isinstance(thing, type):
        _register_class(thing)
    elif isinstance(thing, (Activation, tuple)):
        _register_activation(thing, name)
    elif callable(thing) and kind == "initialiser":
        INITIALIZERS.add(_name(name or getattr(thing, "__name__", "")), thing)
    else:
        raise ArgumentError(
            "register takes a class derived from Loss, Optimizer, Schedule or Layer, an "
            "Activation or a pair (f, f'), or a function with kind='initialiser'; "
            f"got {thing!r}."
        )
    return thing


def _register_class(thing: type) -> None:
    table = next((table for base, table in CLASSES.items() if issubclass(thing, base)), None)
    if table is None or not is_dataclass(thing):
        raise ArgumentError(
            f"{thing.__name__} must be a dataclass derived from Loss, Optimizer, Schedule or Layer."
        )
    table.add(_name(getattr(thing, "kind" if table is LAYERS else "name", "")), thing)


def _register_activation(thing: Activation | Pair, name: str | None) -> None:
    if isinstance(thing, tuple):
        activation = activation_from_pair(thing[0], thing[1], name=_name(name))
    else:
        activation = replace(thing, name=_name(name or thing.name))
    ACTIVATIONS.add(activation.name, activation)


def _name(name: str | None) -> str:
    if not name or not name.replace("_", "").isalnum():
        raise ArgumentError(f"a name of letters, digits and _ is needed; got {name!r}.")
    return name
