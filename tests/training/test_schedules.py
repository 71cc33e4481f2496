"""Schedules: where they start, where they end, and how they get there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand import (
    ArgumentError,
    Callback,
    Constant,
    Cosine,
    DenseLayer,
    Exponential,
    InputLayer,
    InverseTime,
    MultiLayerPerceptron,
    OneCycle,
    Step,
    Warmup,
)
from byhand.training.schedules import SCHEDULES, resolve_schedule

EPOCHS = 20

ENDS = [  # schedule, factor at the start, factor at the end
    (Constant(), 1, 1),
    (Step(0.5, 10), 1, 0.25),
    (Step(0.1, 7), 1, 0.01),
    (Exponential(0.9), 1, 0.9**20),
    (InverseTime(0.1), 1, 1 / 3),
    (Cosine(), 1, 0),
    (Cosine(end=0.1), 1, 0.1),
    (OneCycle(), 0.04, 1e-4),
    (OneCycle(start=0.2, end=0.01, peak=0.5), 0.2, 0.01),
    (Warmup(5), 2e-4, 1),
    (Warmup(5, then=Cosine()), 2e-4, 0),
    (Warmup(2.5, then=Cosine()), 4e-4, 0),
    (Warmup(5, then="exponential"), 2e-4, 0.95**15),
]

FALLING = [Constant(), Step(), Exponential(), InverseTime(), Cosine(), Cosine(0.3)]


def factors(schedule, start=0.0, stop=float(EPOCHS), count=2001):
    return np.array([schedule(t, EPOCHS) for t in np.linspace(start, stop, count)])


@pytest.mark.parametrize(("schedule", "start", "end"), ENDS, ids=repr)
def test_it_starts_and_ends_where_it_says(schedule, start, end):
    assert schedule(0.0, EPOCHS) == pytest.approx(start)
    assert schedule(float(EPOCHS), EPOCHS) == pytest.approx(end, abs=1e-12)


@pytest.mark.parametrize("schedule", [entry[0] for entry in ENDS], ids=repr)
def test_the_factor_is_never_negative_and_never_above_one(schedule):
    assert (factors(schedule) >= 0).all()
    assert (factors(schedule) <= 1).all()


@pytest.mark.parametrize("schedule", FALLING, ids=repr)
def test_it_never_rises(schedule):
    assert (np.diff(factors(schedule)) <= 1e-15).all()


def test_one_cycle_rises_to_one_and_falls_after_it():
    schedule = OneCycle(peak=0.25)

    assert (np.diff(factors(schedule, 0, 5)) > 0).all()
    assert schedule(5.0, EPOCHS) == pytest.approx(1)
    assert (np.diff(factors(schedule, 5, 20)) < 0).all()


def test_warm_up_is_a_straight_line_that_the_next_schedule_continues():
    schedule = Warmup(4, then=Cosine())

    np.testing.assert_allclose(factors(schedule, 0.004, 3.999), np.linspace(0.001, 0.99975, 2001))
    assert schedule(4.0, EPOCHS) == pytest.approx(1)
    assert schedule(12.0, EPOCHS) == pytest.approx(0.5)


@pytest.mark.parametrize("schedule", [Cosine(), Cosine(0.2), OneCycle(), Warmup(3, then="cosine")])
def test_a_smooth_schedule_makes_no_jumps(schedule):
    assert np.abs(np.diff(factors(schedule, 0, 20, 20001))).max() < 0.002


@pytest.mark.parametrize(
    ("schedule", "t", "factor"),
    [
        (Step(0.5, 10), 9.99, 1),
        (Step(0.5, 10), 10, 0.5),
        (Step(0.1, 2.5), 5, 0.01),
        (Exponential(0.9), 2.99, 0.81),
        (Exponential(0.9), 3, 0.729),
        (InverseTime(0.5), 4, 1 / 3),
        (InverseTime(0.1), 9.5, 1 / 1.9),
        (Cosine(), 5, 0.8535533905932737),
        (Cosine(), 10, 0.5),
        (Cosine(), 25, 0),
        (OneCycle(start=0.2, peak=0.5), 5, 0.6),
        (Warmup(4), 1, 0.25),
        (Step(), 9.9, 1),
        (Step(), 10, 0.5),
        (Exponential(), 2, 0.95**2),
        (InverseTime(), 10, 0.5),
    ],
    ids=repr,
)
def test_values_worked_out_by_hand(schedule, t, factor):
    assert schedule(float(t), EPOCHS) == pytest.approx(factor)


@given(
    st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.99), st.floats(0, 1), st.integers(1, 1000)
)
def test_one_cycle_stays_between_its_ends_and_one(start, end, peak, share, epochs):
    factor = OneCycle(start, end, peak)(share * epochs, epochs)

    assert min(start, end) - 1e-12 <= factor <= 1 + 1e-12


class Rates(Callback):
    """Records the learning rate of every step."""

    def on_train_begin(self, run):
        self.rates = []

    def on_batch_end(self, run):
        self.rates.append(run.learning_rate)


def rates_of(schedule, epochs=4, steps=5, **options):
    net = MultiLayerPerceptron([InputLayer(3, "none"), DenseLayer(2, "softmax")], seed=0)
    x, y = np.random.default_rng(0).normal(size=(10 * steps, 3)), np.arange(10 * steps) % 2
    rates = Rates()
    history = net.fit(
        x, y, epochs=epochs, batch_size=10, learning_rate=0.5, schedule=schedule,
        callbacks=[rates], verbose=0, **options,
    )  # fmt: skip
    return rates.rates, history


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_step_has_the_rate_of_its_moment(name):
    rates, history = rates_of(name)

    schedule = SCHEDULES[name]()
    assert rates == [0.5 * schedule(step / 5, 4) for step in range(20)]
    assert history["learning_rate"] == rates[4::5]


def test_your_own_function_serves_as_schedule():
    rates, _ = rates_of(lambda t, epochs: 1 - t / epochs)

    np.testing.assert_allclose(rates, 0.5 * (1 - np.arange(20) / 20))


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_name_means_its_schedule(name):
    assert resolve_schedule(name.upper()) == SCHEDULES[name]()
    assert SCHEDULES[name].name == name


@pytest.mark.parametrize(
    ("make", "pieces"),
    [
        (lambda: resolve_schedule("cosin"), ["unknown schedule 'cosin'", "'cosine'?", "plateau"]),
        (
            lambda: resolve_schedule(0.5),
            ["a name, an object such as", "or a function (t, epochs)", "got 0.5"],
        ),
        (lambda: resolve_schedule(Cosine), ["schedule", "Cosine"]),
        (lambda: Step(drop=0), ["drop of the schedule Step must be above 0", "got 0"]),
        (lambda: Step(every=-1), ["every of the schedule Step", "got -1"]),
        (lambda: Exponential(0), ["decay of the schedule Exponential", "got 0"]),
        (lambda: InverseTime(-0.1), ["decay of the schedule InverseTime", "got -0.1"]),
        (lambda: OneCycle(peak=1.0), ["peak of a one-cycle schedule", "got 1.0"]),
        (lambda: Warmup(0), ["epochs of the schedule Warmup", "got 0"]),
        (lambda: Warmup(1, then="cosinus"), ["unknown schedule 'cosinus'", "'cosine'?"]),
    ],
)
def test_anything_but_a_schedule_is_refused(make, pieces):
    with pytest.raises(ArgumentError) as refused:
        make()

    assert [piece for piece in pieces if piece not in str(refused.value)] == []


def test_half_a_cosine_is_half_done_in_the_middle():
    assert Cosine()(math.pi, 2 * math.pi) == pytest.approx(0.5)
