"""Files of training at the limits of what is read, and checkpoints with one fact changed."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from tests.training.small_training import network, trained

from byhand import ArgumentError, FormatError, ModelCheckpoint
from byhand.model_file import read_tensors, write_tensors
from byhand.training.history import LONGEST_LINE, MOST_COLUMNS, History

# --- checkpoints --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def last(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    trained(callbacks=[ModelCheckpoint(folder)], optimizer="adam")
    return folder / "last.safetensors"


def changed(last, tmp_path, state=None, tensors=None):
    """Write the checkpoint with other facts or arrays; None leaves one out."""
    arrays, metadata = read_tensors(last)
    facts = json.loads(metadata["training_state"]) | (state or {})
    facts = {name: value for name, value in facts.items() if value is not None}
    arrays = {**arrays, **(tensors or {})}
    path = tmp_path / "changed.safetensors"
    kept = {name: array for name, array in arrays.items() if array is not None}
    return write_tensors(path, kept, metadata | {"training_state": json.dumps(facts)})


def test_a_checkpoint_states_where_training_was(last):
    _, metadata = read_tensors(last)
    state = json.loads(metadata["training_state"])

    assert {name: state[name] for name in state if name != "history"} == {
        "epoch": 3, "step": 21, "first_epoch": 0, "first_step": 0, "rate_factor": 1.0,
        "optimizer": "adam", "seed": 0, "best_epoch": 3,
    }  # fmt: skip
    assert {len(column) for column in state["history"].values()} == {3}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"epoch": -1}, "epoch must be an integer of at least 0; got -1."),
        ({"epoch": 1.5}, "epoch must be an integer of at least 0; got 1.5."),
        ({"epoch": 2}, "the history has more epochs than were trained"),
        ({"epoch": None}, "'epoch'"),
        ({"step": -1}, "step must be an integer of at least 0; got -1."),
        ({"first_epoch": "1"}, "first_epoch must be an integer of at least 0; got '1'."),
        ({"first_step": -1}, "first_step must be an integer of at least 0; got -1."),
        ({"rate_factor": 0}, "rate_factor must be above 0; got 0."),
        ({"rate_factor": None}, "'rate_factor'"),
        ({"best_epoch": -1}, "best_epoch must be an integer of at least 0; got -1."),
        ({"history": [1, 2]}, ""),
        ({"history": {"loss": ["a", 1, 2]}}, "could not convert string to float: 'a'"),
        ({"optimizer": None}, "'optimizer'"),
    ],
    ids=str,
)
def test_a_damaged_fact_is_a_damaged_file(last, tmp_path, state, message):
    path = changed(last, tmp_path, state)

    with pytest.raises(FormatError, match=re.escape("is damaged: ")) as refused:
        trained(optimizer="adam", resume_from=path)

    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"optimizer": "sgd"}, "was trained with optimizer='sgd'; got 'adam'."),
        ({"seed": 1}, "was trained with seed=1; got 0."),
    ],
)
def test_another_run_is_no_damage(last, tmp_path, state, message):
    path = changed(last, tmp_path, state)

    with pytest.raises(ArgumentError, match=re.escape(message)) as refused:
        trained(optimizer="adam", resume_from=path)

    assert not isinstance(refused.value, FormatError)


@pytest.mark.parametrize(
    ("tensors", "is_damage"),
    [
        ({"optimizer.m": None}, True),
        ({"optimizer.m": np.zeros(3)}, False),
        ({"best.statistics": None}, True),
        ({"best.weights": np.zeros(3)}, True),
        ({"W1": np.zeros((5, 7))}, False),
    ],
)
def test_arrays_that_are_missing_or_of_another_network(last, tmp_path, tensors, is_damage):
    path = changed(last, tmp_path, tensors=tensors)

    with pytest.raises(ArgumentError if not is_damage else FormatError) as refused:
        trained(optimizer="adam", resume_from=path)

    assert ("is damaged" in str(refused.value)) is is_damage


def test_a_number_of_steps_may_be_missing_in_older_files(last, tmp_path):
    path = changed(last, tmp_path, {"first_step": None})
    net, history = trained(optimizer="adam", epochs=4, resume_from=path)
    whole, expected = trained(optimizer="adam", epochs=4)

    np.testing.assert_array_equal(net.parameters.vector, whole.parameters.vector)
    assert history["loss"] == expected["loss"]


def test_weights_of_the_best_epoch_may_be_missing(last, tmp_path):
    path = changed(last, tmp_path, tensors={"best.weights": None})
    net, _ = trained(optimizer="adam", epochs=4, resume_from=path)

    assert not np.array_equal(net.parameters.vector, network().parameters.vector)


# --- histories ----------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [MOST_COLUMNS - 1, MOST_COLUMNS])
def test_a_history_has_a_thousand_columns_at_most(tmp_path, columns):
    path = tmp_path / "history.csv"
    names = [f"q{k}" for k in range(columns)]
    path.write_text(",".join(["epoch", *names]) + "\n" + ",".join("1" * (columns + 1)) + "\n")

    if columns < 1000:
        assert len(History.from_csv(path)) == columns
    else:
        with pytest.raises(FormatError, match="the first row must name the columns"):
            History.from_csv(path)


@pytest.mark.parametrize("length", [2**20 - 1, 2**20])
def test_a_line_of_a_history_is_shorter_than_a_million_characters(tmp_path, length):
    path = tmp_path / "history.csv"
    head = "1,0."
    path.write_text("epoch,loss\n" + head + "0" * (length - len(head)), "utf-8")

    assert LONGEST_LINE == 2**20
    if length < LONGEST_LINE:
        with pytest.raises(FormatError, match="field larger than field limit"):
            History.from_csv(path)
    else:
        with pytest.raises(FormatError, match="a line has 1,048,576 characters or more"):
            History.from_csv(path)


@pytest.mark.parametrize(
    "text",
    [
        "", "loss\n0.5\n", "epoch,loss,loss\n1,2,3\n", "epoch,loss\n2,0.5\n", "epoch,loss\n1\n",
        "epoch,loss\n1,0.5,3\n", "epoch,loss\n1,a\n", "epoch,loss\n1,0.5\n1,0.25\n",
    ],
)  # fmt: skip
def test_what_is_no_history(tmp_path, text):
    path = tmp_path / "history.csv"
    path.write_text(text)

    with pytest.raises(FormatError, match="is not a valid history file"):
        History.from_csv(path)
