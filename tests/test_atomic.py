"""Temporary files: one that a process is writing stays, one that a killed process left goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, atomic
from byhand.atomic import remove_leftovers, replacing, write_whole

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot rename an open file")

SAVES_AND_WAITS = """
import sys
from byhand.atomic import replacing
with replacing(sys.argv[1]) as temporary:
    temporary.write_text("from another process")
    print("writing", flush=True)
    sys.stdin.readline()
"""

SAVES_MANY_TIMES = """
import sys
from byhand.atomic import write_whole
for _ in range(200):
    write_whole(sys.argv[1], b"whole")
"""


def start(program, path):
    return subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "folder"
    made.mkdir()
    return made


@pytest.fixture
def writer(folder):
    """Another process in the middle of writing "model"."""
    with start(SAVES_AND_WAITS, folder / "model") as process:
        assert process.stdout.readline() == "writing\n"
        yield process
        if process.poll() is None:
            process.kill()


def killed(process):
    process.kill()
    assert process.wait() == -signal.SIGKILL


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@posix
def test_the_next_save_removes_what_a_killed_one_left(folder, writer):
    killed(writer)
    (left,) = names(folder)
    assert left.endswith("-model")

    net = MultiLayerPerceptron([InputLayer(2, "none"), DenseLayer(1, "linear")], seed=0)
    net.save(folder / "model")

    assert names(folder) == ["model"]


@posix
def test_a_save_of_another_name_leaves_it(folder, writer):
    killed(writer)

    write_whole(folder / "other", b"")

    assert len(names(folder)) == 2


@posix
def test_a_file_that_another_process_is_writing_stays(folder, writer):
    write_whole(folder / "model", b"from this process")
    remove_leftovers(folder)
    assert len(names(folder)) == 2

    writer.communicate("go on\n")

    assert writer.returncode == 0
    assert names(folder) == ["model"]
    assert (folder / "model").read_text() == "from another process"


@posix
def test_processes_that_save_to_one_name_do_not_remove_each_others_files(folder):
    with ExitStack() as stack:
        processes = [
            stack.enter_context(start(SAVES_MANY_TIMES, folder / "model")) for _ in range(4)
        ]
        assert [process.wait(600) for process in processes] == [0] * 4

    assert names(folder) == ["model"]
    assert (folder / "model").read_bytes() == b"whole"


@posix
def test_a_temporary_file_that_was_removed_before_it_was_locked_is_made_again(folder, monkeypatch):
    """Another process may take it for abandoned in the moment between the two."""
    real = atomic.try_lock
    removed = []

    def too_late(descriptor, **options):
        if not removed:
            removed.extend(folder.iterdir())
            removed[0].unlink()
        return real(descriptor, **options)

    monkeypatch.setattr(atomic, "try_lock", too_late)
    with replacing(folder / "model") as temporary:
        assert temporary != removed[0]
        assert temporary.exists()


def test_without_locks_a_file_counts_as_abandoned_after_an_hour(folder, monkeypatch):
    monkeypatch.setattr(atomic, "try_lock", lambda _, *, without_locks=True: without_locks)
    recent, old = (folder / f".{digit * 8}-model" for digit in "ab")
    for path in (recent, old):
        path.write_text("half")
    os.utime(old, (time.time() - 3700,) * 2)

    write_whole(folder / "model", b"")
    assert names(folder) == [recent.name, "model"]

    remove_leftovers(folder, alone=True)
    assert names(folder) == ["model"]


@posix
def test_content_and_name_are_on_the_disk_in_this_order(folder, monkeypatch):
    (folder / "model").write_bytes(b"older")
    done = []
    fsync, replace = os.fsync, os.replace

    def flush(descriptor):
        is_folder = os.path.samestat(os.fstat(descriptor), os.stat(folder))
        content = b"" if is_folder else os.pread(descriptor, 100, 0)
        done.append(("flush", "folder" if is_folder else content))
        fsync(descriptor)

    def rename(source, target):
        done.append(("rename", (folder / "model").read_bytes()))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "replace", rename)
    write_whole(folder / "model", b"newer")

    assert done == [("flush", b"newer"), ("rename", b"older"), ("flush", "folder")]
    assert (folder / "model").read_bytes() == b"newer"


def test_only_files_with_the_name_of_a_temporary_file_are_removed(folder):
    for name in (".hidden", ".abc-model", "0123abcd-model"):
        (folder / name).write_text("the user's")
    (folder / ".0123abcd-folder").mkdir()

    remove_leftovers(folder)

    assert len(names(folder)) == 4
