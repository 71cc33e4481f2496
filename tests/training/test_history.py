"""The history: columns by name, rows by epoch, and a file that gives back what was written."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand import FileError, FormatError, History
from byhand.training.history import COLUMNS

ROWS = [
    {"loss": 0.5, "accuracy": 0.8, "val_loss": 0.75, "val_accuracy": 0.7, "seconds": 0.25},
    {"loss": 1 / 3, "accuracy": 0.9, "val_loss": np.float32(0.1), "val_accuracy": 1, "seconds": 2},
]


def history(rows=ROWS):
    result = History()
    for row in rows:
        result.append(row)
    return result


def test_it_is_a_mapping_of_columns():
    result = history()

    assert result["loss"] == [0.5, 1 / 3]
    assert list(result) == list(ROWS[0])
    assert len(result) == 5
    assert "val_loss" in result
    assert "learning_rate" not in result


def test_every_number_in_it_is_a_plain_float():
    assert {type(number) for column in history().values() for number in column} == {float}


def test_epochs_are_counted_from_one_and_from_the_end():
    result = history()

    assert result.epochs == 2
    assert result.row(1)["loss"] == 0.5
    assert result.row(2) == result.row(-1)
    assert History().epochs == 0


def test_an_unknown_column_is_a_key_error_with_the_nearest_name():
    with pytest.raises(KeyError, match=r"unknown column 'val_los'. Did you mean 'val_loss'\?"):
        history()["val_los"]


def test_the_representation_tells_the_last_epoch_and_why_it_ended():
    result = history()
    result.stopped = "all 2 epochs done"

    for piece in ("2 epochs", "loss 0.3333", "all 2 epochs done"):
        assert piece in repr(result)
    assert repr(History()) == "<History of no epochs>"


def test_a_file_gives_back_every_digit(tmp_path):
    path = history().to_csv(tmp_path / "history.csv")

    assert History.from_csv(path).columns == history().columns
    assert path.read_text().splitlines()[0] == "epoch,loss,accuracy,val_loss,val_accuracy,seconds"
    assert path.read_text().splitlines()[1].startswith("1,0.5,0.8,")


@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, st.floats(allow_nan=False))), max_size=5)
)
def test_any_numbers_survive_the_round_trip(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "history.csv"

    assert History.from_csv(history(rows).to_csv(path)).columns == history(rows).columns


@pytest.mark.parametrize(
    "content",
    [
        "",
        "hello\n",
        "epoch,loss\n1,abc\n",
        "epoch,loss,accuracy\n1,0.5\n",
        "epoch,loss\n1,0.5,0.7\n",
        "epoch,loss,loss\n1,1,2\n",
        "epoch,loss\n2,1\n",
        "epoch,loss\n1," + "1" * 200_000,
        "epoch,loss\n1,\0\n",
        "epoch" + ",a" * 5000 + "\n",
        "epoch," + ",".join(f"a{k}" for k in range(2000)) + "\n",
        "epoch,loss\n\n1,0.5\n",
        "\0" * (2 << 20),
        "epoch"
        + "".join(f",a{k}" for k in range(900))
        + "\n"
        + "".join(f"{epoch}{',0' * 900}\n" for epoch in range(1, 1200)),
    ],
    ids=lambda content: content[:30],
)
def test_another_kind_of_file_is_refused(tmp_path, content):
    path = tmp_path / "history.csv"
    path.write_text(content)

    with pytest.raises(FormatError, match=r"history\.csv is not a valid history file"):
        History.from_csv(path)


def test_bytes_that_are_not_text_are_refused(tmp_path):
    path = tmp_path / "history.csv"
    path.write_bytes(b"epoch,loss\n1,\xff\n")

    with pytest.raises(FormatError, match=r"history\.csv is not a valid history"):
        History.from_csv(path)


def test_a_pipe_is_refused_without_waiting(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes with names")
    os.mkfifo(tmp_path / "history.csv")

    with pytest.raises(FileError, match="it is a pipe or a device; expected a file"):
        History.from_csv(tmp_path / "history.csv")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileError, match=r"nowhere\.csv cannot be read: No such file"):
        History.from_csv(tmp_path / "nowhere.csv")


def test_missing_folders_are_made(tmp_path):
    path = history().to_csv(tmp_path / "new" / "newer" / "history.csv")

    assert path == tmp_path / "new" / "newer" / "history.csv"
    assert History.from_csv(path).columns == history().columns


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(FileError, match=r"cannot write .*history\.csv: .*file is a file, but a"):
        history().to_csv(tmp_path / "file" / "history.csv")
