"""`mpirun -n 4 byhand train`: one output, a rank that dies, and a resume with other ranks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.distributed.mpi import PATIENCE, SECONDS, needs_mpi, run, start

TRAIN = ["-m", "byhand", "train", "--dataset", "digits", "--layers", "16", "--dropout", "0.2"]
TRAIN += ["--schedule", "constant", "--seed", "1", "--no-report", "--quiet", "--snapshots", "0"]
ENDLESS = [*TRAIN, "--epochs", "100000", "--out", "run"]
PATIENT = [
    "-c",
    "from byhand.cli import main\n"
    "from byhand.distributed import ranks\n"
    "ranks.SECONDS_AFTER_SIGNAL = 60\n"
    "main()",
    *ENDLESS[2:],
]
"""The same, whose ranks wait for each other even if one is paused for seconds."""


def weights(folder: Path) -> str:
    """Return the checksums of the weights at every step that the run recorded."""
    return (folder / "checksums.csv").read_text()


@needs_mpi
def test_a_run_is_written_once_and_any_number_of_ranks_continues_it(tmp_path: Path) -> None:
    code, out, err = run(2, [*TRAIN, "--epochs", "4", "--out", "whole"], tmp_path)
    assert code == 0, err
    assert out.count("run      whole") == 1

    assert run(4, [*TRAIN, "--epochs", "2", "--out", "parts"], tmp_path)[0] == 0
    resume = ["-m", "byhand", "train", "--resume", "parts", "--no-report", "--quiet", "--epochs"]
    code, _, err = run(1, [*resume, "3"], tmp_path)
    assert code == 0, err
    alone = subprocess.run(
        [sys.executable, *resume, "4"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert alone.returncode == 0, alone.stderr

    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    facts = json.loads((tmp_path / "parts/run.json").read_text())
    assert facts["status"] == "finished"
    assert facts["training"]["shards"] == 8


@needs_mpi
def test_a_rank_that_is_killed_ends_the_job_and_the_run_can_be_resumed(tmp_path: Path) -> None:
    job = start(4, ENDLESS, tmp_path, PATIENCE)
    os.kill(_rank(job, 3, tmp_path / "run"), signal.SIGKILL)
    _, err = job.communicate(timeout=SECONDS)

    assert job.returncode != 0
    assert "another rank of this job has died" in err
    assert "continue with: byhand train --resume run" in err
    assert err.count("Error:") == 1
    assert "Traceback" not in err
    epoch = len((tmp_path / "run/history.csv").read_text().splitlines()) - 1
    resume = ["-m", "byhand", "train", "--resume", "run", "--no-report", "--quiet"]
    code, _, err = run(2, [*resume, "--epochs", str(epoch + 1)], tmp_path)
    assert code == 0, err
    code, _, err = run(1, [*TRAIN, "--epochs", str(epoch + 1), "--out", "whole"], tmp_path)
    assert code == 0, err
    assert (
        weights(tmp_path / "run").splitlines()[-1] == weights(tmp_path / "whole").splitlines()[-1]
    )


@needs_mpi
def test_sigterm_stops_all_ranks_after_the_same_step(tmp_path: Path) -> None:
    job = start(2, PATIENT, tmp_path, PATIENCE)
    _rank(job, 1, tmp_path / "run")
    job.send_signal(signal.SIGTERM)
    job.communicate(timeout=SECONDS)

    facts = json.loads((tmp_path / "run/run.json").read_text())
    assert facts["status"] == "interrupted"
    assert facts["stopped"] == "interrupted (SIGTERM)"


@needs_mpi
def test_an_error_of_all_ranks_is_reported_once(tmp_path: Path) -> None:
    code, _, err = run(2, [*TRAIN, "--activation", "relux"], tmp_path)

    assert code == 2
    assert err.count("Error:") == 1
    assert "Did you mean 'relu'?" in err


@needs_mpi
def test_training_that_diverges_is_reported_once(tmp_path: Path) -> None:
    code, _, err = run(2, [*TRAIN, "-lr", "1e30", "--out", "run"], tmp_path)

    assert code == 1
    assert err.count("Error: training diverged") == 1
    assert json.loads((tmp_path / "run/run.json").read_text())["diverged"] is True


@needs_mpi
def test_ranks_that_cannot_share_the_shards_are_told_how_many_can(tmp_path: Path) -> None:
    code, _, err = run(3, TRAIN, tmp_path)

    assert code == 2
    assert err.count("Start 1, 2, 4 or 8 ranks") == 1


def _rank(job: subprocess.Popen[str], rank: int, folder: Path) -> int:
    """Wait until a run has a checkpoint; return the process id of a rank."""
    deadline = time.monotonic() + SECONDS
    while not (folder / "history.csv").exists():
        assert job.poll() is None, job.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            environment = (process / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended
            continue
        if int(parent) == job.pid and f"OMPI_COMM_WORLD_RANK={rank}".encode() in environment:
            return int(process.name)
    raise AssertionError(f"rank {rank} is not there")
