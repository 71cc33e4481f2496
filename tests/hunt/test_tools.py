"""The tools of the hunt find the right things in programs with and without a mistake."""

from __future__ import annotations

import pytest

from byhand.hunt.bug import BUGS, program
from byhand.hunt.folder import function_of
from byhand.hunt.tools import doctor, gradcheck, trace

RIGHT = program()
IN_THE_GRADIENT = [
    name
    for name, bug in BUGS.items()
    if bug.module == "network" and function_of(bug) in {"backward", "slope", "loss"}
]


def wrong(rows):
    return [row["parameter"] for row in rows if row["shape"] or max(row["errors"]) > 1e-5]


def test_all_gradients_of_the_right_program_are_right(loaded):
    rows = gradcheck(loaded())

    assert [row["parameter"] for row in rows] == ["W3", "b3", "W2", "b2", "W1", "b1"]
    assert max(max(row["errors"]) for row in rows) < 1e-8


@pytest.mark.parametrize("name", IN_THE_GRADIENT)
def test_the_gradient_check_finds_every_mistake_in_loss_slope_and_gradients(name, loaded):
    assert wrong(gradcheck(loaded(BUGS[name].planted(RIGHT)))) != []


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("bias-gradient-of-everything", ["b1"]),
        ("gradient-transposed", ["W2"]),
        ("weights-not-transposed", ["W1", "b1"]),
        ("dropout-forgotten-backwards", ["W1", "b1"]),
        ("half-a-penalty", ["W3", "W2", "W1"]),
    ],
)
def test_the_gradient_check_names_the_parameters(name, parameters, loaded):
    rows = gradcheck(loaded(BUGS[name].planted(RIGHT)))

    assert wrong(rows) == parameters


def test_dropout_is_checked_by_itself(loaded):
    rows = gradcheck(loaded(BUGS["dropout-forgotten-backwards"].planted(RIGHT)))

    assert all(row["errors"][0] < 1e-8 for row in rows)


def test_the_trace_shows_shapes_and_sizes_before_and_after_training(loaded):
    program = loaded(BUGS["softmax-over-the-batch"].planted(RIGHT))
    program.train.EPOCHS = 1
    rows = {row["value"]: row for row in trace(program)}

    assert rows["images"]["shape"] == [1797, 8, 8]
    assert rows["A1"]["shape"] == [32, 32]
    assert rows["images"]["states"][0] == pytest.approx([0, 4.884, 16], abs=0.001)
    smallest, _, largest = rows["sum of A3"]["states"][0]
    assert largest - smallest > 0.1


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("zero-weights", "symmetric_initialisation"),
        ("pixels-not-scaled", "input_scale"),
        ("validation-from-training", "leaking_split"),
        ("uphill", "diverged"),  # the same rate learns where the step goes down
    ],
)
def test_the_doctor_sees_what_shows_in_a_run(name, finding, loaded):
    program = loaded(BUGS[name].planted(RIGHT))
    program.train.EPOCHS = 4

    assert f"[{finding}]" in "\n".join(doctor(program))


def test_the_doctor_finds_nothing_in_the_right_program(loaded):
    assert doctor(loaded()) == ["The doctor found nothing wrong."]
