"""One study in a real PostgreSQL: several machines share it, and one that dies loses nothing."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="values are drawn with Optuna")
psycopg = pytest.importorskip("psycopg", reason="PostgreSQL is reached with psycopg")

from tests.runs.search.commands import SECONDS, met_in_time

from byhand.errors import ArgumentError, FileError
from byhand.runs.folder import RunFolder
from byhand.runs.resume import resume
from byhand.runs.search import storage
from byhand.runs.search.conduct import Crew
from byhand.runs.search.optuna_package import quiet
from byhand.runs.search.plan import Plan
from byhand.runs.search.sampler import RANDOM
from byhand.runs.search.study import Study
from byhand.runs.train import search

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
INITDB = shutil.which("initdb") or next((str(one / "initdb") for one in PROGRAMS), None)

pytestmark = pytest.mark.skipif(INITDB is None, reason="PostgreSQL is not installed")


def owner() -> str:
    """The user of the server, which must not be root."""
    if os.geteuid():
        return getpass.getuser()
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL server of its own; yields its address."""
    folder = Path(tempfile.mkdtemp(prefix="byhand-pg-"))
    user, data = owner(), folder / "data"
    shutil.chown(folder, user)
    as_user = {} if os.geteuid() else {"user": user, "group": pwd.getpwnam(user).pw_gid}
    subprocess.run(
        [INITDB, "-D", data, "-U", "byhand", "--auth=trust", "--no-sync"],
        check=True, capture_output=True, cwd=folder, **as_user,
    )  # fmt: skip

    def started():
        """Return a server that accepts connections, and its address; None if its port was taken."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [Path(INITDB).with_name("postgres"), "-D", data, "-p", str(port), "-k", folder,
             "-c", "fsync=off", "-h", "127.0.0.1"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **as_user,
        )  # fmt: skip
        address = f"postgresql://byhand:secret@127.0.0.1:{port}/postgres"
        return (process, address) if _accepts(address, process) else None

    process, address = met_in_time(started)
    try:
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _accepts(address, process):
    """Wait until a server accepts connections; return whether it does, instead of having ended."""
    ends = time.monotonic() + SECONDS
    while process.poll() is None:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            assert time.monotonic() < ends
            time.sleep(0.05)
        else:
            return True
    return False


@pytest.fixture
def recipe(small):
    """The small recipe, with a range."""
    return small.changed(
        {"training.epochs": 3, "search": {"learning_rate": "1e-3..1e-1 log", "units": [4, 8]}}
    )


@pytest.fixture
def shared(server, monkeypatch):
    """The address, in the variable that names it."""
    monkeypatch.setenv("BYHAND_STORAGE", server)
    monkeypatch.setenv("BYHAND_KERNELS", "numpy")
    return server


def studies(plan, folder):
    return Study(plan, RunFolder(folder)).study


def test_two_machines_share_the_trials_of_one_study(shared, recipe, tmp_path):
    """Two simultaneous commands with separate folders train each trial once."""
    (tmp_path / "mine.toml").write_text(recipe.to_toml())
    arguments = "--trials 6 --jobs 1 --quiet --no-figures --sampler random"
    command = [sys.executable, "-m", "byhand", "search", "mine.toml", *arguments.split()]

    def share():
        """Return the folders of two machines; None if one began when nothing was left to train."""
        study = f"both-{len(list(tmp_path.glob('one-*')))}"
        names = [study.replace("both", name) for name in ("one", "other")]
        machines = [
            subprocess.Popen(
                [*command, "--study", study, "--out", name], stderr=subprocess.PIPE, text=True
            )
            for name in names
        ]
        said = [machine.communicate(timeout=SECONDS)[1] for machine in machines]
        if any("nothing was left for this machine" in text for text in said):
            return None
        assert [machine.returncode for machine in machines] == [0, 0], said
        return [RunFolder(tmp_path / name) for name in names]

    folders = met_in_time(share)
    names = [row["folder"] for folder in folders for row in folder.facts.search]
    assert sorted(names) == [f"trial-{number:03d}" for number in range(6)]
    assert all(folder.facts.search for folder in folders)
    for folder in folders:
        assert "secret" not in folder.facts_file.read_text()
        assert folder.facts.asked["storage"].startswith("postgresql://byhand@127.0.0.1")


def test_the_trial_of_a_machine_that_died_is_trained_by_another(
    shared, recipe, options, tmp_path, monkeypatch
):
    monkeypatch.setattr(storage, "HEARTBEAT", 1)
    monkeypatch.setattr(storage, "GRACE", 2)
    plan = Plan(recipe, sampler=RANDOM, trials=3, study="died")
    gone = tmp_path / "gone"
    gone.mkdir()
    code = (
        "import os, sys\n"
        "from contextlib import ExitStack\n"
        "from byhand.recipes.recipe import read_recipe\n"
        "from byhand.runs.folder import RunFolder\n"
        "from byhand.runs.search.claims import turn\n"
        "from byhand.runs.search import storage, study\n"
        "from byhand.runs.search.plan import Plan\n"
        "storage.HEARTBEAT, storage.GRACE = 1, 2\n"
        "folder = RunFolder(__import__('pathlib').Path(sys.argv[1]))\n"
        "plan = Plan(read_recipe(sys.argv[2]), sampler='random', trials=3, study='died')\n"
        "with turn(folder):\n"
        "    claim = study.Study(plan, folder).claim(ExitStack())\n"
        "    print(claim.values['learning_rate'], flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    (tmp_path / "mine.toml").write_text(recipe.to_toml())
    done = subprocess.run(
        [sys.executable, "-c", code, gone, tmp_path / "mine.toml"], capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    time.sleep(3)

    run = search(plan, options, Crew())

    rates = [row["learning_rate"] for row in run.trials]
    assert len(rates) == 3
    assert float(done.stdout) in rates


def test_a_machine_that_comes_too_late_is_told_so(shared, recipe, options):
    plan = Plan(recipe, sampler=RANDOM, trials=1, study="complete")
    search(plan, options, Crew())

    with pytest.raises(FileError, match="others trained every trial of the study 'complete'"):
        search(plan, options, Crew())


def test_a_trial_that_another_machine_has_not_signed_yet_is_left_to_it(shared, recipe, tmp_path):
    plan = Plan(recipe, sampler=RANDOM, trials=2, study="unsigned")
    for name in ("mine", "other"):
        (tmp_path / name).mkdir()
    with quiet():
        theirs = Study(plan, RunFolder(tmp_path / "other")).study.ask()
    theirs.set_user_attr("folder", "trial-000")

    assert Study(plan, RunFolder(tmp_path / "mine")).unfinished() == (0, 1)


def test_a_shared_search_resumes_only_with_its_database(shared, recipe, options, monkeypatch):
    plan = Plan(recipe, sampler=RANDOM, trials=2, study="resumed")
    run = search(plan, options, Crew())
    facts = run.facts.model_copy(update={"status": "interrupted", "searched": False})
    run.folder.write_facts(facts)
    monkeypatch.delenv("BYHAND_STORAGE")

    with pytest.raises(ArgumentError, match="in a shared database"):
        resume(run.folder, options)

    monkeypatch.setenv("BYHAND_STORAGE", shared)
    assert resume(run.folder, options).facts.searched
