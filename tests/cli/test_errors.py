"""Every mistake gets one message on standard error: 2 for usage, 1 for failure, no traceback."""

from __future__ import annotations

import errno

import numpy as np
import pytest

from byhand.cli import printing
from byhand.cli.error_exit import explain
from byhand.errors import ArgumentError, DataError

USAGE = [
    (("trian",), "unknown command 'trian'. Did you mean 'train'?"),
    (("train", "--epoch", "3"), "there is no option --epoch. Did you mean '--epochs'? See: byhand"),
    (("train", "--foo"), "there is no option --foo. See: byhand train --help"),
    (("trace", "--format"), "requires an argument. See: byhand trace --help"),
    (("course", "report", "--out"), "requires an argument. See: byhand course report --help"),
    (("train", "--epochs", "many"), "'--epochs'"),
    (("train", "--epochs", "0"), "training.epochs: input should be greater than or equal to 1"),
    (("train", "--batch-size", "0"), "training.batch_size: expected an integer of at least 1"),
    (("train", "--learning-rate", "-1"), "training.learning_rate: input should be greater than 0"),
    (("train", "--optimizer", "adan"), "unknown optimizer 'adan'. Did you mean 'adam'?"),
    (("train", "--schedule", "cosin"), "unknown schedule 'cosin'. Did you mean 'cosine'?"),
    (("train", "--activation", "rellu"), "unknown activation 'rellu'. Did you mean 'relu'?"),
    (("train", "--layers", "3,x"), "--layers takes the units of the hidden layers"),
    (("train", "--validation", "2.5"), "data.validation: expected a fraction of the rows"),
    (("train", "--dataset", "mnits"), "unknown data set 'mnits'. Did you mean 'mnist'?"),
    (("train", "basik"), "unknown recipe 'basik'. Did you mean 'basic'?"),
    (("train", "mnist"), "mnist is a data set, not a recipe. Train on it with: byhand train --"),
    (("train", "words.csv"), "words.csv is a data set, not a recipe. Train on it with: byhand"),
    (("train", "--seed", "-1"), "--seed"),
    (("train", "--threads", "0", "--dataset", "digits"), "'--threads'"),
    (("train", "--threads", "9" * 20, "--dataset", "digits"), "'--threads'"),
    (("train", "--layers", "9" * 11), "at most 1,000,000 units in a layer; got 99,999,999,999"),
    (("train", "--dropout", "1", "--dataset", "digits"), "must be at least 0 and below 1; got 1.0"),
    (("train", "--test", "2.5", "--dataset", "digits"), "data.test: expected a fraction"),
    (
        ("train", "--patience", "0", "--dataset", "digits"),
        "must be an integer of at least 1; got 0",
    ),
    (("train", "--loss", "crossentropy"), "unknown loss 'crossentropy'"),
    (("reproduce", "--seeds", "0-99999999999"), "more than 1,000 runs of each recipe"),
    (("gradcheck", "--tolerance", "nan"), "--tolerance must be above 0; got nan"),
    (("train", "-i", "5", "--epochs", "5"), "give --epochs or --iterations, not both"),
    (("train", "--validation", "5000", "--dataset", "digits"), "leave something on both sides"),
    (("train", "--out", "full", "--dataset", "digits"), "full is not empty"),
    (("reproduce", "--seeds", "x"), "--seeds takes numbers such as 0,1,2"),
    (("recipes", "show", "nope"), "unknown recipe 'nope'"),
]

FAILURES = [
    (("train", "gone.toml"), "the recipe gone.toml cannot be read: No such file or directory"),
    (("train", "bad.toml"), "recipe bad.toml is not TOML"),
    (("train", "--dataset", "gone.npz"), "there is no file or folder gone.npz"),
    (("train", "--dataset", "mnist"), "byhand data fetch mnist"),
    (("train", "--dataset", "mnist", "--data-dir", "gone"), "which is not a folder"),
    (("train", "--dataset", "one_class.csv"), "every training label is 1"),
    (("train", "--dataset", "nan.csv"), "contain nan in row 1"),
    (("train", "--dataset", "empty.csv"), "the table has no rows of data"),
    (("train", "--dataset", "ragged.csv"), "line 3"),
    (("train", "--dataset", "words.csv"), "expected a number, got 'many'"),
    (("train", "--dataset", "bad.npz"), "bad.npz"),
    (("train", "--dataset", "cut"), "train-images-idx3-ubyte.gz"),
    (("train", "--dataset", "lengths.npz"), "images and labels differ in length"),
    (("train", "--dataset", "strange.xyz"), "unknown kind of data"),
    (("train", "--dataset", "digits", "--out", "strange.xyz/run"), "cannot be created"),
    (("train", "--resume", "gone"), "there is no run gone"),
    (("train", "--dataset", "digits", "--learning-rate", "1e30", "--optimizer", "sgd",
      "--epochs", "3"), "learning rate"),
]  # fmt: skip


@pytest.fixture
def files(tmp_path):
    """Files with a single fault."""
    pixels = np.arange(20 * 64).reshape(20, 8, 8).astype(np.uint8)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").write_text("")
    (tmp_path / "bad.toml").write_text("title = ")
    (tmp_path / "one_class.csv").write_text("label,a\n1,2\n1,3\n")
    (tmp_path / "nan.csv").write_text("label,a\n0,2\n1,nan\n")
    (tmp_path / "empty.csv").write_text("label,a\n")
    (tmp_path / "ragged.csv").write_text("label,a\n0,2\n1\n")
    (tmp_path / "words.csv").write_text("label,a\n0,2\n1,many\n")
    (tmp_path / "bad.npz").write_bytes(b"PK broken")
    (tmp_path / "strange.xyz").write_text("")
    np.savez(tmp_path / "lengths.npz", x_train=pixels, y_train=np.zeros(3, int))
    (tmp_path / "cut").mkdir()
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"):
        (tmp_path / "cut" / name).write_bytes(b"\x1f\x8b\x08 cut short")
    return tmp_path


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "message", "code"),
    [(words, message, 2) for words, message in USAGE]
    + [(words, message, 1) for words, message in FAILURES],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_mistake_gets_one_clear_message(byhand, words, message, code):
    said = byhand(*words, *(["--no-report"] if words[0] == "train" else []))

    assert said.code == code
    assert message in said.err
    assert said.err.startswith("Error: ") or "\nError: " in said.err
    assert said.err.count("Error: ") == 1
    assert "Traceback" not in said.err


@pytest.mark.parametrize("how", ["option", "option at the end", "variable"])
def test_debug_shows_the_traceback(byhand, monkeypatch, how):
    words = ["train", "gone.toml"]
    if how == "variable":
        monkeypatch.setenv("BYHAND_DEBUG", "1")
    else:
        words.insert(0 if how == "option" else 2, "--debug")

    said = byhand(*words)

    assert said.code == 1
    assert "Traceback" in said.err
    assert said.err.rstrip().splitlines()[-1].startswith("Error: the recipe gone.toml")


ENDS = [
    (ArgumentError("wrong."), 2, "Error: wrong."),
    (DataError("bad."), 1, "Error: bad."),
    (KeyboardInterrupt(), 130, "Error: interrupted."),
    (MemoryError(), 1, "Error: not enough memory"),
    (
        OSError(errno.ENOSPC, "No space left on device", "x"),
        1,
        "No space left on device. Free some",
    ),
    (PermissionError(errno.EACCES, "Permission denied", "x"), 1, "the system says x: Permission"),
    (ModuleNotFoundError("no", name="PIL"), 1, "pip install PIL"),
    (
        ZeroDivisionError("oh"),
        1,
        "an error inside byhand: ZeroDivisionError: oh. Run it again with",
    ),
]


@pytest.mark.parametrize(("error", "code", "message"), ENDS, ids=lambda value: repr(value)[:30])
def test_every_kind_of_error_has_its_exit_code_and_message(capsys, error, code, message):
    assert explain(error) == code
    assert message in capsys.readouterr().err


def test_an_internal_error_shows_no_traceback_either(byhand, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("surprise")

    monkeypatch.setattr("byhand.cli.gradcheck.named_network", fail)
    said = byhand("gradcheck", "basic")

    assert said.code == 1
    assert "an error inside byhand: RuntimeError: surprise" in said.err
    assert "Traceback" not in said.err


def test_a_name_cannot_steer_the_terminal(byhand, tmp_path):
    said = byhand("train", "gone\x1b[2J\x07.toml")

    assert "\x1b" not in said.err
    assert "\x07" not in said.err
    assert r"gone\x1b[2J\x07.toml" in said.err


def test_class_names_cannot_steer_the_terminal(capsys):
    printing.table(["class"], [["a\x1b]0;b"]])
    printing.line("a\x9bb\tc\nd")

    out = capsys.readouterr().out
    assert out.split("\n")[1] == r"a\x1b]0;b"
    assert out.endswith("a\\x9bb\tc\nd\n")


def test_an_error_that_follows_from_an_interrupt_is_the_interrupt(capsys):
    """An archive that is cut off in mid-write cannot be closed, for example."""
    try:
        try:
            raise KeyboardInterrupt
        finally:
            raise ValueError("can't close the ZIP file")
    except ValueError as error:
        code = explain(error)

    assert code == 130
    assert capsys.readouterr().err == "Error: interrupted.\n"
