"""The page of a network with a user's own parts runs them, or explains that it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import byhand
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.data import Part
from byhand.evaluation import Subject
from byhand.extend import CLASSES
from byhand.network import ACTIVATIONS
from byhand.network.activations import Activation
from byhand.network.layers import LayerBuffers
from byhand.report import write_report


def bent(z):
    return z + np.tanh(z)


def bent_prime(z):
    return 2 - np.tanh(z) ** 2


def centred(z):
    return z - z.mean(axis=-1, keepdims=True)


BENT = Activation(
    "bent",
    bent,
    lambda z, a: bent_prime(z),
    formula="z + tanh(z)",
    derivative_formula="2 - tanh(z)^2",
    javascript=("z + Math.tanh(z)", "2 - Math.tanh(z) ** 2"),
)
DEEP = Activation("deep", bent, lambda z, a: bent_prime(z), formula="z + tanh(z)")
CENTRED = Activation(
    "centred", centred, None, formula="z - mean(z)", chain=lambda dA, a: centred(dA)
)


@dataclass(frozen=True)
class LogCosh(byhand.Loss):
    """Mean over outputs of log cosh(sharpness (a - t)) / sharpness."""

    sharpness: float = 2.0
    name: ClassVar[str] = "log_cosh"
    formula: ClassVar[str] = "L = mean_k log cosh(sharpness (a_k - t_k)) / sharpness"
    gradient_formula: ClassVar[str] = "dA = tanh(sharpness (a - t)) / K"
    javascript: ClassVar[tuple[str, str] | None] = (
        "sum(K, (k) => Math.log(Math.cosh(sharpness * (a[k] - t[k])))) / sharpness / K",
        "Math.tanh(sharpness * (a[k] - t[k])) / K",
    )

    def __call__(self, z, a, targets):
        return np.log(np.cosh(self.sharpness * (a - targets))).mean(axis=1) / self.sharpness

    def gradient(self, z, a, targets):
        return np.tanh(self.sharpness * (a - targets)) / a.shape[1]


@dataclass(frozen=True)
class SilentLogCosh(LogCosh):
    """The same without JavaScript."""

    name: ClassVar[str] = "silent_log_cosh"
    javascript: ClassVar[tuple[str, str] | None] = None


@dataclass(frozen=True)
class SignDescent(byhand.Optimizer):
    """p -= learning_rate * sign(g)."""

    learning_rate: float = 0.01
    name: ClassVar[str] = "sign_descent"
    formula: ClassVar[str] = "p <- p - lr sign(g)"
    javascript: ClassVar[str | None] = "p - learning_rate * Math.sign(g)"

    def step(self, parameters, gradients, state, learning_rate, t):
        parameters.vector -= learning_rate * np.sign(gradients.vector)


@dataclass(frozen=True)
class SilentDescent(SignDescent):
    """The same without JavaScript."""

    name: ClassVar[str] = "silent_descent"
    javascript: ClassVar[str | None] = None


@dataclass(frozen=True)
class HalfLayer(byhand.Layer):
    """Y = X / 2."""

    kind: ClassVar[str] = "half"
    formula: ClassVar[str] = "Y = X / 2"

    def new_buffers(self, x):
        return LayerBuffers(x, np.zeros_like(x), np.zeros_like(x))

    def forward(self, placed, buffers, training, rng):
        buffers.a[:] = buffers.x / 2

    def backward(self, placed, buffers, dx):
        if dx is not None:
            dx[:] = buffers.da / 2


@pytest.fixture(autouse=True)
def own_things():
    """Register one of each, and restore the tables afterwards."""
    tables = [ACTIVATIONS, *(table for table, _ in CLASSES.values())]
    before = [dict(table) for table in tables]
    things = (BENT, DEEP, CENTRED, LogCosh, SilentLogCosh, SignDescent, SilentDescent, HalfLayer)
    for thing in things:
        byhand.register(thing)
    byhand.register((bent, bent_prime), name="bent_pair")
    yield
    for table, entries in zip(tables, before, strict=True):
        table.clear()
        table.update(entries)


@pytest.fixture
def own_page(tmp_path, open_page):
    """Return a function that trains a small network and opens its report."""

    def make(fn="tanh", between=(), output="sigmoid", loss="squared_error", optimizer="sgd"):
        rng = np.random.default_rng(0)
        part = Part(rng.integers(0, 256, (60, 4, 4), np.uint8), np.arange(60) % 3)
        layers = [InputLayer(16), DenseLayer(5, fn), *between, DenseLayer(3, output)]
        network = MultiLayerPerceptron(layers, loss=loss, seed=1)
        history = network.fit(part.images, part.labels, epochs=1, optimizer=optimizer, verbose=0)
        subject = Subject(network, part, name="noise", train=part, history=history)
        page = open_page(write_report(tmp_path, subject))
        page.locator("#trace").scroll_into_view_if_needed()
        return page

    return make


def trace_of(page):
    """The text of the trace, once it has been computed."""
    page.locator("#checks tr").nth(1).wait_for()
    assert page.locator("#checks .off").count() == 0
    return page.locator("#trace").inner_text()


@pytest.mark.parametrize(
    ("name", "formulas"),
    [
        ("bent", ("= z + tanh(z)", "2 − tanh(z)²")),
        ("deep", ("= z + tanh(z)", "f′(z)")),
        ("bent_pair", ("= f(z)", "f′(z)")),
    ],
)
def test_an_activation_of_your_own_is_computed_and_named(own_page, name, formulas):
    """It is exact with JavaScript, and read from a table of values without."""
    words = trace_of(own_page(name))
    assert name in words
    assert all(formula in words for formula in formulas)


def test_a_loss_of_your_own_is_computed_with_its_settings(own_page):
    page = own_page(loss=LogCosh(3.0), output="tanh")
    assert "L = (1/K) Σₖ log cosh(3 (aₖ − tₖ)) / 3" in trace_of(page)


def test_an_optimizer_of_your_own_makes_its_step(own_page):
    page = own_page(optimizer=SignDescent(weight_decay=0.5))
    words = trace_of(page)
    assert "p ← p − η sign(g)" in words
    assert "the rule of this run, sign_descent" in words
    assert "the weights shrink by the factor 1 − η · 0.5" in words
    step = "([name]) => byhand.modules.trace_section.stepOf("
    rule = "{ name: 'sign_descent', learning_rate: 0.01, weight_decay: 0.5 }, name, 2, -7)"
    steps = [page.evaluate(step + rule, [name]) for name in ("W1", "b1")]
    assert steps == pytest.approx([2 * (1 - 0.01 * 0.5) + 0.01, 2.01])


def test_an_optimizer_without_javascript_is_named_and_plain_steps_are_made(own_page):
    words = trace_of(own_page(optimizer="silent_descent"))
    assert "p ← p − η sign(g)" in words
    assert "silent_descent: this page cannot run it and makes plain steps" in words


@pytest.mark.parametrize(
    ("things", "sentence"),
    [
        ({"between": [HalfLayer()]}, "layers of the kind “half” (Y = X / 2)"),
        ({"fn": "centred"}, "the activation “centred” (z − mean(z))"),
        ({"loss": "silent_log_cosh"}, "the loss “silent_log_cosh” (L = (1/K) Σₖ log cosh(2"),
    ],
)
def test_what_the_page_cannot_compute_is_named_in_one_sentence(own_page, things, sentence):
    page = own_page(**things)
    for name in ("draw", "network", "trace"):
        words = page.locator(f"#{name}").inner_text()
        assert f"This page cannot compute {sentence}" in words
    assert page.locator("#mistakes .thumb").count()


def test_what_computes_in_its_own_way_inherits_no_formula():
    class Twice(byhand.SGD):
        def step(self, parameters, gradients, state, learning_rate, t):
            parameters.vector -= 2 * learning_rate * gradients.vector

    class Doubled(LogCosh):
        def __call__(self, z, a, targets):
            return 2 * super().__call__(z, a, targets)

    assert (Twice.formula, Twice.javascript) == ("", None)
    assert (Doubled.formula, Doubled.gradient_formula, Doubled.javascript) == ("", "", None)
    assert SilentLogCosh.formula == LogCosh.formula
