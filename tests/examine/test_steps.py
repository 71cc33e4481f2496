"""The steps without a mistake give byhand's numbers, and every mistake gives others."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.examine.find_mistake import judge
from byhand.examine.mistakes import CATALOGUE, catalogue
from byhand.examine.problem import make_problem
from byhand.examine.steps import BINARY, CROSS_ENTROPY, SQUARED, Mistake, Setting, steps
from byhand.network import DenseLayer, InputLayer, Network
from byhand.network.activations import ACTIVATIONS, leaky_relu

PROBLEM = make_problem([6, 6, 6, 5])
EQUAL = make_problem([6, 5, 5, 5])
"""A problem in which every layer has as many units as there are classes."""

SETTINGS = [
    Setting(ACTIVATIONS["relu"], "softmax", CROSS_ENTROPY),
    Setting(ACTIVATIONS["tanh"], "softmax", SQUARED),
    Setting(ACTIVATIONS["sigmoid"], "sigmoid", BINARY),
    Setting(ACTIVATIONS["sigmoid"], "sigmoid", SQUARED),
    Setting(leaky_relu(0.1), "softmax", CROSS_ENTROPY),
]


def byhand_network(setting):
    hidden = setting.hidden
    slope = {"slope": hidden.slope} if hidden.name == "leaky_relu" else {}
    layers = [DenseLayer(n, hidden.name, **slope) for n in PROBLEM.sizes[1:-1]]
    net = Network(
        [InputLayer(6, "none"), *layers, DenseLayer(5, setting.output)],
        loss=setting.loss,
        dtype=np.float64,
    )
    for layer, (W, b) in enumerate(zip(PROBLEM.weights, PROBLEM.biases, strict=True), start=1):
        net.parameters[f"W{layer}"], net.parameters[f"b{layer}"] = W, b
    return net


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"{s.hidden.name}-{s.output}-{s.loss}")
def test_without_a_mistake_every_number_is_that_of_byhand(setting):
    net = byhand_network(setting)
    T = PROBLEM.labels if setting.loss == CROSS_ENTROPY else np.eye(5)[PROBLEM.labels]
    cache = net.forward(PROBLEM.X)
    gradients = net.backward(cache, T)

    values = steps(PROBLEM, setting).run()

    for layer in (1, 2, 3):
        for name in (f"Z{layer}", f"A{layer}"):
            np.testing.assert_allclose(values[name], cache[name], rtol=1e-10, atol=1e-12)
        for kind in "Wb":
            name, gradient = f"{kind}{layer}", gradients[f"d{kind}{layer}"]
            np.testing.assert_allclose(values[f"d{name}"], gradient, rtol=1e-9, atol=1e-12)
            moved = net.parameters[name] - PROBLEM.rate * gradient
            np.testing.assert_allclose(values[f"new {name}"], moved, rtol=1e-10, atol=1e-12)
    loss = net.loss(cache["Z3"], cache["A3"], T).mean()
    assert values["loss"] == pytest.approx(loss)


def test_there_are_more_than_thirty_kinds_of_mistakes():
    names = {kind.name for kinds in CATALOGUE.values() for kind in kinds}

    assert len(names) > 60


MISTAKES = [
    (stage, setting, mistake)
    for stage in CATALOGUE
    for setting in SETTINGS
    for mistake in catalogue(stage, setting, 3)
    if mistake.layers is None
]


@pytest.mark.parametrize(
    ("stage", "setting", "mistake"), MISTAKES, ids=lambda v: getattr(v, "name", None)
)
def test_a_mistake_changes_a_number_of_its_stage_and_none_before_it(stage, setting, mistake):
    problem = EQUAL if mistake.name == "output_of_layer_before" else PROBLEM
    right = steps(problem, setting).run()
    wrong = steps(problem, setting, [mistake]).run()

    changed = [name for name in right if not np.allclose(right[name], wrong[name], equal_nan=True)]

    stages = {"forward": "ZA", "loss": "l", "gradient": "d", "update": "n"}
    order = "".join(stages.values())
    assert changed
    assert all(order.index(name[0]) >= order.index(stages[stage][0]) for name in changed)


@pytest.mark.parametrize("setting", SETTINGS[:1])
@pytest.mark.parametrize("stage", CATALOGUE)
def test_the_judge_names_every_mistake_from_its_numbers(stage, setting):
    hints = {"hidden": ["relu"], "output": ["softmax"], "loss": [CROSS_ENTROPY]}
    for mistake in catalogue(stage, setting, 3):
        values = dict(steps(PROBLEM, setting, [mistake]).run())
        right = steps(PROBLEM, setting).run()
        if all(np.allclose(values[n], right[n], equal_nan=True) for n in values):
            continue  # it makes no difference in this layer

        found = judge(PROBLEM, values, hints)

        same = [one for one in _equal(stage, setting, values) if one.name == found.causes[0].name]
        assert same, (mistake, found.causes)


def _equal(stage, setting, values):
    """Mistakes that give the same numbers: any of them is right."""
    for one in catalogue(stage, setting, 3):
        made = steps(PROBLEM, setting, [Mistake(one.kind, one.layers)]).run()
        if all(np.allclose(made[n], values[n], equal_nan=True) for n in values):
            yield one
