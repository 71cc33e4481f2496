"""A search on a real Dask cluster of processes: killing a worker or the command loses nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

distributed = pytest.importorskip("distributed", reason="a cluster needs Dask")

from tests.runs.search.commands import SECONDS, command, met_in_time, workers_of

from byhand import backend
from byhand.errors import FileError, MissingPackageError
from byhand.runs.folder import RunFolder, find_run
from byhand.runs.resume import resume
from byhand.runs.search import dask_cluster, pruning
from byhand.runs.search.conduct import Crew
from byhand.runs.search.dask_cluster import connected
from byhand.runs.search.plan import Plan
from byhand.runs.search.sampler import RANDOM
from byhand.runs.train import search


class DaskCluster:
    """A scheduler and workers without nannies, each a process of its own."""

    def __init__(self, place):
        self.place, self.workers = place, []
        self.file = place / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard")
        wait_until(lambda: self.address)

    @property
    def address(self):
        """The address of the scheduler; empty until it has written all of its file."""
        try:
            return json.loads(self.file.read_text())["address"]
        except (OSError, ValueError):
            return ""

    def complete(self):
        """Start workers until two are alive, each with one thread."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        options = ("--no-nanny", "--nthreads", "1", "--no-dashboard")
        place = ("--local-directory", str(self.place))
        while len(self.workers) < 2:
            self.workers.append(self._start("worker", *options, *place))
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=SECONDS)

    def _start(self, kind, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        with (self.place / f"{kind}.log").open("a") as log:
            return subprocess.Popen(
                [*command, "--scheduler-file", str(self.file)], stdout=log, stderr=log
            )

    def close(self):
        """End all processes."""
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


def wait_until(condition):
    ends = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def _numpy_backend(monkeypatch):
    """Use NumPy here and on the workers, which then start quickly."""
    monkeypatch.setenv("BYHAND_KERNELS", "numpy")
    before = backend.active()
    backend.use("numpy")
    yield
    backend.use(before)


@pytest.fixture(scope="module")
def clusters():
    """The clusters that tests have started; the last one may still be alive."""
    found = []
    yield found
    for one in found:
        one.close()


@pytest.fixture
def dask(clusters, tmp_path_factory):
    """A cluster of two workers, shared by the tests until one of them kills it."""
    if not clusters or clusters[-1].scheduler.poll() is not None:
        clusters.append(DaskCluster(tmp_path_factory.mktemp("cluster")))
    clusters[-1].complete()
    return clusters[-1]


@pytest.fixture
def searching(small):
    """A grid of four trials."""
    return small.changed(
        {
            "training.epochs": 100,
            "training.keep": "last",
            "search": {"l2": [0.1, 0.001], "units": [4, 8]},
        }
    )


def rows(run):
    """The trials without the times that they took."""
    return [{**row, "seconds": 0} for row in run.trials]


def test_a_killed_worker_loses_no_trial_and_the_result_is_that_of_one_process(
    searching, options, dask
):
    expected, killed = search(Plan(searching), options, Crew()), []

    def kill_one(trials):
        training = [worker for worker in dask.workers if workers_of(worker.pid)]
        if not killed and training and list(trials.folder.path.glob("*/history.csv")):
            training[0].kill()
            killed.append(training[0].pid)

    def search_and_kill():
        with connected(dask.address) as found:
            run = search(Plan(searching), options, Crew(watch=kill_one, cluster=found))

        assert rows(run) == rows(expected)
        assert run.results["test"] == expected.results["test"]
        assert (run.net.parameters.vector == expected.net.parameters.vector).all()
        assert run.facts.dataset == expected.facts.dataset
        assert run.facts.status == "finished"
        return killed

    assert met_in_time(search_and_kill)


def test_a_command_that_is_killed_and_then_interrupted_resumes_whole(
    searching, options, dask, tmp_path
):
    recipe = searching.changed({"training.epochs": 400, "search": {"units": [4, 8]}})
    (tmp_path / "mine.toml").write_text(recipe.to_toml())
    arguments = ("--threads", 1, "--quiet", "--no-figures", "--on", dask.address)

    def end(process, place, sent):
        """End a command once it has received an epoch; return its exit code and its output."""
        wait_until(lambda: list(place.glob("*/history.csv")) or process.poll() is not None)
        process.send_signal(sent)
        _, said = process.communicate(timeout=SECONDS)
        wait_until(lambda: not any(workers_of(worker.pid) for worker in dask.workers))
        return process.returncode, said

    def end_twice():
        """Return the folder of a search that was ended twice in the middle of a trial."""
        place = tmp_path / f"search-{len(list(tmp_path.glob('search-*')))}"
        code, said = end(
            command("search", "mine.toml", *arguments, "--out", place), place, signal.SIGKILL
        )
        if code == 0:
            return None
        assert code == -signal.SIGKILL, said
        for file in place.glob("*/history.csv"):
            file.unlink()
        code, said = end(command("search", *arguments, "--resume", place), place, signal.SIGINT)
        if code == 0:
            return None
        assert code == 128 + signal.SIGINT, said
        states = [RunFolder(file.parent).facts.status for file in place.glob("*/run.json")]
        return RunFolder(place) if "interrupted" in states else None

    folder = met_in_time(end_twice)
    assert not folder.facts.searched
    with connected(dask.address) as found:
        run = resume(folder, options, crew=Crew(cluster=found))

    assert rows(run) == rows(search(Plan(recipe), options, Crew()))
    assert run.facts.status == "finished"


def test_a_trial_that_falls_behind_is_pruned_on_its_worker(small, options, dask, monkeypatch):
    pytest.importorskip("optuna", reason="values are drawn with Optuna")
    monkeypatch.setattr(pruning, "FIRST_TRIALS", 1)
    recipe = small.changed(
        {
            "training.epochs": 500,
            "training.batch_size": 8,
            "search": {"learning_rate": [0.01, 1e-9]},
        }
    )
    plan = Plan(recipe, seed=10, sampler=RANDOM, trials=3, prune=True)

    def search_and_prune():
        with connected(dask.address) as found:
            run = search(plan, options, Crew(cluster=found))

        assert [row["learning_rate"] for row in run.trials] == [0.01, 1e-9, 1e-9]
        assert run.trials[0]["state"] == "finished"
        assert run.facts.chosen == {"learning_rate": 0.01}
        return run.trials[2]["state"] == "pruned"

    assert met_in_time(search_and_prune)


def test_several_seeds_of_a_drawn_trial_are_trained_one_after_the_other(small, options, dask):
    pytest.importorskip("optuna", reason="values are drawn with Optuna")
    recipe = small.changed({"search": {"learning_rate": "1e-3..1e-1 log"}})
    plan = Plan(recipe, seeds=2, sampler=RANDOM, trials=2)

    with connected(dask.address) as found:
        run = search(plan, options, Crew(cluster=found))

    assert [row["seed"] for row in run.trials] == [0, 1, 0, 1]
    expected = search(plan, options, Crew())
    assert sorted(rows(run), key=str) == sorted(rows(expected), key=str)


def test_data_that_a_worker_does_not_have_end_the_search_with_its_name(
    searching, options, dask, tmp_path
):
    table = tmp_path / "mine.csv"
    table.write_text("a,b,label\n" + "1,2,x\n2,1,y\n" * 40)
    recipe = searching.changed({"data.dataset": str(table)})

    def say(line):
        if line.startswith("data:"):  # this process has read them
            table.unlink()

    with (
        connected(dask.address) as found,
        pytest.raises(
            FileError, match=r"Dask worker tcp://\S+: there is no file or folder \S+mine\.csv"
        ),
    ):
        search(Plan(recipe), replace(options, say=say), Crew(cluster=found))


def test_a_scheduler_that_dies_ends_the_search_which_can_be_resumed(searching, options, dask):
    def kill_it(trials):
        if list(trials.folder.path.glob("*/history.csv")):
            dask.scheduler.kill()

    with (
        connected(dask.address) as found,
        pytest.raises(FileError, match="does not answer any more"),
    ):
        search(Plan(searching), options, Crew(watch=kill_it, cluster=found))

    folder = find_run("latest", trained=False)
    assert rows(resume(folder, options)) == rows(search(Plan(searching), options, Crew()))


# --- what is refused before anything is trained ---------------------------------------------------


def test_an_address_without_a_scheduler_is_an_error(monkeypatch):
    monkeypatch.setattr(dask_cluster, "SECONDS_TO_CONNECT", 0.5)

    for address in ("tcp://127.0.0.1:1", "nonsense", "http://127.0.0.1:8787", "tcp://host", ""):
        with (
            pytest.raises(FileError, match="no Dask scheduler answers at") as error,
            connected(address),
        ):
            pass
        assert "such as tcp://host:8786." in str(error.value)


def test_workers_need_the_same_version_of_byhand(dask, monkeypatch):
    monkeypatch.setattr("byhand.__version__", "9.9.9")

    with (
        pytest.raises(FileError, match=r"has byhand \d\S+, and this is byhand 9\.9\.9"),
        connected(dask.address),
    ):
        pass


def test_workers_without_byhand_are_named(dask, monkeypatch):
    monkeypatch.setattr(dask_cluster, "PACKAGE", "byhand-of-nowhere")

    with (
        pytest.raises(FileError, match=r"worker tcp://\S+ has no byhand \(.*pip install byhand=="),
        connected(dask.address),
    ):
        pass


def test_without_dask_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)

    with (
        pytest.raises(MissingPackageError, match=r'pip install "byhand\[dask\]"'),
        connected("tcp://127.0.0.1:1"),
    ):
        pass


def test_the_command_prints_the_table_of_a_search_on_a_cluster(searching, dask, tmp_path):
    (tmp_path / "mine.toml").write_text(searching.to_toml())
    process = command("search", "mine.toml", "--epochs", 2, "--no-figures", "--on", dask.address)

    printed, said = process.communicate(timeout=2 * SECONDS)

    assert process.returncode == 0, said
    assert "searched 4 trainings" in printed
    assert said.count("finished after 2 epochs") == 4
    assert RunFolder(tmp_path / "runs" / "mine-search-1").facts.status == "finished"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "http://127.0.0.1:8787"])
def test_the_command_says_what_is_wrong_with_an_address(address):
    process = command("search", "l2-search", "--on", address)

    printed, said = process.communicate(timeout=2 * SECONDS)

    assert process.returncode == 1
    assert f"no Dask scheduler answers at {address!r}" in said
    assert "Traceback" not in said
    assert not printed
    assert not Path("runs").exists()
