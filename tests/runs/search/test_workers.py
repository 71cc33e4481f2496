"""Worker processes share a search; killing any of them, or the command, loses no trial."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from tests.runs.search.commands import SECONDS, children, command, met_in_time, workers_of

from byhand.errors import ArgumentError, FileError
from byhand.runs.folder import RunFolder
from byhand.runs.resume import resume
from byhand.runs.search import workers
from byhand.runs.search.conduct import Crew
from byhand.runs.search.plan import Plan
from byhand.runs.search.sampler import RANDOM
from byhand.runs.train import search

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds children in /proc")


@pytest.fixture(autouse=True)
def _numpy_backend(monkeypatch):
    """Use NumPy here and in the processes, which then start quickly."""
    from byhand import backend

    monkeypatch.setenv("BYHAND_KERNELS", "numpy")
    before = backend.active()
    backend.use("numpy")
    yield
    backend.use(before)


@pytest.fixture
def searching(small):
    """A grid of four trials, long enough to be killed in."""
    return small.changed(
        {
            "training.epochs": 60,
            "training.keep": "last",
            "search": {"l2": [0.1, 0.001], "units": [4, 8]},
        }
    )


@pytest.fixture
def expected(searching, options):
    """The same search in one process, without interruptions."""
    return search(Plan(searching), options, Crew())


def rows(run):
    """The trials without their times."""
    return [{**row, "seconds": 0} for row in run.trials]


def test_workers_that_are_killed_are_replaced_and_the_result_is_that_of_one_process(
    searching, expected, options
):
    chance, killed = np.random.default_rng(0), []

    def kill_some(trials):
        found = [pid for pid in workers_of(os.getpid()) if pid not in killed]
        training = list(trials.folder.path.glob(".claims/*.claim"))
        if found and training and len(killed) < 3:
            killed.append(int(chance.choice(found)))
            os.kill(killed[-1], signal.SIGKILL)

    def search_and_kill():
        killed.clear()
        found = search(Plan(searching), options, Crew(jobs=2, watch=kill_some))

        assert rows(found) == rows(expected)
        assert found.results["test"] == expected.results["test"]
        assert found.facts.chosen == expected.facts.chosen
        assert (found.net.parameters.vector == expected.net.parameters.vector).all()
        return len(killed) >= 2

    assert met_in_time(search_and_kill)


def test_workers_that_always_die_end_the_search_with_a_message(searching, options, monkeypatch):
    monkeypatch.setattr(workers.sys, "executable", "/bin/false")

    with pytest.raises(FileError, match="given up: 6 worker processes ended one after the other"):
        search(Plan(searching), options, Crew(jobs=2))


def test_the_message_of_a_worker_that_refuses_is_shown(searching, options, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "threads_of", lambda jobs, wanted: -1)

    with pytest.raises(ArgumentError, match="threads must be an integer of at least 1; got -1"):
        search(Plan(searching), options, Crew(jobs=1))


def wait_until(condition, process):
    """Wait until a condition holds, or the process has ended."""
    ends = time.monotonic() + SECONDS
    while not condition() and process.poll() is None:
        assert time.monotonic() < ends
        time.sleep(0.02)


def is_gone(pid):
    """Whether a process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_command_that_is_ended_leaves_no_process_and_resumes_whole(
    searching, expected, options, tmp_path, sent
):
    (tmp_path / "mine.toml").write_text(searching.to_toml())

    def end_a_command():
        """Return the folder of a command that was ended while its workers trained."""
        place = tmp_path / f"search-{len(list(tmp_path.glob('search-*')))}"
        arguments = ("--jobs", 2, "--quiet", "--no-figures", "--out", place)
        process = command("search", "mine.toml", *arguments)
        wait_until(lambda: len(list(place.glob("*/last.safetensors"))) >= 2, process)
        started = children(process.pid)
        process.send_signal(sent)
        _, said = process.communicate(timeout=SECONDS)
        ends = time.monotonic() + SECONDS
        while not all(map(is_gone, started)) and time.monotonic() < ends:
            time.sleep(0.02)

        assert all(map(is_gone, started))
        if process.returncode == 0 or RunFolder(place).facts.searched or not started:
            return None
        assert process.returncode == (-sent if sent == signal.SIGKILL else 128 + sent), said
        return RunFolder(place)

    found = resume(met_in_time(end_a_command), options, crew=Crew(jobs=2))
    assert rows(found) == rows(expected)
    assert found.facts.status == "finished"


def test_a_drawn_search_survives_kills_with_all_its_trials(small, options):
    pytest.importorskip("optuna", reason="values are drawn with Optuna")
    recipe = small.changed({"training.epochs": 60, "search": {"learning_rate": "1e-3..1e-1 log"}})
    killed = []

    def kill_some(trials):
        found = [pid for pid in workers_of(os.getpid()) if pid not in killed]
        if found and len(killed) < 2 and list(trials.folder.path.glob("*/last.safetensors")):
            killed.append(found[0])
            os.kill(found[0], signal.SIGKILL)

    plan = Plan(recipe, sampler=RANDOM, trials=3)
    expected = search(plan, options, Crew())

    def search_and_kill():
        found = search(plan, options, Crew(jobs=2, watch=kill_some))
        assert sorted(rows(found), key=str) == sorted(rows(expected), key=str)
        return killed

    assert met_in_time(search_and_kill)
