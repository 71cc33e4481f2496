"""Runs one training step of a learner's network in one convention.

`find_rows_or_columns.py` tries all conventions.

Whatever the convention, the numbers are returned in byhand's: examples in rows, W (n_in, n_out)
and b (n_out,).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.examine.array_names import quantity, roles_of
from byhand.examine.convention import Convention, View
from byhand.examine.extremes import extremes
from byhand.examine.failures import NO_OUTPUT
from byhand.examine.find_network import Subject
from byhand.examine.find_parameters import arrays_in, find_parameters
from byhand.examine.numbers_in import number_in
from byhand.examine.outputs import named_output, output_of, stored_output
from byhand.examine.problem import Problem
from byhand.examine.recognise_arrays import Recogniser
from byhand.examine.watch import Returned, Watch
from byhand.examine.workspace import UnknownArgumentError, Workspace, role_names
from byhand.learner.explain import explain
from byhand.network.activations import softmax


class Observer:
    """One pass through a learner's network: forward, loss, backward, update.

    Args:
        subject: the learner's network.
        problem: its parameters and a batch.
        convention: the form of the examples and labels.
        mean: whether a backward pass that asks for the gradient of the output gets that of the
            mean loss, (A - T) / n, instead of A - T.
    """

    def __init__(
        self, subject: Subject, problem: Problem, convention: Convention, *, mean: bool = False
    ) -> None:
        self.subject, self.problem, self.view = subject, problem, View(convention)
        self.mean = mean
        self.layers = len(problem.weights)
        self.files = subject.family.files
        self.state = subject.fresh(problem)
        self.space = self.workspace(self.state, problem)
        self.recogniser = Recogniser(subject, problem, convention)

    def run(self) -> View:
        """Return the observations."""
        if not self._forward():
            return self.view
        self._loss()
        self._gradients()
        self.view.facts |= extremes(self)
        return self.view

    # --- calls ----------------------------------------------------------------------------------

    def workspace(self, state: Any, problem: Problem) -> Workspace:
        """Return the values for calls: parameters, settings, and the batch in the convention."""
        space = self.subject.workspace(state, problem)
        convention = self.view.convention
        space.roles["X"] = convention.inputs(problem.X)
        space.roles["y"] = convention.targets(problem.labels, problem.sizes[-1])
        space.roles |= {"X_val": space.roles["X"], "y_val": space.roles["y"]}
        return space

    def _attempt(
        self, piece: str, accept: Callable[[Callable[..., Any]], bool] = lambda _: True
    ) -> tuple[Any, list[Returned]] | None:
        """Call the first candidate for a piece whose arguments are known, and record its name."""
        for name, function in self.subject.functions(piece, self.state):
            if not accept(function):
                continue
            with Watch(self.files, self.subject.is_own) as watch, np.errstate(all="ignore"):
                try:
                    result = self.space.call(function, self.otherwise(piece, function))
                except UnknownArgumentError as error:
                    self.view.unknown.setdefault(
                        piece,
                        f"{name} needs `{error}`, and the examiner does not know what that is",
                    )
                    continue
                except (Exception, SystemExit) as error:
                    self.view.errors[piece] = f"{name}: {self._explained(error)}"
                    self.view.calls[piece] = name
                    return None
            self.view.errors.pop(piece, None)
            self.view.unknown.pop(piece, None)
            self.view.calls[piece] = name
            return result, watch.returns
        return None

    def otherwise(self, piece: str, function: Callable[..., Any]) -> str | None:
        """Return the role of an argument with an unusual name: the batch, if no other is."""
        return "X" if piece == "forward" and "X" not in role_names(function) else None

    def _explained(self, error: BaseException) -> str:
        return explain(error, lambda path: str(path) in self.files)

    def _collect(self, returns: list[Returned], result: Any, kinds: tuple[str, ...]) -> None:
        """Record the arrays of a call that their names identify, unless they are known already."""
        for name, array in self.recogniser.arrays(result, returns, self.state, kinds):
            self.view.values.setdefault(name, array)

    def _keep(self, result: Any, returns: list[Returned], role: str) -> None:
        """Store a function's results by the names they have in the function, and by a role."""
        results = result if isinstance(result, tuple) else (result,)
        names = returns[-1].names if returns and len(returns[-1].names) == len(results) else ()
        for name, value in zip(names, results, strict=False):
            if (
                name
                and name != "self"
                and value is not None
                and not {"X", "y"} & set(roles_of(name))
            ):
                self.space.names[name] = value
                known = quantity((name,), self.layers)
                if known and known[1]:
                    self.space.quantities[known[0], known[1]] = value
        held = [one for one in results if isinstance(one, (dict, list, tuple))]
        self.space.roles[role] = held[0] if len(held) == 1 and len(results) <= 2 else result

    # --- pieces ---------------------------------------------------------------------------------

    def _forward(self) -> bool:
        done = self._attempt("forward")
        if done is None:
            if not self.subject.names.get("forward"):  # it shows only how it trains
                self._gradients()
            return False
        result, returns = done
        self._keep(result, returns, "cache")
        self._collect(returns, result, ("Z", "A"))
        output = named_output(self, result)
        if output is None:
            output = output_of(self, result, returns[-1].names if returns else ())
        if output is None and result is None:
            output = stored_output(self, self.state)
        if output is None and _is_whole(result):  # classes, or 0 and 1: no output to compare
            del self.view.calls["forward"]
            self._gradients()
            return False
        if output is None:
            self.view.errors["forward"] = (
                f"{self.view.calls['forward']} returned {_told(result)}; {NO_OUTPUT} "
                f"{len(self.problem.X)} examples x {self.problem.sizes[-1]} classes"
            )
            return False
        self._exchange_names()
        convention = self.view.convention
        self.space.roles["output"] = output
        self.space.quantities.setdefault(("A", self.layers), output)
        scores = self.view.values.get(f"Z{self.layers}")
        if scores is not None:
            self.space.roles["logits"] = scores.T if convention.value_columns else scores
        self._give_output_gradients()
        self.view.values.setdefault(f"A{self.layers}", self.view.convention.rows(output))
        return True

    def _exchange_names(self) -> None:
        """Call Z and A by byhand's names where the code calls the sum A and the activation Z."""
        values, first = self.view.values, self.problem
        Z1 = first.X @ first.weights[0] + first.biases[0]
        named_a, named_z = values.get("A1"), values.get("Z1")
        if named_a is None or np.shape(named_a) != Z1.shape or not np.allclose(named_a, Z1, 1e-3):
            return
        if named_z is None or np.allclose(named_z, Z1, 1e-3):
            return
        self.view.values = {
            {"Z": "A", "A": "Z"}.get(name[0], name[0]) + name[1:]: value
            for name, value in values.items()
        }
        self.view.facts["names exchanged"] = True

    def _give_output_gradients(self) -> None:
        """Give the backward pass the A - T that it asks for, if it asks for a gradient."""
        given = self.space.roles["output"]
        output = self.view.convention.rows(given)
        if output.min() < 0 or output.max() > 1:  # scores, of which the loss takes the softmax
            output = softmax(output)
        targets = np.eye(self.problem.sizes[-1])[self.problem.labels]
        n = len(self.problem.X) if self.mean else 1
        difference = (output - targets) / n
        turned = difference.T if self.view.convention.value_columns else difference
        self.space.roles["grad_out"] = turned.reshape(given.shape)

    def _loss(self) -> None:
        done = self._attempt("loss")
        if done is not None:
            number = number_in(done[0])
            if number is None:
                self.view.facts["loss shape"] = _told(done[0])
            else:
                self.view.values["loss"] = number

    def _gradients(self) -> None:
        before = self.parameters_of(self.state)
        done = self._attempt("backward")
        if done is not None:
            self._keep(done[0], done[1], "grads")
            self._collect(done[1], done[0], ("dW", "db"))
            self._loss_among(done)
            if self._is_each(done[1]):
                self._step_of_pairs(before)
                return
            self.view.facts["takes gradient"] = "grad_out" in self._roles("backward")
            steps_too = "rate" in self._roles("backward") and not self._are_gradients(done[1])
            if self._moved(before, done[0] if steps_too else None, done[1]):
                return
        if done is not None and self._update(before):
            return
        if "backward" in self.view.calls and done is None:
            return
        has_backward = bool(self.subject.names.get("backward"))
        for piece in ("train_step",) if has_backward else ("train_step", "train"):
            stepped = self._attempt(piece)
            if stepped is not None:
                seen = () if "forward" in self.view.calls else ("Z", "A")  # of another order
                self._collect(stepped[1], stepped[0], (*seen, "dW", "db"))
                self._moved(before, stepped[0], stepped[1])
                return

    def _is_each(self, returns: list[Returned]) -> bool:
        """Return whether b has a gradient for each example: code that takes one at a time."""
        sizes, n = self.problem.sizes, len(self.problem.X)
        if n == 1:
            return False
        for path, array in (one for returned in returns for one in returned.arrays):
            kind, layer = quantity(path, self.layers) or ("", None)
            of_bias = kind == "db" and layer is not None and 1 <= layer <= self.layers
            if of_bias and array.shape == (sizes[layer or 0], n):
                return True
        return False

    def _step_of_pairs(self, before: dict[str, Array]) -> None:
        """Compare a step instead of the gradients, which the code adds up over the examples."""
        for name in [name for name in self.view.values if name[:2] in ("dW", "db")]:
            del self.view.values[name]
        targets = np.eye(self.problem.sizes[-1])[self.problem.labels]
        pairs = list(zip(self.problem.X[:, :, None], targets[:, :, None], strict=True))
        self.space.names |= dict.fromkeys(("mini_batch", "batch", "minibatch"), pairs)
        stepped = self._attempt("train_step")
        if stepped is not None:
            self._moved(before, stepped[0], stepped[1])

    def _are_gradients(self, returns: list[Returned]) -> bool:
        """Return whether the names of what a function returned are those of gradients."""
        names = [name for name in (returns[-1].names if returns else ()) if name]
        kinds = [quantity((name,), self.layers) for name in names]
        return any(kind is not None and kind[0] in ("dW", "db") for kind in kinds)

    def _update(self, before: dict[str, Array]) -> bool:
        done = self._attempt(
            "update", lambda one: "epochs" not in role_names(one) or self._is_step(one)
        )
        if done is None:
            return "update" in self.view.calls
        if not self._moved(before, done[0], done[1]):
            after = self.parameters_returned(*done) or before  # also those of an object
            self.view.values |= {f"new {name}": array for name, array in after.items()}
        return True

    def _roles(self, piece: str) -> set[str]:
        functions = dict(self.subject.functions(piece, self.state))
        return role_names(functions[self.view.calls[piece]])

    def _is_step(self, function: Callable[..., Any]) -> bool:
        return "X" not in role_names(function)

    def _loss_among(self, done: tuple[Any, list[Returned]]) -> None:
        """Take the loss from the result of backward, if no function returns it."""
        if "loss" in self.view.values or not isinstance(done[0], tuple) or not done[1]:
            return
        for name, value in zip(done[1][-1].names, done[0], strict=False):
            if name in ("loss", "cost", "L", "J") and number_in(value) is not None:
                self.view.values["loss"] = number_in(value)

    # --- parameters -----------------------------------------------------------------------------

    def parameters_of(self, state: Any) -> dict[str, Array]:
        """Return W1, b1, ... of a state in byhand's form."""
        arrays = dict(arrays_in(state, self.subject.is_own))
        where = self.subject.parameters
        listed = (("W", where.weights), ("b", where.biases))
        return {
            f"{kind}{layer}": where.canonical(path, arrays[path]).copy()
            for kind, paths in listed
            for layer, path in enumerate(paths, start=1)
            if path in arrays
        }

    def _moved(self, before: dict[str, Array], result: Any, returns: list[Returned]) -> bool:
        """Record the parameters after a call; return whether they have changed."""
        after = self.parameters_of(self.state)
        if not _differ(before, after) and not self.subject.is_class:
            after = self.parameters_returned(result, returns) or after
        if not _differ(before, after):
            return False
        self.view.values |= {f"new {name}": array for name, array in after.items()}
        return True

    def parameters_returned(self, result: Any, returns: list[Returned]) -> dict[str, Array] | None:
        """Return the new parameters that a function returned."""
        where, order = self.subject.parameters, self.subject.returned
        if isinstance(result, tuple) and len(result) == len(order) and returns:
            result = _reordered(result, returns[-1].names, order)
        arrays = dict(arrays_in(result, self.subject.is_own))
        if all(path in arrays for path in where.weights):
            return self.parameters_of(result)
        for inner in (result, *(result if isinstance(result, tuple) else ())):
            found = find_parameters(inner, self.subject.is_own)
            if found is None or found.sizes != where.sizes:
                continue
            arrays = dict(arrays_in(inner, self.subject.is_own))
            listed = (("W", found.weights), ("b", found.biases))
            return {
                f"{kind}{layer}": found.canonical(path, arrays[path]).copy()
                for kind, paths in listed
                for layer, path in enumerate(paths, start=1)
            }
        return None


def _differ(first: dict[str, Array], second: dict[str, Array]) -> bool:
    return any(
        first[name].shape != second[name].shape or not np.array_equal(first[name], second[name])
        for name in first
    )


def _reordered(
    values: tuple[Any, ...], names: tuple[str | None, ...], wanted: tuple[str | None, ...]
) -> tuple[Any, ...]:
    """Put results into the order of the names, where all of these are among theirs."""
    known = dict(zip(names, values, strict=False))
    return tuple(known[name] for name in wanted) if set(wanted) <= set(known) else values


def _is_whole(result: Any) -> bool:
    """Return whether a result is an array of whole numbers."""
    return isinstance(result, np.ndarray) and result.dtype.kind in "biu"


def _told(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, tuple):
        return f"{len(value)} results: {', '.join(_told(one) for one in value)}"
    return "nothing" if value is None else f"a {type(value).__name__}"
