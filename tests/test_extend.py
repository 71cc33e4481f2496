"""Things of your own, made outside the package: registered, used by name, saved and loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

import byhand
from byhand import (
    ACTIVATIONS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    Activation,
    ArgumentError,
    DenseLayer,
    FormatError,
    InputLayer,
    MultiLayerPerceptron,
    gradient_check,
)
from byhand.network.layers import LayerBuffers
from byhand.recipes.recipe import parse_recipe
from byhand.runs.build_network import network_without_data

TABLES = (ACTIVATIONS, INITIALIZERS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 5))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)


# --- one of each kind, as a user would write it -------------------------------------------------


def bent(z):
    return z + np.tanh(z)


def bent_prime(z):
    return 2 - np.tanh(z) ** 2


@dataclass(frozen=True)
class LogCosh(byhand.Loss):
    """Mean over outputs of log cosh(sharpness (a - t)) / sharpness."""

    sharpness: float = 1.0
    name: ClassVar[str] = "log_cosh"
    formula: ClassVar[str] = "L = mean_k log cosh(a_k - t_k)"

    def __call__(self, z, a, targets):
        e = self.sharpness * (a - targets)
        return (np.logaddexp(e, -e) - np.log(2)).mean(axis=1) / self.sharpness

    def gradient(self, z, a, targets):
        return np.tanh(self.sharpness * (a - targets)) / a.shape[1]


@dataclass(frozen=True)
class SignDescent(byhand.Optimizer):
    """v = keep v + (1 - keep) g;  p -= learning_rate * sign(v)."""

    learning_rate: float = 0.01
    keep: float = 0.5
    name: ClassVar[str] = "sign_descent"
    state_names: ClassVar[tuple[str, ...]] = ("v",)

    def step(self, parameters, gradients, state, learning_rate, t):
        v = state["v"]
        v[:] = self.keep * v + (1 - self.keep) * gradients.vector
        parameters.vector -= learning_rate * np.sign(v)


@dataclass(frozen=True)
class Sawtooth(byhand.Schedule):
    """From 1 down to 1 - depth in every epoch."""

    depth: float = 0.5
    name: ClassVar[str] = "sawtooth"

    def __call__(self, t, epochs):
        return 1 - self.depth * (t % 1)


@dataclass(frozen=True)
class ScaleLayer(byhand.Layer):
    """Y = s * X with one learnable s for each unit, and noise in training."""

    start: float = 1.0
    noise: float = 0.0

    kind: ClassVar[str] = "scale"
    parameter_names: ClassVar[tuple[str, ...]] = ("s",)
    arrays: ClassVar[dict[str, str]] = {"A#_scale": "a", "dA#_scale": "da"}
    formula: ClassVar[str] = "Y = s X"
    backward_formula: ClassVar[str] = "dX = s dY,  ds = sum dY X"

    def parameter_shapes(self, n_in):
        return {"s": (n_in,)}

    def initial_parameters(self, n_in, weight_init, bias_init, rng):
        return {"s": np.full(n_in, self.start)}

    def new_buffers(self, x):
        return LayerBuffers(x, np.zeros_like(x), np.zeros_like(x))

    def forward(self, placed, buffers, training, rng):
        (s,) = placed.parameters
        buffers.a[:] = buffers.x * s
        if training and self.noise:
            buffers.a[:] += self.noise * rng.standard_normal(buffers.a.shape)

    def backward(self, placed, buffers, dx):
        (s,), (ds,) = placed.parameters, placed.gradients
        ds[:] = (buffers.da * buffers.x).sum(axis=0)
        if dx is not None:
            dx[:] = buffers.da * s


@dataclass(frozen=True)
class CentreLayer(byhand.Layer):
    """Y = X - running mean; it has statistics and a setting of several numbers."""

    clip: tuple[float, float] = (-1.0, 1.0)

    kind: ClassVar[str] = "centre"
    statistic_names: ClassVar[tuple[str, ...]] = ("mean",)

    def new_buffers(self, x):
        return LayerBuffers(x, np.zeros_like(x), np.zeros_like(x))

    def forward(self, placed, buffers, training, rng):
        (mean,) = placed.statistics
        buffers.a[:] = buffers.x - np.clip(mean, *self.clip)

    def backward(self, placed, buffers, dx):
        if dx is not None:
            dx[:] = buffers.da

    def update_statistics(self, placed, buffers):
        (mean,) = placed.statistics
        mean += 0.1 * (buffers.x.mean(axis=0) - mean)


def orthogonal(rng, n_in, n_out):
    q, _ = np.linalg.qr(rng.standard_normal((max(n_in, n_out), min(n_in, n_out))))
    return q if n_in >= n_out else q.T


@pytest.fixture(autouse=True)
def tables():
    """Restore the tables afterwards."""
    before = [dict(table) for table in TABLES]
    yield
    for table, entries in zip(TABLES, before, strict=True):
        table.clear()
        table.update(entries)


def unregister(*names):
    for table in TABLES:
        for name in names:
            table.pop(name, None)


@pytest.fixture
def own():
    """Register one thing of each kind."""
    byhand.register((bent, bent_prime), name="bent")
    byhand.register(orthogonal, kind="initialiser")
    for thing in (LogCosh, SignDescent, Sawtooth, ScaleLayer, CentreLayer):
        byhand.register(thing)


def network(fn="bent", loss="log_cosh", hidden=(), weight_init="orthogonal", **options):
    layers = [InputLayer(5, "none"), DenseLayer(6, fn), *hidden, DenseLayer(3, "identity")]
    options = {"seed": 0, "dtype": "float64"} | options
    return MultiLayerPerceptron(layers, loss=loss, weight_init=weight_init, **options)


def trained(net, optimizer="sign_descent", schedule="sawtooth"):
    return net, net.fit(
        X, Y, epochs=15, batch_size=8, optimizer=optimizer, schedule=schedule, verbose=0
    )


# --- registered and used ------------------------------------------------------------------------


@pytest.mark.usefixtures("own")
def test_everything_of_your_own_works_together_by_name(kernel_set):
    net, history = trained(network(hidden=[ScaleLayer(0.9, noise=0.01), CentreLayer()]))

    assert net.layers[1].activation.name == "bent"
    assert net.loss == LogCosh()
    assert history["loss"][-1] < history["loss"][0] / 2
    assert history.record["optimizer"]["name"] == "sign_descent"
    assert history.record["schedule"] == {"name": "sawtooth", "depth": 0.5}
    assert (net.parameters["s1"] != 0.9).all()
    assert (net.statistics["mean1"] != 0).all()


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("hidden", [[], [ScaleLayer(0.9)], [ScaleLayer(noise=0.1), CentreLayer()]])
def test_the_gradient_check_knows_it(hidden, kernel_set):
    report = gradient_check(network(hidden=hidden), X[:6], Y[:6])

    assert report.passed, str(report)
    assert ("ds1" in {check.name for check in report.checks}) == bool(hidden)


@pytest.mark.usefixtures("own")
def test_the_gradient_check_locates_a_fault_in_it():
    class Wrong(ScaleLayer):
        def backward(self, placed, buffers, dx):
            super().backward(placed, buffers, dx)
            dx *= 1.1

    report = gradient_check(network(hidden=[Wrong(noise=0.1)]), X[:6], Y[:6])

    assert report.fault == "layer 1 (scale), the gradient of its input A1"


@pytest.mark.usefixtures("own")
def test_it_is_saved_and_loaded(tmp_path):
    hidden = [ScaleLayer(0.9, noise=0.01), CentreLayer(clip=(-0.1, 0.2))]
    net, _ = trained(network(hidden=hidden, loss=LogCosh(sharpness=2.0)))

    loaded = MultiLayerPerceptron.load(net.save(tmp_path / "net.safetensors"))

    np.testing.assert_array_equal(loaded.predict_proba(X), net.predict_proba(X))
    assert loaded.loss == LogCosh(sharpness=2.0)
    assert loaded.weight_init == "orthogonal"
    assert [layer.describe() for layer in loaded.layers[1:]] == [
        "dense bent", "scale", "centre", "dense identity",
    ]  # fmt: skip
    loaded.initialize()
    np.testing.assert_array_equal(loaded.parameters["W1"], network().parameters["W1"])


@pytest.mark.usefixtures("own")
def test_training_resumes_with_its_state(tmp_path):
    options = {"optimizer": "sign_descent", "schedule": "sawtooth", "verbose": 0}
    whole, first, second = network(), network(), network()
    whole.fit(X, Y, epochs=4, **options)

    first.fit(X, Y, epochs=2, callbacks=[byhand.ModelCheckpoint(tmp_path)], **options)
    second.fit(X, Y, epochs=4, resume_from=tmp_path / "last.safetensors", **options)

    np.testing.assert_array_equal(second.parameters.vector, whole.parameters.vector)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("missing", ["bent", "log_cosh", "scale", "orthogonal"])
def test_a_program_that_has_not_registered_it_gets_a_clear_message(missing, tmp_path):
    path = network(hidden=[ScaleLayer()]).save(tmp_path / "net.safetensors")
    unregister(missing)

    with pytest.raises(FormatError, match=rf"not registered yet \(byhand.register\).*'{missing}'"):
        MultiLayerPerceptron.load(path)


RECIPE = """
title = "Things of my own"

[data]
dataset = "digits"

[network]
layers = [
    { units = 12, fn = "bent" },
    { kind = "scale", start = 0.5 },
    { units = "classes", fn = "identity" },
]
weight_init = "orthogonal"
loss = { name = "log_cosh", sharpness = 3.0 }

[training]
epochs = 2
optimizer = { name = "sign_descent", keep = 0.9 }
schedule = "sawtooth"
"""


@pytest.mark.usefixtures("own")
def test_a_recipe_can_name_it():
    recipe = parse_recipe(RECIPE, "mine")

    net = network_without_data(recipe)

    assert net.layers[1].activation.name == "bent"
    assert net.layers[2] == ScaleLayer(0.5)
    assert net.loss == LogCosh(3.0)
    assert recipe.spec.training.optimizer.make() == SignDescent(keep=0.9)
    assert recipe.spec.training.schedule.make() == Sawtooth()


@pytest.mark.parametrize("name", ["bent", "scale", "orthogonal", "log_cosh", "sign_descent"])
@pytest.mark.usefixtures("own")
def test_a_recipe_that_names_something_unregistered_is_refused(name):
    unregister(name)

    with pytest.raises(ArgumentError, match=f"unknown .* {name!r}"):
        parse_recipe(RECIPE, "mine")


def test_register_can_decorate_a_class():
    @byhand.register
    @dataclass(frozen=True)
    class Half(byhand.Schedule):
        name: ClassVar[str] = "half"

        def __call__(self, t, epochs):
            return 0.5

    assert SCHEDULES.find("half") is Half


def test_an_activation_object_is_registered_under_its_own_or_another_name():
    steep = Activation("steep", lambda z: 3 * z, lambda z, a: np.full_like(z, 3))

    byhand.register(steep)
    byhand.register(steep, name="Steep3")

    assert DenseLayer(2, "steep").activation == steep
    assert DenseLayer(2, "steep3").activation.name == "Steep3"


def test_a_new_definition_replaces_the_old_one():
    def make():
        @dataclass(frozen=True)
        class Half(byhand.Schedule):
            name: ClassVar[str] = "half"

            def __call__(self, t, epochs):
                return 0.5

        return byhand.register(Half)

    make()
    second = make()

    assert SCHEDULES["half"] is second
    for _ in range(2):
        byhand.register((bent, bent_prime), name="bent")
        byhand.register(orthogonal, kind="initialiser")


# --- not registered -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "piece"),
    [
        ({"loss": LogCosh()}, "the loss 'log_cosh' is a class of your own"),
        ({"hidden": [ScaleLayer()]}, "the layer 'scale' is a class of your own"),
        ({"fn": (bent, bent_prime)}, "the activation 'own:bent' is a function of your own"),
    ],
    ids=["loss", "layer", "activation"],
)
def test_unregistered_things_train_but_are_not_saved(options, piece, tmp_path):
    net = network(**{"fn": "tanh", "loss": None, "weight_init": "glorot"} | options)
    trained(net, SignDescent(), Sawtooth())

    with pytest.raises(ArgumentError) as refused:
        net.save(tmp_path / "net.safetensors")

    assert piece in str(refused.value)
    assert "byhand.register" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_derived_class_is_not_saved_under_its_parents_name(tmp_path):
    class Doubled(byhand.SquaredError):
        def __call__(self, z, a, targets):
            return 2 * super().__call__(z, a, targets)

    class Wide(DenseLayer):
        pass

    layers = [InputLayer(5), Wide(4), DenseLayer(2)]
    for net in (
        network("tanh", Doubled(), weight_init="glorot"),
        MultiLayerPerceptron(layers),
    ):
        with pytest.raises(ArgumentError, match=r"not registered.*a name of its own"):
            net.save(tmp_path / "net.safetensors")


def test_settings_that_a_file_cannot_hold_are_refused(tmp_path):
    @dataclass(frozen=True)
    class Weighted(LogCosh):
        weights: np.ndarray = field(default_factory=lambda: np.ones(3))
        name: ClassVar[str] = "weighted"

    byhand.register(Weighted)
    net = network("tanh", Weighted(), weight_init="glorot")

    with pytest.raises(ArgumentError, match=r"the loss must contain only text, numbers.*ndarray"):
        net.save(tmp_path / "net.safetensors")


# --- what cannot be registered ------------------------------------------------------------------


@dataclass(frozen=True)
class Unnamed(byhand.Loss):
    def __call__(self, z, a, targets):
        return a

    def gradient(self, z, a, targets):
        return a


class NoDataclass(byhand.Schedule):
    name = "no_dataclass"

    def __call__(self, t, epochs):
        return 1.0


@dataclass(frozen=True)
class NoGradient(byhand.Loss):
    name: ClassVar[str] = "no_gradient"

    def __call__(self, z, a, targets):
        return a


class NoDefault(byhand.Optimizer):
    name = "no_default"

    def step(self, parameters, gradients, state, learning_rate, t):
        pass


@dataclass(frozen=True)
class OddName(Sawtooth):
    name: ClassVar[str] = "saw-tooth"


def named(name):
    return type("Named", (Sawtooth,), {"name": name})


@pytest.mark.parametrize(
    ("thing", "options", "pieces"),
    [
        (Unnamed, {}, ["Unnamed needs a name", 'name: ClassVar[str] = "my_loss"']),
        (NoDataclass, {}, ["NoDataclass must be", "@dataclass(frozen=True)"]),
        (NoGradient, {}, ["NoGradient lacks the methods gradient"]),
        (NoDefault, {}, ["NoDefault", "needs a default", "learning_rate"]),
        (OddName, {}, ["letters, digits and _", "'saw-tooth'"]),
        (byhand.Loss, {}, ["Loss lacks the methods __call__, gradient"]),
        (InputLayer, {}, ["InputLayer must be a class derived from Loss, Optimizer"]),
        (dict, {}, ["dict must be a class derived from Loss, Optimizer, Schedule or Layer"]),
        (LogCosh(), {}, ["register takes a class", "got LogCosh(sharpness=1.0)"]),
        (orthogonal, {}, ["a function with kind='initialiser'", "got <function orthogonal"]),
        (lambda rng, n, m: 0, {"kind": "initialiser"}, ["a name of letters", "'<lambda>'"]),
        (3, {}, ["register takes a class", "got 3"]),
        ("relu", {}, ["register takes a class", "got 'relu'"]),
        ((bent, bent_prime), {}, ["a name of letters", "got None"]),
        ((bent, bent_prime), {"name": "my bent"}, ["a name of letters", "'my bent'"]),
        ((bent,), {"name": "bent"}, ["a pair (f, f')", "got (<function"]),
        ((bent, 3), {"name": "bent"}, ["a pair (f, f')"]),
        ((bent, bent), {"name": "bent"}, ["derivative given for activation 'bent' is wrong at z"]),
        ((bent, bent_prime), {"name": "relu"}, ["activation name 'relu' is taken"]),
        ((bent, bent_prime), {"name": "ReLU"}, ["activation name 'ReLU' is taken"]),
        ((bent, bent_prime), {"name": "SiLU"}, ["activation name 'SiLU' is taken"]),
        (orthogonal, {"name": "he", "kind": "initialiser"}, ["initialiser name 'he' is taken"]),
        (named("cosine"), {}, ["the schedule name 'cosine' is taken; choose another"]),
        (named("reduce_on_plateau"), {}, ["name 'reduce_on_plateau' is taken"]),
        (type("Other", (DenseLayer,), {}), {}, ["the layer name 'dense' is taken"]),
    ],
    ids=lambda entry: getattr(entry, "__name__", None),
)
def test_what_cannot_be_registered_gets_a_clear_message(thing, options, pieces):
    before = [dict(table) for table in TABLES]

    with pytest.raises(ArgumentError) as refused:
        byhand.register(thing, **options)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []
    assert [dict(table) for table in TABLES] == before


def test_a_name_that_another_thing_of_your_own_has_is_taken():
    byhand.register((bent, bent_prime), name="bent")

    with pytest.raises(ArgumentError, match="the activation name 'bent' is taken"):
        byhand.register((np.tanh, lambda z: 1 - np.tanh(z) ** 2), name="bent")
