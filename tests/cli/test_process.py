"""Behaviour that only a real process shows: signals, pipes, full disks, terminals."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys

import pytest

from byhand.recipes.recipe import shipped_recipes

# Processes are started by fork. Libraries that other tests have loaded warn of that.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork", "ignore:Exception ignored in")

COMMAND = [sys.executable, "-m", "byhand"]

SECONDS = 600
"""Limit for a process that ends by itself; on a busy machine that may take a while."""


@pytest.fixture(autouse=True)
def _quick_to_start(monkeypatch):
    """Importing Numba takes longer than these trainings."""
    monkeypatch.setenv("BYHAND_KERNELS", "numpy")


def start(*words, **options):
    """Start the command in its own process, in which Ctrl-C works even if it does not here."""
    options.setdefault("preexec_fn", lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.Popen(
        [*COMMAND, *map(str, words)], stderr=subprocess.PIPE, text=True, **options
    )


def test_the_module_is_the_command():
    process = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True)

    assert process.returncode == 0
    assert process.stdout.startswith("byhand ")


def test_the_command_is_installed():
    command = os.path.join(os.path.dirname(sys.executable), "byhand")
    if not os.path.exists(command):
        pytest.skip("byhand is not installed, only importable")
    process = subprocess.run([command, "nope"], capture_output=True, text=True)

    assert process.returncode == 2
    assert process.stdout == ""


def test_a_closed_pipe_is_not_an_error():
    reader, writer = os.pipe()
    os.close(reader)  # before the command writes, however late this process has its turn
    process = start("recipes", stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 141
    assert err == ""


def test_a_full_disk_gets_a_message_and_what_was_saved_stays(tmp_path):
    """A limit on the size of files simulates a full disk: run.json fits, the weights do not."""

    def small_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    process = start(
        "train", "--dataset", "digits", "--epochs", 3, "--no-report", "--snapshots", 0,
        preexec_fn=small_disk,
    )  # fmt: skip
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 1
    assert "last.safetensors: File too large" in err
    assert "Traceback" not in err
    facts = json.loads((tmp_path / "runs/basic-1/run.json").read_text())
    assert facts["status"] == "failed"
    assert "File too large" in facts["stopped"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    process = start("train", "--dataset", "digits", "--out", locked / "run")
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 1
    assert "cannot be created: Permission denied" in err


# --- terminals ----------------------------------------------------------------------------------

pty = pytest.importorskip("pty")


def on_a_terminal(columns, *words, **variables):
    """Return the output of a command on a terminal with this many columns."""
    main, other = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm", **variables}
    process = subprocess.Popen(
        [*COMMAND, *map(str, words)], stdout=other, stderr=other, env=environment
    )
    os.close(other)
    said = b""
    while True:
        try:
            block = os.read(main, 4096)
        except OSError:  # the process has ended
            break
        if not block:
            break
        said += block
    os.close(main)
    process.wait(timeout=SECONDS)
    return said.decode()


@pytest.mark.parametrize("words", [("recipes",), ("evaluate",), ("data",)])
def test_tables_fit_the_terminal(words, trained):
    said = re.sub(r"\x1b\[[0-9;]*m|\r", "", on_a_terminal(80, *words))
    rows = [line.rstrip() for line in said.splitlines()]
    tables = [row for row in rows if not row.startswith(("network", "The cache", "Downloads"))]

    assert max(map(len, tables)) <= 80
    assert (
        words != ("recipes",) or len(rows) == len(shipped_recipes()) + 2
    )  # no row takes two lines


def test_errors_are_coloured_on_a_terminal_unless_colour_is_not_wanted():
    assert "\x1b[1;31mError:" in on_a_terminal(80, "nope")
    assert "\x1b[" not in on_a_terminal(80, "nope", NO_COLOR="1")
