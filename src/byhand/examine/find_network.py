"""Finds the network in a learner's module: what makes its parameters, and the functions that work.

A network is either a class (parameters are attributes) or a set of functions (parameters are passed
from one to the next). Both become a `Subject`. Which function may be the forward pass, the loss and
so on, is told by its name (`find_functions.py`) and by trying it.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from byhand.examine.find_functions import candidates
from byhand.examine.find_parameters import Parameters, arrays_in, find_parameters
from byhand.examine.load import Family, family, own_classes, own_functions
from byhand.examine.module_state import ModuleState
from byhand.examine.own_layers import own_layers, with_layers
from byhand.examine.problem import Problem
from byhand.examine.wanted import EXAMPLES, Wanted, data_sets
from byhand.examine.watch import Watch
from byhand.examine.workspace import Workspace, role_names, settings

COUNT_NAME = re.compile(
    r"(m|m_?train|n_?samples|n_examples|n_train|num_(examples|samples))\Z", re.IGNORECASE
)
"""Names of the number of examples, which functions of a script may read as a global variable."""

TOLD_COUNTS = (1, EXAMPLES)
"""The numbers of examples that are told to code that asks for them when it creates a network."""

RATE_NAME = re.compile(r"_?(lr|learning_?rate|eta|step_?size)\Z", re.IGNORECASE)
"""Names of a learning rate that is not an argument; alpha may be the slope of a leaky ReLU."""


@dataclass
class Subject:
    """A network that was found.

    Args:
        module: the learner's module.
        template: the result of `make`: an object, or a container of parameters.
        make: creates a new one, with a learning rate, epochs and batch size if it takes them.
        parameters: where weights and biases are in the template.
        names: the candidates for each piece, by name.
        is_class: whether the parameters are attributes of an object.
        maker: name of the class or the function that makes the parameters.
        returned: names of the variables that the function returned.
        counts: global variables that hold the number of examples.
    """

    module: ModuleType
    template: Any
    make: Callable[..., Any]
    parameters: Parameters
    names: dict[str, list[str]]
    is_class: bool
    maker: str
    returned: tuple[str | None, ...] = ()
    counts: tuple[str, ...] = ()

    @property
    def family(self) -> Family:
        """The module and those of the files beside it."""
        return family(self.module)

    def is_own(self, value: Any) -> bool:
        """Return whether an object belongs to one of the learner's classes."""
        return self.family.has(value)

    def fresh(self, problem: Problem) -> Any:
        """Return a new state that has the weights and biases of a problem."""
        state = copy.deepcopy(self.template)
        self.fill(state, problem)
        return state

    def has_parameters(self, state: Any) -> bool:
        """Return whether the parameters of a state are where they are in the template."""
        return set(self.parameters.weights) <= {path for path, _ in arrays_in(state, self.is_own)}

    def fill(self, state: Any, problem: Problem) -> None:
        """Write the weights and biases of a problem into a state."""
        arrays = dict(arrays_in(state, self.is_own))
        self.parameters.fill(arrays, problem.weights, problem.biases)
        self._set_rate(state, problem.rate)
        self._set_count(state, len(problem.X))
        vars(self.module).update(dict.fromkeys(self.counts, len(problem.X)))

    def _set_rate(self, state: Any, rate: float) -> None:
        """Set a learning rate that is a global variable or an attribute."""
        holders = [vars(self.module)]
        if self.is_own(state) and hasattr(state, "__dict__"):
            holders.append(vars(state))
        for holder in holders:
            for name, value in holder.items():
                if isinstance(value, float) and RATE_NAME.match(name):
                    holder[name] = rate

    def _set_count(self, state: Any, count: int) -> None:
        """Set a number of examples that an object was told when it was created."""
        if not (self.is_own(state) and hasattr(state, "__dict__")):
            return
        for name, value in vars(state).items():
            if COUNT_NAME.match(name) and type(value) is int and value in TOLD_COUNTS:
                setattr(state, name, count)

    def functions(self, piece: str, state: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Yield the candidates for a piece: methods of the state, or functions of the module."""
        for name in self.names.get(piece, []):
            owner, _, attribute = name.rpartition(".")
            yield name, getattr(state if owner else self.module, attribute)

    def workspace(self, state: Any, problem: Problem) -> Workspace:
        """Return the values that calls may use: parameters, learning rate, sizes, settings."""
        space = Workspace(dict(settings(problem)))
        if not self.is_class:
            space.roles["params"] = state
            self._name_results(space, state)
        space.quantities |= self.quantities(state)
        return space

    def quantities(self, state: Any) -> dict[tuple[str, int], Any]:
        """Return W and b of each layer in the code's own form."""
        arrays = dict(arrays_in(state, self.is_own))
        listed = (("W", self.parameters.weights), ("b", self.parameters.biases))
        return {
            (kind, layer): arrays[path]
            for kind, paths in listed
            for layer, path in enumerate(paths, start=1)
            if path in arrays
        }

    def _name_results(self, space: Workspace, state: Any) -> None:
        if not isinstance(state, tuple):
            return
        space.keep({n: v for n, v in zip(self.returned, state, strict=False) if n})
        lists = [one for one in state if isinstance(one, list)]
        if len(lists) == 2:
            space.roles |= {"weights": lists[0], "biases": lists[1]}


# --- finding ------------------------------------------------------------------------------------


def discover(
    module: ModuleType, skipped: Iterable[str] = (), wanted: Wanted | None = None
) -> Subject | None:
    """Return the network of a module, or None if no function or class makes parameters.

    Args:
        module: the learner's module.
        skipped: names that the script would have defined.
        wanted: the network that is asked for.
    """
    wanted = wanted or Wanted()
    counts = tuple(name for name in skipped if COUNT_NAME.match(name))
    vars(module).update(dict.fromkeys(counts, 1))
    found = [one for one in (*_classes(module, wanted), *_functions(module, wanted)) if one]
    subject = max(found, key=_completeness, default=_globals(module))
    if subject is not None:
        subject.counts = counts
    return subject


def _globals(module: ModuleType) -> Subject | None:
    """Return the network whose parameters are global variables, or None."""
    state = ModuleState(module)
    parameters = find_parameters(state, lambda _: False)
    if parameters is None:
        return None
    named = candidates(list(own_functions(module)))
    return Subject(module, state, _made_once, parameters, named, True, "global variables")


def _made_once(**_: Any) -> None:
    """Return None, because global variables cannot be created again with other settings."""


def _completeness(subject: Subject) -> tuple[int, bool]:
    wanted = ("forward", "backward", "update", "train_step", "train")
    return sum(bool(subject.names.get(piece)) for piece in wanted), subject.is_class


def _attempts(
    function: Callable[..., Any], space: Mapping[str, Any], wanted: Wanted
) -> Iterator[Any]:
    """Yield a function's results for hidden units as a number, as a list, and by default.

    If it takes examples or labels, it gets some in each form.
    """
    units: list[int] = list(wanted.hidden)
    takes_data = {"X", "y"} & role_names(function)
    forms: Iterable[dict[str, Any]] = data_sets(wanted.inputs) if takes_data else [{}]
    for data in forms:
        for hidden in (units[0], units, [*units, units[0]]):
            workspace = Workspace({**space, **data, "n_hidden": hidden})
            try:
                yield workspace.call(function)
            except Exception:  # noqa: S112 - the next attempt may fit
                continue
    try:
        yield function()
    except Exception:
        return


def _functions(module: ModuleType, wanted: Wanted) -> Iterator[Subject | None]:
    own = own_functions(module)
    pieces = candidates(list(own))
    is_own = family(module).has
    for name in pieces["init"]:
        function = own[name]
        with Watch(family(module).files, is_own) as watch:
            results = _attempts(function, wanted.settings(own), wanted)
            for made in results:
                result = _with_biases(made, own, wanted)
                parameters = find_parameters(result, is_own)
                if parameters is not None:
                    watch.__exit__()
                    owns = is_own(result)
                    named = pieces
                    if owns:
                        named = _methods(module, type(result))
                    yield Subject(
                        module, result, partial(_remade, function, wanted),
                        parameters, named, owns, name,
                        _names_of(watch, name),
                    )  # fmt: skip
                    return
                watch.returns.clear()
    yield None


def _with_biases(made: Any, own: Mapping[str, Callable[..., Any]], wanted: Wanted) -> Any:
    """Return parameters together with the biases that a second function makes, if one does."""
    alone = find_parameters(made, lambda _: False)
    if alone is None or alone.biases:
        return made
    for name in candidates(list(own))["biases"]:
        for biases in _attempts(own[name], wanted.settings(own), wanted):
            joined = find_parameters((made, biases), lambda _: False)
            if joined is not None and joined.biases:
                return made, biases
    return made


def _remade(function: Callable[..., Any], wanted: Wanted, **_: Any) -> Any:
    """Call a function that creates parameters once more."""
    return next(_attempts(function, wanted.settings({}), wanted), None)


def _names_of(watch: Watch, function: str) -> tuple[str | None, ...]:
    for one in reversed(watch.returns):
        if one.function == function:
            return one.names
    return ()


def _classes(module: ModuleType, wanted: Wanted) -> Iterator[Subject | None]:
    for name, kind in own_classes(module).items():
        named = _methods(module, kind)
        if not (named["forward"] or named["train"] or named["train_step"]):
            continue
        for instance in _instances(module, kind, wanted):
            parameters = find_parameters(instance, family(module).has)
            if parameters is not None:

                def make(kind: type = kind, **changed: Any) -> Any:
                    return next(_instances(module, kind, wanted, changed), None)

                yield Subject(module, instance, make, parameters, named, True, name)
                break


def _methods(module: ModuleType, kind: type) -> dict[str, list[str]]:
    methods = [
        name
        for name, value in inspect.getmembers(kind, callable)
        if not name.startswith("__") or name == "__call__"
    ]
    named = candidates(methods, "self.")
    own = candidates(list(own_functions(module)))
    for piece in ("loss", "accuracy", "predict", "prepare", "train", "update"):
        named[piece] = named[piece] + own[piece]
    return named


def _instances(
    module: ModuleType, kind: type, wanted: Wanted, changed: Mapping[str, Any] | None = None
) -> Iterator[Any]:
    """Yield objects of a class made from sizes, or from a list of the module's own layers."""
    asked = wanted.settings(own_functions(module)) | dict(changed or {})
    for instance in _attempts(kind, asked, wanted):
        yield instance
        for method in candidates([n for n in dir(instance) if n[:2] != "__"])["init"]:
            try:
                Workspace(settings(None)).call(getattr(instance, method))
            except Exception:  # noqa: S112
                continue
            yield instance
    layers = own_layers(module, kind)
    if layers is None:
        return
    builds: tuple[Callable[[], Any], ...] = (
        lambda: kind(layers),
        lambda: with_layers(kind(), layers),
        lambda: kind(*layers),
    )
    for build in builds:
        try:
            yield build()
        except Exception:  # noqa: S112
            continue
