"""A user's own layers appear in the trace, and do not disturb anything else."""

from __future__ import annotations

import numpy as np
import pytest
from tests.evaluation.own_layer import mixing_network

from byhand.evaluation import saliency, trace_example, unit_facts
from byhand.evaluation.doctor import Doctor, diagnose, observe
from byhand.evaluation.doctor.learning_rate_trials import update_ratios
from byhand.evaluation.trace import as_dict, as_latex


@pytest.fixture
def net():
    """A network with two custom layers, in float64."""
    return mixing_network(dtype="float64")


def test_the_trace_holds_the_output_of_the_layer(net, examples):
    trace = trace_example(net, examples[0][5], int(examples[1][5]))

    cache = net.forward(examples[0][5][None])
    step = trace.step("A1_mix")
    np.testing.assert_allclose(step.values, cache["A1_mix"], rtol=1e-12)
    assert step.formula == "A1_mix = mix(A1):  Y = (X * scale) M"
    assert trace.step("Z1").formula == "Z1 = A0_mix W1 + b1"
    assert trace.step("dA1").formula == "dA1 = mix'(dA1_mix):  dX = dY M^T * scale"


def test_all_gradients_in_the_trace_agree_with_finite_differences(net, examples):
    trace = trace_example(net, examples[0][5], int(examples[1][5]))

    named = {step.name for step in trace.gradients}
    assert {f"d{name}" for name in net.parameters} <= named
    assert {"dA0_mix", "dA1_mix", "dscale0", "dM1"} <= named
    for step in trace.gradients:
        assert step.checked >= 0.5 * min(step.values.size, 200)
        assert step.relative_error < 1e-7, step.name


def test_the_trace_updates_the_parameters_of_the_layer(net, examples):
    x, y = examples[0][5], int(examples[1][5])
    trace = trace_example(net, x, y, learning_rate=0.01)

    expected = net.parameters["M1"] - 0.01 * trace.step("dM1").values
    np.testing.assert_allclose(trace.step("M1").values, expected)
    assert trace.step("M1").layer == 1
    assert trace.loss_after < trace.loss


def test_a_trace_changes_neither_parameters_nor_gradients(net, examples):
    x, y = examples
    net.backward(net.forward(x), y)
    vector, gradients = net.parameters.vector.copy(), net.gradients.vector.copy()

    trace = trace_example(net, x[5], int(y[5]))
    trace_text = f"{trace}{as_latex(trace)}{as_dict(trace)}{trace.weight('W2', 0, 1)}"
    saliency(net, x)

    assert "A1_mix" in trace_text
    assert (net.parameters.vector == vector).all()
    assert (net.gradients.vector == gradients).all()


def test_saliency_passes_through_the_layer(net, examples):
    x = examples[0][:3]
    logits = [
        net.forward(x + offset)["Z2"][:, 2]
        for offset in (1e-5 * np.eye(12)[4], -1e-5 * np.eye(12)[4])
    ]

    slopes = (logits[0] - logits[1]) / 2e-5
    np.testing.assert_allclose(saliency(net, x, 2)[:, 4], slopes, rtol=1e-6)


def test_ablation_passes_through_the_layer(net, examples):
    x, y = examples
    facts = unit_facts(net, x, y)[0]

    assert facts.accuracy_lost is not None
    net.parameters["scale1"][3] = 0  # without its scale the unit has no effect
    without = float((net.predict(x) == y).mean())
    net.initialize()
    accuracy = float((net.predict(x) == y).mean())
    assert facts.accuracy_lost[3] == pytest.approx(accuracy - without)


def test_the_doctor_examines_a_network_with_the_layer(examples):
    x, y = examples
    net, doctor = mixing_network(), Doctor(print_fn=None)
    initial = net.copy()
    history = net.fit(x, y, epochs=3, verbose=0, callbacks=[doctor])

    afterwards = observe(net, history, (x, y), initial=initial)

    assert doctor.observations.end is not None
    assert [layer.number for layer in doctor.observations.end.layers] == [1, 2]
    assert len(doctor.observations.updates) == len(afterwards.updates) == 2
    assert isinstance(diagnose(afterwards), list)


def test_update_ratios_are_those_of_the_dense_layers(net):
    before = net.parameters.weights.copy()
    net.parameters["W2"] *= 1.5

    assert update_ratios(net, before) == pytest.approx((0, 0.5))
