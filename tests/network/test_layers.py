"""Layers: pure functions whose gradients finite differences confirm, one layer at a time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from byhand import ACTIVATIONS, ArgumentError, BatchNormLayer, DenseLayer, DropoutLayer
from byhand.network.initializers import INITIALIZERS

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

N, N_IN = 6, 4

DENSE = [DenseLayer(3, name) for name in ACTIVATIONS] + [DenseLayer(3, "leaky_relu", slope=0.3)]
BATCH_NORM = [BatchNormLayer(name) for name in ("identity", "relu", "tanh", "gelu")]
TABLE = [
    *(
        (layer, training)
        for layer in [*BATCH_NORM, DropoutLayer(0.4)]
        for training in (True, False)
    ),
    *((layer, True) for layer in DENSE),
]


def name_of(entry):
    if isinstance(entry, bool):
        return "training" if entry else "inference"
    activation = getattr(entry, "activation", None)
    return entry.kind if activation is None else f"{entry.kind} {activation.name}"


over_the_table = pytest.mark.parametrize(("layer", "training"), TABLE, ids=name_of)


class Bench:
    """One layer with random parameters, statistics and input, in float64."""

    def __init__(self, layer, training, seed=0, n=N):
        self.layer, self.training, rng = layer, training, np.random.default_rng(seed)
        shapes = layer.parameter_shapes(N_IN)
        self.parameters = tuple(rng.normal(size=shape) for shape in shapes.values())
        self.statistics = tuple(rng.uniform(0.5, 2, N_IN) for _ in layer.statistic_names)
        self.x = rng.normal(scale=2, size=(n, N_IN))
        self.grad = rng.normal(size=(n, layer.units_out(N_IN)))
        self.buffers = layer.new_buffers(self.x)

    def forward(self):
        rng = np.random.default_rng(1)  # the same dropout mask every time
        self.layer.forward(self.parameters, self.statistics, self.buffers, self.training, rng)
        return self.buffers.y

    def backward(self):
        """The gradients of sum(y * grad) by the parameters and by x."""
        self.forward()
        self.buffers.dy[...] = self.grad
        gradients, dx = tuple(map(np.empty_like, self.parameters)), np.empty_like(self.x)
        self.layer.backward(self.parameters, self.buffers, gradients, dx)
        return gradients, dx

    def total(self):
        return float((self.forward() * self.grad).sum())


@over_the_table
def test_gradients_agree_with_central_differences(
    layer, training, kernel_set, numeric_gradient, relative_difference
):
    bench = Bench(layer, training)
    gradients, dx = bench.backward()

    assert relative_difference(dx, numeric_gradient(bench.total, bench.x)) < 1e-8
    for array, gradient in zip(bench.parameters, gradients, strict=True):
        assert relative_difference(gradient, numeric_gradient(bench.total, array)) < 1e-8


@over_the_table
def test_without_a_layer_before_it_only_the_parameters_get_gradients(layer, training, kernel_set):
    bench = Bench(layer, training)
    with_dx, _ = bench.backward()
    alone = tuple(map(np.empty_like, bench.parameters))

    bench.forward()
    layer.backward(bench.parameters, bench.buffers, alone, None)

    for expected, gradient in zip(with_dx, alone, strict=True):
        np.testing.assert_array_equal(gradient, expected)


@over_the_table
def test_neither_pass_changes_its_input_parameters_or_statistics(layer, training):
    bench = Bench(layer, training)
    arrays = (bench.x, *bench.parameters, *bench.statistics)
    before = [array.copy() for array in arrays]

    bench.backward()

    for now, then in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(now, then)


@over_the_table
def test_a_second_pass_through_the_same_buffers_gives_the_same(layer, training, kernel_set):
    bench = Bench(layer, training)
    first = bench.forward().copy()
    (first_gradients, first_dx), (again, dx) = bench.backward(), bench.backward()

    np.testing.assert_array_equal(bench.forward(), first)
    np.testing.assert_array_equal(dx, first_dx)
    for now, then in zip(again, first_gradients, strict=True):
        np.testing.assert_array_equal(now, then)


@over_the_table
def test_a_layer_is_a_description_that_cannot_be_changed(layer, training):
    field = dataclasses.fields(layer)[0].name

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(layer, field, 1)


@over_the_table
def test_initial_parameters_have_the_shapes_that_the_layer_states(layer, training):
    he, zeros = INITIALIZERS["he_normal"], INITIALIZERS["zeros"]

    values = layer.initial_parameters(N_IN, he, zeros, np.random.default_rng(0))

    assert {name: value.shape for name, value in values.items()} == layer.parameter_shapes(N_IN)
    assert tuple(values) == layer.parameter_names


# --- dense --------------------------------------------------------------------------------------


def test_a_dense_layer_is_a_matrix_product_a_bias_and_an_activation(kernel_set):
    layer = DenseLayer(2, "relu")
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    buffers = layer.new_buffers(x)

    layer.forward((np.array([[1.0, -1], [2, 0]]), np.array([0.5, 2])), (), buffers, False, None)

    np.testing.assert_array_equal(buffers.z, [[5.5, 1], [11.5, -1]])
    np.testing.assert_array_equal(buffers.y, [[5.5, 1], [11.5, 0]])


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_starting_from_dz_skips_only_the_derivative(name, kernel_set):
    bench = Bench(DenseLayer(3, name), True)
    expected, expected_dx = bench.backward()
    gradients, dx = tuple(map(np.empty_like, bench.parameters)), np.empty_like(bench.x)

    bench.layer.backward_from_dz(bench.parameters, bench.buffers, gradients, dx)

    np.testing.assert_allclose(dx, expected_dx, atol=1e-14)
    for one, other in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-14)


@pytest.mark.parametrize("units", [0, -1, 2.0, True, "10", None])
def test_units_are_whole_numbers_of_at_least_one(units):
    with pytest.raises(ArgumentError, match="units must be a whole number of at least 1; got"):
        DenseLayer(units, "relu")


# --- dropout ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(rate, kernel_set):
    layer, x = DropoutLayer(rate), np.ones((500, 200))
    buffers = layer.new_buffers(x)

    layer.forward((), (), buffers, True, np.random.default_rng(0))

    noise = 4 * (max(rate, 1e-3) / (1 - rate) / x.size) ** 0.5
    assert (buffers.y == 0).mean() == pytest.approx(rate, abs=noise)
    assert buffers.y.mean() == pytest.approx(1, abs=noise)
    assert set(np.unique(buffers.y)) <= {0.0, 1 / (1 - rate)}


def test_dropout_is_the_identity_in_inference():
    bench = Bench(DropoutLayer(0.5), training=False)

    np.testing.assert_array_equal(bench.forward(), bench.x)


def test_dropout_thins_what_it_thinned_on_the_way_back():
    bench = Bench(DropoutLayer(0.5), training=True)
    _, dx = bench.backward()

    np.testing.assert_array_equal(dx, bench.grad * bench.buffers.mask)


def test_dropout_follows_its_stream(kernel_set):
    layer, x = DropoutLayer(0.5), np.ones((20, 20), np.float32)
    masks = []
    for seed in (0, 0, 1):
        buffers = layer.new_buffers(x)
        layer.forward((), (), buffers, True, np.random.default_rng(seed))
        masks.append(buffers.mask)

    np.testing.assert_array_equal(masks[0], masks[1])
    assert not np.array_equal(masks[0], masks[2])


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
def test_the_rate_of_dropout_is_a_share(rate):
    with pytest.raises(
        ArgumentError, match="the share dropped, must be at least 0 and below 1; got"
    ):
        DropoutLayer(rate)


# --- batch normalisation ------------------------------------------------------------------------


def torch_twin(layer, bench):
    twin = torch.nn.BatchNorm1d(N_IN, eps=layer.epsilon, momentum=layer.momentum).double()
    arrays = (twin.weight, twin.bias, twin.running_mean, twin.running_var)
    with torch.no_grad():
        for theirs, ours in zip(arrays, (*bench.parameters, *bench.statistics), strict=True):
            theirs.copy_(torch.tensor(ours))
    return twin.train(bench.training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("momentum", [0.1, 1.0])
def test_batch_norm_and_its_running_statistics_are_those_of_pytorch(training, momentum, kernel_set):
    bench = Bench(BatchNormLayer(momentum=momentum, epsilon=1e-3), training)
    twin = torch_twin(bench.layer, bench)
    x = torch.tensor(bench.x, requires_grad=True)
    y = twin(x)
    y.backward(torch.tensor(bench.grad))

    (dgamma, dbeta), dx = bench.backward()
    if training:
        bench.layer.update_statistics(bench.statistics, bench.buffers)

    np.testing.assert_allclose(bench.buffers.y, y.detach().numpy(), atol=1e-13)
    np.testing.assert_allclose(dx, x.grad.numpy(), atol=1e-13)
    np.testing.assert_allclose(dgamma, twin.weight.grad.numpy(), atol=1e-13)
    np.testing.assert_allclose(dbeta, twin.bias.grad.numpy(), atol=1e-13)
    np.testing.assert_allclose(bench.statistics[0], twin.running_mean.numpy(), atol=1e-13)
    np.testing.assert_allclose(bench.statistics[1], twin.running_var.numpy(), atol=1e-13)


def test_batch_norm_gives_every_unit_the_mean_beta_and_the_deviation_gamma():
    bench = Bench(BatchNormLayer(epsilon=1e-12), training=True, n=50)
    gamma, beta = bench.parameters

    y = bench.forward()

    np.testing.assert_allclose(y.mean(axis=0), beta, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), np.abs(gamma), atol=1e-9)


def test_batch_norm_does_not_change_when_its_input_is_shifted_or_scaled():
    bench = Bench(BatchNormLayer(epsilon=1e-12), training=True)
    before = bench.forward().copy()
    bench.x *= 3
    bench.x += 7

    np.testing.assert_allclose(bench.forward(), before, atol=1e-9)


def test_batch_norm_in_inference_treats_every_row_alone():
    bench = Bench(BatchNormLayer("tanh"), training=False)
    together = bench.forward().copy()
    bench.x[1:] = 0

    np.testing.assert_array_equal(bench.forward()[0], together[0])


def test_batch_norm_survives_a_column_that_never_varies(kernel_set):
    bench = Bench(BatchNormLayer(), training=True)
    bench.x[:, 0] = 3

    _, dx = bench.backward()

    assert np.isfinite(bench.buffers.y).all()
    assert np.isfinite(dx).all()


@pytest.mark.parametrize(
    ("options", "piece"),
    [
        ({"momentum": 0}, "momentum of a batch-norm layer must be above 0 and at most 1; got 0"),
        ({"momentum": 1.1}, "got 1.1"),
        ({"epsilon": 0}, "epsilon must be above 0; got 0"),
        ({"fn": "rellu"}, "Did you mean 'relu'?"),
        ({"fn": "tanh", "slope": 0.2}, "slope belongs to leaky_relu"),
    ],
)
def test_batch_norm_refuses_what_it_cannot_use(options, piece):
    with pytest.raises(ArgumentError) as refused:
        BatchNormLayer(**options)

    assert piece in str(refused.value)
