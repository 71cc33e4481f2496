"""Register your own losses, optimizers, layers, activations and more with one call.

    byhand.register(MyLoss)                                   # a Loss, Optimizer, Schedule, Layer
    byhand.register((f, f_prime), name="bent")                # an activation (f, f')
    byhand.register(my_init, name="orthogonal", kind="initialiser")

A registered entry can be named in networks, in recipes and on the command line. Models save and
load it, and it appears in gradient checks, traces, reports and the doctor. Every program that loads
such a model has to register it first. `byhand.data.register_format` adds data formats.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any, TypeGuard, TypeVar

from byhand.errors import ArgumentError
from byhand.network.activations import ACTIVATIONS, Activation, Pair, activation_from_pair
from byhand.network.initializers import INITIALIZERS
from byhand.network.layers import LAYERS, Layer
from byhand.network.losses import LOSSES, Loss
from byhand.tables import Table
from byhand.training.optimizers import OPTIMIZERS, Optimizer
from byhand.training.schedules import SCHEDULES, Schedule

T = TypeVar("T")

CLASSES: dict[type, tuple[Table[Any], tuple[str, ...]]] = {
    Loss: (LOSSES, ("__call__", "gradient")),
    Optimizer: (OPTIMIZERS, ("step",)),
    Schedule: (SCHEDULES, ("__call__",)),
    Layer: (LAYERS, ("new_buffers", "forward", "backward")),
}
"""Base class -> its table, and the methods that a derived class must define."""


def register(thing: T, name: str | None = None, kind: str | None = None) -> T:
    """Add your own class or function to the table of its kind; return it, to work as a decorator.

    Args:
        thing: a class derived from `Loss`, `Optimizer`, `Schedule` or `Layer`, as a frozen
            dataclass; an `Activation` or a pair (f, f'); or an initialiser function.
        name: name of an activation or a function; classes define `name` (layers `kind`).
        kind: "initialiser", for a function (rng, n_in, n_out) -> values.

    Raises:
        ArgumentError: it is none of these, it lacks a name, a method or a default, or its name is
            taken. Defining something again, for example in a notebook, replaces the older entry.
    """
    if isinstance(thing, type):
        _register_class(thing)
    elif isinstance(thing, Activation) or _is_pair(thing):
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


def _is_pair(thing: object) -> TypeGuard[Pair]:
    return isinstance(thing, tuple) and len(thing) == 2 and all(map(callable, thing))


def _register_class(thing: type) -> None:
    base = next((base for base in CLASSES if issubclass(thing, base)), None)
    if base is None or not is_dataclass(thing):
        raise ArgumentError(
            f"{thing.__name__} must be a class derived from Loss, Optimizer, Schedule or Layer, "
            "with @dataclass(frozen=True) before it."
        )
    table, methods = CLASSES[base]
    missing = [name for name in methods if getattr(thing, name) is getattr(base, name)]
    if missing:
        raise ArgumentError(f"{thing.__name__} lacks the methods {', '.join(missing)}.")
    attribute = "kind" if table is LAYERS else "name"
    name = getattr(thing, attribute, None)
    if not isinstance(name, str):
        raise ArgumentError(
            f"{thing.__name__} needs a name in the class, as in: "
            f'{attribute}: ClassVar[str] = "my_{table.kind}"'
        )
    if table is not LAYERS:
        _check_defaults(thing)
    table.add(_name(name), thing)


def _check_defaults(thing: Any) -> None:
    """Raise unless the class can be created without arguments."""
    required = [
        field.name
        for field in fields(thing)
        if field.init and field.default is MISSING and field.default_factory is MISSING
    ]
    if required:
        raise ArgumentError(
            f"{thing.__name__} has to work by its name alone, so each option needs a default, in a "
            f"class with @dataclass(frozen=True) before it; {', '.join(required)} has none."
        )


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
