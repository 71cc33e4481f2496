"""A fork waits for locks that another thread holds."""

from __future__ import annotations

import importlib.abc
import os
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from byhand import backend, forks, threads
from byhand.training import progress

if not hasattr(os, "fork"):
    pytest.skip("this system does not fork", allow_module_level=True)


def child_takes(lock, seconds=300):
    """Fork; return whether the child could take a lock."""
    child = os.fork()
    if not child:
        taken = lock.acquire(blocking=False)
        os._exit(0 if taken else 1)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status == 0
        time.sleep(0.001)
    raise AssertionError("the child does not end")


def numba_lock():
    return pytest.importorskip("numba.core.compiler_lock").global_compiler_lock._lock


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("which", ["backend", "numba", "import of threadpoolctl", "import of Rich"])
def test_a_child_inherits_no_lock_that_is_taken(which):
    own = {
        "backend": backend._lock,
        "import of threadpoolctl": threads._finding,
        "import of Rich": progress._loading,
    }
    lock = own.get(which) or numba_lock()
    taken, released = threading.Event(), []

    def hold():
        with lock:
            taken.set()
            time.sleep(0.1)
            released.append(True)

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()

    assert child_takes(lock)
    assert released
    thread.join()
    assert lock.acquire(blocking=False)  # in the parent it is free again as well
    lock.release()
    assert not forks._taken


def test_another_lock_stays_as_it_is():
    lock = threading.Lock()
    with lock:
        assert not child_takes(lock)


def rich_modules():
    return [name for name in sys.modules if name.partition(".")[0] == "rich"]


def test_the_lock_is_held_while_rich_is_imported(monkeypatch):
    """A child that trains on a terminal imports Rich, too."""
    seen = []

    class Watch(importlib.abc.MetaPathFinder):
        def find_spec(self, fullname, path, target=None):
            if fullname == "rich.progress":
                seen.append(progress._loading._is_owned())

    before = {name: sys.modules.pop(name) for name in rich_modules()}
    monkeypatch.setattr(sys, "meta_path", [Watch(), *sys.meta_path])
    run = SimpleNamespace(epochs=1, steps_per_epoch=1, step=0, stop_reason="")
    bar = progress.LiveBar()
    try:
        bar.on_train_begin(run)
        bar.bar.stop()
    finally:
        for name in rich_modules():
            del sys.modules[name]
        sys.modules.update(before)

    assert seen == [True]
