"""Losses: each value and gradient against finite differences, PyTorch and hand-computed numbers."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import (
    ACTIVATIONS,
    LOSSES,
    AbsoluteError,
    ArgumentError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    DenseLayer,
    Focal,
    Huber,
    InputLayer,
    MultiLayerPerceptron,
    PoissonDeviance,
    SquaredError,
)
from byhand.network.losses import LossBuffers, resolve_loss

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from torch.nn import functional

N, K = 7, 4

TABLE = [
    (CategoricalCrossEntropy(), "softmax"),
    (CategoricalCrossEntropy(label_smoothing=0.1), "softmax"),
    (Focal(), "softmax"),
    (Focal(gamma=0.5), "softmax"),
    (BinaryCrossEntropy(), "sigmoid"),
    (BinaryCrossEntropy(label_smoothing=0.2), "sigmoid"),
    (SquaredError(), "identity"),
    (SquaredError(), "softmax"),
    (AbsoluteError(), "tanh"),
    (Huber(), "identity"),
    (Huber(delta=0.3), "sigmoid"),
    (PoissonDeviance(), "exp"),
]


def their_p(z, t):
    """The probability of the right class, by PyTorch."""
    return torch.softmax(z, 1).gather(1, t[:, None])[:, 0]


PYTORCH = {
    "categorical_cross_entropy": lambda loss, z, a, t: functional.cross_entropy(
        z, t, reduction="none", label_smoothing=loss.label_smoothing
    ),
    "focal": lambda loss, z, a, t: -((1 - their_p(z, t)) ** loss.gamma) * torch.log(their_p(z, t)),
    "binary_cross_entropy": lambda loss, z, a, t: functional.binary_cross_entropy_with_logits(
        z, t * (1 - loss.label_smoothing) + loss.label_smoothing / 2, reduction="none"
    ).mean(1),
    "squared_error": lambda loss, z, a, t: functional.mse_loss(a, t, reduction="none").mean(1),
    "absolute_error": lambda loss, z, a, t: functional.l1_loss(a, t, reduction="none").mean(1),
    "huber": lambda loss, z, a, t: functional.huber_loss(
        a, t, reduction="none", delta=loss.delta
    ).mean(1),
    "poisson_deviance": lambda loss, z, a, t: (
        functional.poisson_nll_loss(z, t, reduction="none") + torch.xlogy(t, t) - t
    ).mean(1),
}

over_the_table = pytest.mark.parametrize(
    ("loss", "output"), TABLE, ids=lambda entry: getattr(entry, "name", entry)
)


def logits(n=N, k=K, scale=2.0, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).normal(scale=scale, size=(n, k)).astype(dtype)


def targets_for(loss, n=N, k=K, seed=1, dtype=np.float64):
    rng = np.random.default_rng(seed)
    if loss.takes_labels:
        return rng.integers(0, k, n)
    if loss.name == "binary_cross_entropy":
        return rng.integers(0, 2, (n, k)).astype(dtype)
    if loss.name == "poisson_deviance":
        return rng.poisson(1.0, size=(n, k)).astype(dtype)
    return rng.normal(size=(n, k)).astype(dtype)


def computed(loss, output, z, targets, a=None):
    """Return the buffers after the loss has written into them."""
    n, k = z.shape
    buffers = LossBuffers(
        losses=np.empty(n, z.dtype),
        predictions=np.empty(n, np.intp),
        grad=np.empty((n, k), z.dtype),
    )
    loss.write(z, ACTIVATIONS[output](z) if a is None else a, targets, buffers, gradient=True)
    return buffers


def is_fused(loss, output):
    return loss.fused_with == output


@over_the_table
def test_gradient_agrees_with_central_differences(
    loss, output, kernel_set, numeric_gradient, relative_difference
):
    z, targets = logits(), targets_for(loss)
    a = ACTIVATIONS[output](z)

    def total():
        given = ACTIVATIONS[output](z) if is_fused(loss, output) else a
        return float(computed(loss, output, z, targets, given).losses.sum())

    numeric = numeric_gradient(total, z if is_fused(loss, output) else a)

    assert relative_difference(computed(loss, output, z, targets, a).grad, numeric) < 1e-8


@over_the_table
def test_value_and_gradient_are_those_of_pytorch(loss, output, kernel_set):
    z, targets = logits(), targets_for(loss)
    ours = computed(loss, output, z, targets)
    their_z = torch.tensor(z, requires_grad=True)
    their_a = torch.tensor(ACTIVATIONS[output](z), requires_grad=True)
    theirs = PYTORCH[loss.name](loss, their_z, their_a, torch.tensor(targets))
    theirs.sum().backward()
    gradient = their_z.grad if is_fused(loss, output) else their_a.grad

    np.testing.assert_allclose(ours.losses, theirs.detach().numpy(), atol=1e-13)
    np.testing.assert_allclose(ours.grad, gradient.numpy(), atol=1e-14)


@over_the_table
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e2, 1e4])
def test_value_and_gradient_are_finite_at_extreme_logits(loss, output, dtype, scale, kernel_set):
    z = logits(dtype=dtype)
    z *= dtype(scale) / np.abs(z).max(axis=1, keepdims=True)

    result = computed(loss, output, z, targets_for(loss, dtype=dtype))

    assert np.isfinite(result.losses).all()
    assert np.isfinite(result.grad).all()
    assert result.losses.dtype == result.grad.dtype == dtype


@over_the_table
def test_write_puts_value_and_gradient_into_the_buffers(loss, output, kernel_set):
    z, targets = logits(), targets_for(loss)
    a = ACTIVATIONS[output](z)

    written = computed(loss, output, z, targets)

    np.testing.assert_allclose(written.losses, loss(z, a, targets), atol=1e-14)
    np.testing.assert_allclose(written.grad, loss.gradient(z, a, targets), atol=1e-15)


@over_the_table
def test_the_precision_is_that_of_the_outputs(loss, output):
    z, targets = logits(dtype=np.float32), targets_for(loss, dtype=np.float32)
    a = ACTIVATIONS[output](z)

    assert loss(z, a, targets).dtype == np.float32
    assert loss.gradient(z, a, targets).dtype == np.float32


@over_the_table
def test_each_example_has_the_loss_it_has_alone(loss, output, kernel_set):
    z, targets = logits(), targets_for(loss)

    together = computed(loss, output, z, targets).losses
    alone = [computed(loss, output, z[i : i + 1], targets[i : i + 1]).losses[0] for i in range(N)]

    np.testing.assert_allclose(together, alone, atol=1e-15)


@over_the_table
def test_the_prediction_is_the_largest_output(loss, output, kernel_set):
    z = logits()

    predictions = computed(loss, output, z, targets_for(loss)).predictions

    np.testing.assert_array_equal(predictions, ACTIVATIONS[output](z).argmax(axis=1))


@pytest.mark.parametrize(("loss", "output"), [pair for pair in TABLE if pair[1] != "softmax"])
def test_the_prediction_of_a_single_output_is_whether_it_is_over_one_half(loss, output):
    z = np.array([[-3.0], [-0.2], [0.2], [3.0]])

    predictions = computed(loss, output, z, np.zeros((4, 1))).predictions

    np.testing.assert_array_equal(predictions, ACTIVATIONS[output](z)[:, 0] > 0.5)


@pytest.mark.parametrize("loss", [SquaredError(), AbsoluteError(), Huber(), Huber(0.1)])
def test_a_perfect_prediction_has_no_loss_and_no_gradient(loss):
    z = logits()

    result = computed(loss, "identity", z, z.copy())

    assert (result.losses == 0).all()
    assert (result.grad == 0).all()


@pytest.mark.parametrize("logit", [50.0, 1e4])
def test_a_confident_prediction_has_no_loss_if_correct_and_its_logit_if_wrong(logit, kernel_set):
    z, right, wrong = np.array([[logit, 0.0]]), np.array([0]), np.array([1])
    loss = CategoricalCrossEntropy()

    assert computed(loss, "softmax", z, right).losses[0] == pytest.approx(0, abs=1e-20)
    assert computed(loss, "softmax", z, wrong).losses[0] == pytest.approx(logit)


# --- identities ---------------------------------------------------------------------------------


def test_huber_with_a_wide_delta_is_half_the_squared_error():
    z, targets = logits(), logits(seed=3)
    huber = computed(Huber(1e6), "identity", z, targets)
    squared = computed(SquaredError(), "identity", z, targets)

    np.testing.assert_allclose(huber.losses, squared.losses / 2)
    np.testing.assert_allclose(huber.grad, squared.grad / 2)


def test_huber_with_a_narrow_delta_is_delta_times_the_absolute_error():
    z, targets, delta = logits(), logits(seed=3), 1e-9
    huber = computed(Huber(delta), "identity", z, targets)
    absolute = computed(AbsoluteError(), "identity", z, targets)

    np.testing.assert_allclose(huber.losses / delta, absolute.losses, rtol=1e-7)
    np.testing.assert_allclose(huber.grad / delta, absolute.grad)


def test_binary_cross_entropy_is_categorical_with_a_second_logit_of_zero(kernel_set):
    z, labels = logits(k=1), np.array([0, 1, 1, 0, 1, 0, 0])
    binary = computed(BinaryCrossEntropy(), "sigmoid", z, labels[:, None].astype(float))
    two = computed(CategoricalCrossEntropy(), "softmax", np.hstack([0 * z, z]), labels)

    np.testing.assert_allclose(binary.losses, two.losses, atol=1e-14)
    np.testing.assert_allclose(binary.grad[:, 0], two.grad[:, 1], atol=1e-14)


def test_label_smoothing_mixes_the_true_class_with_all_classes(kernel_set):
    z, labels, smoothing = logits(), targets_for(CategoricalCrossEntropy()), 0.3
    each = [
        computed(CategoricalCrossEntropy(), "softmax", z, np.full(N, k)).losses for k in range(K)
    ]
    right = computed(CategoricalCrossEntropy(), "softmax", z, labels).losses

    smoothed = computed(CategoricalCrossEntropy(smoothing), "softmax", z, labels).losses

    np.testing.assert_allclose(
        smoothed, (1 - smoothing) * right + smoothing * np.mean(each, axis=0)
    )


@pytest.mark.parametrize("loss", [CategoricalCrossEntropy(), BinaryCrossEntropy()])
def test_the_fused_gradient_is_that_of_loss_and_activation_one_after_the_other(loss, kernel_set):
    z, targets = logits(), targets_for(loss)
    activation = ACTIVATIONS[loss.fused_with]
    a = torch.tensor(activation(z), requires_grad=True)
    if loss.takes_labels:
        functional.nll_loss(a.log(), torch.tensor(targets), reduction="sum").backward()
    else:
        functional.binary_cross_entropy(a, torch.tensor(targets), reduction="sum").div(K).backward()
    dZ = activation.backward(a.grad.numpy(), z, a.detach().numpy())

    np.testing.assert_allclose(computed(loss, loss.fused_with, z, targets).grad, dZ, atol=1e-13)


def test_values_worked_out_by_hand(kernel_set):
    z, t = np.array([[1.0, -2.0]]), np.array([[0.0, 0.5]])

    assert computed(SquaredError(), "identity", z, t).losses[0] == pytest.approx(3.625)
    assert computed(AbsoluteError(), "identity", z, t).losses[0] == pytest.approx(1.75)
    assert computed(Huber(), "identity", z, t).losses[0] == pytest.approx(1.25)
    assert computed(CategoricalCrossEntropy(), "softmax", np.zeros((1, 8)), np.array([3])).losses[
        0
    ] == pytest.approx(2.0794415416798357)
    assert computed(BinaryCrossEntropy(), "sigmoid", np.zeros((1, 3)), np.ones((1, 3))).losses[
        0
    ] == pytest.approx(0.6931471805599453)


# --- which loss ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOSSES)
def test_every_entry_has_the_name_of_its_place_in_the_table(name):
    assert LOSSES[name]().name == name


@pytest.mark.parametrize(("alias", "name"), LOSSES.aliases.items())
def test_an_alias_means_the_loss_it_stands_for(alias, name):
    assert resolve_loss(alias, LOSSES[name]().fused_with or "identity") == LOSSES[name]()


@pytest.mark.parametrize("output", ACTIVATIONS)
def test_the_loss_follows_from_the_output_activation_unless_named(output):
    expected = {
        "softmax": "categorical_cross_entropy", "sigmoid": "binary_cross_entropy",
        "exp": "poisson_deviance",
    }  # fmt: skip
    net = MultiLayerPerceptron([InputLayer(4), DenseLayer(3, output)])

    assert net.loss.name == expected.get(output, "squared_error")


def test_the_mean_over_examples_is_taken_once_by_the_network():
    net = MultiLayerPerceptron(
        [InputLayer(4, "none"), DenseLayer(K, "softmax")], dtype="float64", seed=0
    )
    x, y = logits(), targets_for(net.loss)
    cache = net.forward(x)

    net.compute_loss(cache, y, gradient=False)

    assert net.evaluate(x, y)["loss"] == pytest.approx(cache.loss.losses.mean())


@pytest.mark.parametrize(
    ("make", "pieces"),
    [
        (lambda: resolve_loss("hubert", "identity"), ["unknown loss 'hubert'", "'huber'?"]),
        (
            lambda: resolve_loss("cross_entropy", "sigmoid"),
            ["needs softmax as the activation of the last layer", "got 'sigmoid'", "Change"],
        ),
        (
            lambda: resolve_loss("binary_cross_entropy", "softmax"),
            ["needs sigmoid as the activation", "got 'softmax'"],
        ),
        (lambda: CategoricalCrossEntropy(1.0), ["label_smoothing", "below 1", "got 1.0"]),
        (lambda: BinaryCrossEntropy(-0.1), ["label_smoothing", "at least 0", "got -0.1"]),
        (lambda: Huber(0), ["delta of the Huber loss", "above 0", "got 0"]),
        (lambda: resolve_loss(3, "identity"), ["loss", "got 3"]),
        (lambda: resolve_loss(Huber, "identity"), ["loss", "Huber"]),
    ],
    ids=["misspelt", "output", "binary", "smoothing", "negative", "delta", "number", "class"],
)
def test_anything_but_a_loss_is_refused(make, pieces):
    with pytest.raises(ArgumentError) as refused:
        make()

    assert [piece for piece in pieces if piece not in str(refused.value)] == []


@pytest.mark.parametrize("parent", LOSSES.values(), ids=lambda loss: loss.name)
def test_a_derived_loss_is_computed_by_its_own_formulas(parent, kernel_set):
    class Doubled(parent):
        def __call__(self, z, a, targets):
            return 2 * super().__call__(z, a, targets)

        def gradient(self, z, a, targets):
            return 2 * super().gradient(z, a, targets)

    output, z, targets = parent.fused_with or "identity", logits(), targets_for(parent())
    plain, doubled = (computed(loss, output, z, targets) for loss in (parent(), Doubled()))

    np.testing.assert_allclose(doubled.losses, 2 * plain.losses, atol=1e-13)
    np.testing.assert_allclose(doubled.grad, 2 * plain.grad, atol=1e-13)


def test_focal_loss_without_gamma_is_cross_entropy():
    z, targets = logits(), targets_for(Focal())
    focal, cross = (
        computed(loss, "softmax", z, targets)
        for loss in (Focal(0.0), LOSSES["categorical_cross_entropy"]())
    )

    np.testing.assert_allclose(focal.losses, cross.losses, atol=1e-14)
    np.testing.assert_allclose(focal.grad, cross.grad, atol=1e-14)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_a_certain_and_right_example_has_no_focal_loss(gamma):
    z = np.array([[800.0, 0.0], [0.0, 800.0]])

    result = computed(Focal(gamma), "softmax", z, np.array([0, 1]))

    np.testing.assert_array_equal(result.losses, 0)
    np.testing.assert_array_equal(result.grad, 0)


def test_a_well_known_example_weighs_a_hundredth():
    z = np.log(np.array([[0.9, 0.1]]))

    assert computed(Focal(), "softmax", z, np.array([0])).losses[0] == pytest.approx(
        -0.01 * np.log(0.9)
    )
