"""Batch normalisation equals PyTorch's in training, in inference and in running statistics."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, BatchNormLayer

torch = pytest.importorskip("torch")


def torch_layer(layer, bench):
    theirs = torch.nn.BatchNorm1d(
        len(bench.x[0]), eps=layer.epsilon, momentum=layer.momentum
    ).double()
    arrays = (theirs.weight, theirs.bias, theirs.running_mean, theirs.running_var)
    with torch.no_grad():
        for their, ours in zip(arrays, (*bench.parameters, *bench.statistics), strict=True):
            their.copy_(torch.tensor(ours))
    return theirs.train(bench.training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("momentum", [0.1, 1.0])
def test_batch_norm_and_its_running_statistics_are_those_of_pytorch(
    training, momentum, kernel_set, bench_of
):
    bench = bench_of(BatchNormLayer(momentum=momentum, epsilon=1e-3), training)
    theirs = torch_layer(bench.layer, bench)
    x = torch.tensor(bench.x, requires_grad=True)
    y = theirs(x)
    y.backward(torch.tensor(bench.grad))

    (dgamma, dbeta), dx = bench.backward()
    if training:
        bench.layer.update_statistics(bench.placed, bench.buffers)

    np.testing.assert_allclose(bench.buffers.a, y.detach().numpy(), atol=1e-13)
    np.testing.assert_allclose(dx, x.grad.numpy(), atol=1e-13)
    np.testing.assert_allclose(dgamma, theirs.weight.grad.numpy(), atol=1e-13)
    np.testing.assert_allclose(dbeta, theirs.bias.grad.numpy(), atol=1e-13)
    np.testing.assert_allclose(bench.statistics[0], theirs.running_mean.numpy(), atol=1e-13)
    np.testing.assert_allclose(bench.statistics[1], theirs.running_var.numpy(), atol=1e-13)


def test_batch_norm_gives_every_unit_the_mean_beta_and_the_deviation_gamma(bench_of):
    bench = bench_of(BatchNormLayer(epsilon=1e-12), n=50)
    gamma, beta = bench.parameters

    y = bench.forward()

    np.testing.assert_allclose(y.mean(axis=0), beta, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), np.abs(gamma), atol=1e-9)


def test_batch_norm_does_not_change_when_its_input_is_shifted_or_scaled(bench_of):
    bench = bench_of(BatchNormLayer(epsilon=1e-12))
    before = bench.forward().copy()
    bench.x *= 3
    bench.x += 7

    np.testing.assert_allclose(bench.forward(), before, atol=1e-9)


def test_batch_norm_in_inference_treats_every_row_alone(bench_of):
    bench = bench_of(BatchNormLayer("tanh"), training=False)
    together = bench.forward().copy()
    bench.x[1:] = 0

    np.testing.assert_array_equal(bench.forward()[0], together[0])


def test_a_unit_that_never_varies_stays_finite(kernel_set, bench_of):
    bench = bench_of(BatchNormLayer())
    bench.x[:, 0] = 3

    _, dx = bench.backward()

    assert np.isfinite(bench.buffers.a).all()
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
def test_unusable_options_are_refused(options, piece):
    with pytest.raises(ArgumentError) as refused:
        BatchNormLayer(**options)

    assert piece in str(refused.value)


def test_the_defaults_are_those_of_pytorch():
    ours, theirs = BatchNormLayer(), torch.nn.BatchNorm1d(3)

    assert (ours.epsilon, ours.momentum) == (theirs.eps, theirs.momentum)


def test_inference_takes_one_multiply_add_for_each_unit():
    assert BatchNormLayer().multiply_adds(7) == 7
