"""Watches a learner's training function on the digits: which rows, which labels, when.

Every call of the forward and of the backward function shows which examples it got. So byhand can
get the same batches, and habits such as a missing shuffle are observed, not guessed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.examine.array_names import roles_of
from byhand.examine.convention import LABELS, Convention
from byhand.examine.digits import BATCH, EPOCHS, RATE, Digits, digits
from byhand.examine.find_network import Subject
from byhand.examine.observe import Observer
from byhand.examine.problem import Problem, make_problem
from byhand.learner.explain import explain


@dataclass
class Training:
    """The observations of a training.

    Args:
        rows: the examples of each training step.
        wrong_labels: fraction of the examples that came with the label of another one.
        before: parameters at the start.
        after: parameters at the end.
        made: how many times parameters were initialised while it ran.
        rated: numbers of examples used to measure the accuracy.
        error: why it could not be run.
        function: name of the training function.
    """

    rows: list[Array] = field(default_factory=list)
    wrong_labels: float = 0.0
    before: dict[str, Array] = field(default_factory=dict)
    after: dict[str, Array] = field(default_factory=dict)
    made: int = 0
    rated: list[int] = field(default_factory=list)
    error: str | None = None
    function: str = ""


def observe_training(subject: Subject, calls: dict[str, str]) -> Training | None:
    """Return the observations of the training function; None if there is none to call.

    Args:
        subject: the network.
        calls: names of the functions that one step called.
    """
    sizes = subject.parameters.sizes
    if sizes[-1] != 10 or not subject.names.get("train"):
        return None
    data = digits(sizes[0])
    start = make_problem(sizes)
    problem = Problem(
        start.weights,
        tuple(0 * b for b in start.biases),
        data.X[: data.count],
        data.labels[: data.count],
        RATE,
    )
    tried: list[Training] = []
    for columns in (subject.parameters.out_first, not subject.parameters.out_first):
        for labels in LABELS:
            tried.append(_Run(subject, problem, data, Convention(columns, labels), calls).run())
            if tried[-1].error is None and _learned(tried[-1], data) > 0.5:
                return tried[-1]
    ended = [one for one in tried if one.error is None and one.after]
    return max(ended, key=lambda one: _learned(one, data)) if ended else tried[0]


def _learned(training: Training, data: Digits) -> float:
    """Return the accuracy of the parameters at the end, with ReLU in the hidden layers."""
    after, a = training.after, data.X[: data.count]
    layers = sum(name.startswith("W") for name in after)
    for layer in range(1, layers + 1):
        W, b = after[f"W{layer}"], after.get(f"b{layer}", 0)
        if np.ndim(W) != 2 or W.shape[0] != a.shape[1]:
            return 0.0
        z = a @ W + b
        a = np.maximum(z, 0) if layer < layers else z
    if not np.isfinite(a).all():
        return 0.0
    return float((a.argmax(axis=1) == data.labels[: data.count]).mean())


class _Run:
    """One call of the training function, watched."""

    def __init__(
        self,
        subject: Subject,
        problem: Problem,
        data: Digits,
        convention: Convention,
        calls: dict[str, str],
    ) -> None:
        self.subject, self.problem, self.data, self.convention = subject, problem, data, convention
        self.forward = calls.get("forward", "").removeprefix("self.")
        steps = (calls.get(piece, "") for piece in ("backward", "train_step", "update"))
        self.backward = next((one.removeprefix("self.") for one in steps if one), "")
        self.rates = [name.removeprefix("self.") for name in subject.names.get("accuracy", [])]
        self.files = subject.family.files
        self.seen = Training()
        self.waiting: Array | None = None
        self.given: tuple[Array] | None = None
        self.labels = 0
        self.wrong = 0
        self.keys = _Keys(data.X)

    def run(self) -> Training:
        """Call the training function and return the observations."""
        observer = Observer(self.subject, self.problem, self.convention)
        if self.subject.is_class:
            self._remake(observer)
        self._roles(observer)
        for name, function in self.subject.functions("train", observer.state):
            self.seen.function = name
            original = self._give_start()
            sys.setprofile(self._profile)
            try:
                with np.errstate(all="ignore"):
                    result = observer.space.call(function)
            except (Exception, SystemExit) as error:
                self.seen.error = explain(error, lambda path: str(path) in self.files)
                continue
            finally:
                sys.setprofile(None)
                self._take_back(original)
            self.seen.error = None
            self._finish(observer, result)
            break
        return self.seen

    def _remake(self, observer: Observer) -> None:
        """Create the object again if it takes learning rate, epochs and batch size as arguments."""
        made = self.subject.make(rate=RATE, epochs=EPOCHS, batch_size=BATCH)
        if made is not None and self.subject.has_parameters(made):
            self.subject.fill(made, self.problem)
            observer.state = made

    def _roles(self, observer: Observer) -> None:
        held_out = slice(self.data.count, None)
        classes = self.problem.sizes[-1]
        observer.space.roles |= {
            "epochs": EPOCHS,
            "batch_size": BATCH,
            "rate": RATE,
            "X_val": self.convention.inputs(self.data.X[held_out]),
            "y_val": self.convention.targets(self.data.labels[held_out], classes),
        }
        self.seen.before = observer.parameters_of(observer.state)

    def _give_start(self) -> Any:
        """Let the function that creates parameters return the known start."""
        if self.subject.is_class:
            return None
        original = getattr(self.subject.module, self.subject.maker)

        def known_start(*_: Any, **__: Any) -> Any:
            self.seen.made += 1
            return self.subject.fresh(self.problem)

        setattr(self.subject.module, self.subject.maker, known_start)
        return original

    def _take_back(self, original: Any) -> None:
        if original is not None:
            setattr(self.subject.module, self.subject.maker, original)

    def _finish(self, observer: Observer, result: Any) -> None:
        after = observer.parameters_of(observer.state)
        if not self.subject.is_class:
            after = observer.parameters_returned(result, []) or after
        self.seen.after = after
        self.seen.wrong_labels = self.wrong / max(self.labels, 1)

    # --- watching -------------------------------------------------------------------------------

    def _profile(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or frame.f_code.co_filename not in self.files:
            return
        name = frame.f_code.co_name
        if name == self.forward:
            found = self._rows(frame)
            self.waiting = self.waiting if found is None else found
        self.given = self._targets(frame) or self.given
        if name == self.backward and (self.waiting is not None or self.backward != self.forward):
            self._step(frame)
        if name in self.rates:
            self.seen.rated.append(self._examples(frame))

    def _step(self, frame: FrameType) -> None:
        own, self.waiting, waiting = self._rows(frame), None, self.waiting
        rows = waiting if own is None else own  # backward may call forward itself, later
        if rows is None:
            return
        self.seen.rows.append(rows)
        given = self._classes(len(rows))
        known = rows >= 0
        if given is not None:
            self.labels += int(known.sum())
            self.wrong += int((given[known] != self.data.labels[rows[known]]).sum())

    def _arguments(self, frame: FrameType) -> dict[str, Any]:
        count = frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount
        return {name: frame.f_locals[name] for name in frame.f_code.co_varnames[:count]}

    def _rows(self, frame: FrameType) -> Array | None:
        """Return the numbers of the digits among a function's arguments."""
        d = self.data.X.shape[1]
        for value in self._arguments(frame).values():
            if not isinstance(value, np.ndarray):
                continue
            batch = value.T if self.convention.columns else value
            if (
                batch.ndim == 2
                and batch.shape[1] == d
                and len(batch) not in self.problem.sizes[1:2]
            ):
                return self.keys.find(batch)
        return None

    def _targets(self, frame: FrameType) -> tuple[Array] | None:
        """Return the labels among a function's arguments, in a tuple."""
        for name, value in self._arguments(frame).items():
            if "y" in roles_of(name) and isinstance(value, np.ndarray):
                return (value,)
        return None

    def _classes(self, n: int) -> Array | None:
        """Return the class of each example by the labels that were seen last."""
        if self.given is None:
            return None
        (value,) = self.given
        if value.size == n:
            return np.asarray(value.ravel().astype(int))
        if value.ndim == 2 and n in value.shape:
            return np.asarray(value.argmax(axis=1 if value.shape[0] == n else 0))
        return None

    def _examples(self, frame: FrameType) -> int:
        """Return the number of examples among a function's arguments."""
        found = 0
        for value in self._arguments(frame).values():
            if isinstance(value, np.ndarray) and value.ndim:
                sides = [side for side in value.shape if side not in self.problem.sizes]
                found = max([found, *sides])
        return found


class _Keys:
    """Recognises digits by a number that does not change when they are scaled."""

    def __init__(self, X: FloatArray) -> None:
        self.direction = np.random.default_rng(0).uniform(1, 2, X.shape[1])
        keys = self._keys(X)
        self.order = np.argsort(keys)
        self.keys = keys[self.order]

    def _keys(self, X: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            return np.asarray(X @ self.direction / X.sum(axis=1))

    def find(self, batch: FloatArray) -> Array:
        """Return the number of each row, or -1 if it is not one of the digits."""
        keys = self._keys(np.asarray(batch, float))
        place = np.clip(np.searchsorted(self.keys, keys), 1, len(self.keys) - 1)
        nearer = np.abs(keys - self.keys[place - 1]) < np.abs(keys - self.keys[place])
        place = np.where(nearer, place - 1, place)
        close = np.abs(keys - self.keys[place]) < 1e-6
        return np.where(close, self.order[place], -1)
