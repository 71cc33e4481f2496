"""Ctrl-C, SIGTERM and SIGHUP end a real process cleanly: files, messages, exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from byhand import MultiLayerPerceptron

if sys.platform == "win32":
    pytest.skip("Windows has other signals", allow_module_level=True)

# Processes are started by fork. Libraries that other tests have loaded warn of that.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork", "ignore:Exception ignored in")

TRAIN = ("train", "--dataset", "digits", "--epochs", 100_000)

SECONDS = 600
"""Limit for a process that ends; it does so at once, but a busy machine may not let it."""


@pytest.fixture(autouse=True)
def _quick_to_start(monkeypatch):
    """Importing Numba takes longer than these trainings."""
    monkeypatch.setenv("BYHAND_KERNELS", "numpy")


def start(*words, ignored=(), python=("-m", "byhand")):
    """Start the command with a shell's signal handlers, not with those of this process."""

    def reset():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

    return subprocess.Popen(
        [sys.executable, *python, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=reset,
    )


def start_training(*words, **options):
    """Start a long training and wait until its first epoch is done."""
    process = start(*TRAIN, *words, **options)
    for line in process.stdout:
        if line.startswith("epoch"):
            break
    return process


def status(tmp_path):
    return json.loads((tmp_path / "runs/basic-1/run.json").read_text())["status"]


def hidden(tmp_path):
    return [path.name for path in (tmp_path / "runs/basic-1").glob(".*")]


@pytest.mark.parametrize(
    ("sent", "code", "reason"),
    [
        (signal.SIGINT, 130, "Ctrl-C"),
        (signal.SIGTERM, 143, "SIGTERM"),
        (signal.SIGHUP, 129, "SIGHUP"),
    ],
)
def test_a_signal_ends_training_and_leaves_a_usable_run(tmp_path, sent, code, reason):
    process = start_training("--no-report")
    process.send_signal(sent)
    out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == code, err
    assert err == ""
    assert f"stopped: interrupted ({reason})" in out
    assert "byhand train --resume runs/basic-1" in out
    assert status(tmp_path) == "interrupted"
    assert hidden(tmp_path) == []
    net = MultiLayerPerceptron.load(tmp_path / "runs/basic-1/best.safetensors")
    assert net.widths_of_dense() == [64, 300, 10]


def test_the_report_is_written_after_ctrl_c(tmp_path):
    process = start_training()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 130, err
    assert "report   runs/basic-1/report.html" in out
    assert (tmp_path / "runs/basic-1/report.html").stat().st_size > 10_000


def test_five_fast_ctrl_c_leave_no_traceback(tmp_path):
    process = start_training()
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        time.sleep(0.003)
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 130, err
    assert err.replace("\n", "") in {"", "Error: interrupted."}
    assert status(tmp_path) == "interrupted"
    assert hidden(tmp_path) == []


TELLS_AT_EXIT = """
import atexit, signal, sys
from byhand.cli import main

atexit.register(lambda: print("at exit:", signal.getsignal(signal.SIGINT).name))
main(sys.argv[1:])
"""


def test_after_an_interrupted_training_ctrl_c_is_ignored_while_the_interpreter_shuts_down():
    """Python takes its own handlers away then, and a second signal would kill it."""
    process = start_training("--no-report", python=("-c", TELLS_AT_EXIT))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 130, err
    assert out.endswith("at exit: SIG_IGN\n"), out


def test_a_signal_that_the_program_was_started_to_ignore_is_ignored(tmp_path):
    process = start_training("--no-report", ignored={signal.SIGHUP})  # as nohup does
    process.send_signal(signal.SIGHUP)
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=SECONDS)

    assert process.returncode == 143


def catches_signals(process):
    """Return whether a process handles SIGTERM itself, according to Linux."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    caught = next(line.split()[1] for line in lines if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_outside_training_ends_with_its_code(number):
    process = start("gradcheck", "--layers", "1000,1000", "--samples", 0)  # which takes hours
    while not catches_signals(process):
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(number)
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 128 + number
    assert err in {"", "Error: interrupted.\n"}  # nothing is printed while it is still loading
