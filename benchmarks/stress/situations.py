"""The situations, each in a separate process.

    python -m benchmarks.stress.situations NAME SEED SECONDS

A situation is repeated until the seconds are over. It yields pairs of a name and a digest. Equal
names must have equal digests in all situations and processes. A situation raises an error if
anything else is wrong.
"""

from __future__ import annotations

import faulthandler
import json
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from benchmarks.stress.work import WORK, digest, predicted, result, trained
from byhand import Callback

Pairs = Iterator[tuple[str, str]]


def alone(rng: random.Random) -> Pairs:
    """Train while nothing else runs."""
    for work in rng.sample(WORK, 4):
        yield result(*work)


def fork(rng: random.Random) -> Pairs:
    """Fork while another thread trains; parent and child train on."""
    work, other = rng.sample(WORK, 2)
    with ThreadPoolExecutor(1) as executor:
        background = executor.submit(lambda: [result(*work) for _ in range(5)])
        while not background.done():
            time.sleep(rng.random() / 50)
            yield _in_a_child(lambda: result(*other))
        yield from background.result()


def _in_a_child(function: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    """Return what a function returns in a forked process."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.write(writing, json.dumps(function()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    assert os.waitpid(child, 0)[1] == 0, "a forked process failed"
    name, found = json.loads(text)
    return name, found


class _Fork(Callback):
    """Forks after each epoch; the child goes on with the training of its parent."""

    def __init__(self) -> None:
        self.parent = os.getpid()
        self.children: list[int] = []

    def on_epoch_end(self, _: object) -> None:
        """Fork; only the parent remembers its child."""
        if os.getpid() == self.parent and (child := os.fork()):
            self.children.append(child)


def fork_within(rng: random.Random) -> Pairs:
    """Fork in a callback, and let the child finish its parent's training alone."""
    threads, units = rng.choice(WORK)
    expected = digest(trained(threads, units))
    callback = _Fork()
    same = digest(trained(threads, units, [callback])) == expected
    if os.getpid() != callback.parent:
        # A child has no threads: it divides sums otherwise, so only their number tells.
        os._exit(0)
    for child in callback.children:
        assert os.waitpid(child, 0)[1] == 0, "a forked process failed"
    assert same, "a training in which a process was forked has other bits"
    yield f"{threads} threads, {units} units", expected


def _started(method: str) -> Callable[[random.Random], Pairs]:
    def situation(rng: random.Random) -> Pairs:
        context = multiprocessing.get_context(method)
        trained(*rng.choice(WORK))
        with context.Pool(2) as pool:
            yield from pool.starmap(result, rng.sample(WORK, 4))

    return situation


def joblib(rng: random.Random) -> Pairs:
    """Train in the processes and the threads of joblib."""
    from joblib import Parallel, delayed

    for backend in ("loky", "threading", "multiprocessing"):
        jobs = [delayed(result)(*work) for work in rng.sample(WORK, 3)]
        yield from Parallel(n_jobs=2, backend=backend)(jobs)


class _Nested(Callback):
    """Trains another network after each epoch."""

    def __init__(self, work: list[tuple[int, int]]) -> None:
        self.work = work
        self.results: list[tuple[str, str]] = []

    def on_epoch_end(self, _: object) -> None:
        """Train the next network of the list within the training of the last."""
        if self.work:
            first, *rest = self.work
            inner = _Nested(rest)
            self.results.append(_named(first, digest(trained(*first, [inner]))))
            self.results += inner.results


def _named(work: tuple[int, int], found: str) -> tuple[str, str]:
    return f"{work[0]} threads, {work[1]} units", found


def nested(rng: random.Random) -> Pairs:
    """Train in a callback of a training in a callback, each with its own number of threads."""
    outer, *inner = rng.sample(WORK, 3)
    callback = _Nested(inner)
    yield _named(outer, digest(trained(*outer, [callback])))
    yield from callback.results


def many_threads(rng: random.Random) -> Pairs:
    """Train in some Python threads while others predict with one network."""
    net = trained(1, 64)
    with ThreadPoolExecutor(8) as executor:
        trainings = [executor.submit(result, *rng.choice(WORK)) for _ in range(8)]
        predictions = [executor.submit(predicted, net) for _ in range(12)]
        for training in trainings:
            yield training.result()
        for prediction in predictions:
            yield "predictions", prediction.result()


def interrupts(rng: random.Random) -> Pairs:
    """Interrupt trainings at random moments, and train again."""
    work = rng.choice(WORK)
    yield result(*work)
    began = time.perf_counter()
    yield result(*work)
    longest = 1.5 * (time.perf_counter() - began)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    for _ in range(10):
        try:
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-4, longest), longest / 5)
            trained(*work)
        except KeyboardInterrupt:
            pass
        finally:
            while True:  # a last signal may come while the timer is being stopped
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    break
                except KeyboardInterrupt:
                    continue
        yield result(*work)
    _expect_no_threads()


def dying_threads(rng: random.Random) -> Pairs:
    """Let threads of the pool die while they serve a training, where they run Python."""
    from byhand.kernels.parallel import pool

    def nap(seconds: float) -> None:
        time.sleep(seconds)
        if rng.random() < 0.2:
            raise SystemExit

    pool.time = SimpleNamespace(sleep=nap)
    work = rng.choice([one for one in WORK if one[0] > 1])
    for _ in range(8):
        yield result(*work)
    pool.time = time
    _expect_no_threads()


def one_core(rng: random.Random) -> Pairs:
    """Train with several threads on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {rng.choice(sorted(cores))})
    for work in rng.sample(WORK, 3):
        yield result(*work)
    os.sched_setaffinity(0, cores)


def failures(rng: random.Random) -> Pairs:
    """Let callbacks raise, and train again."""

    class Failing(Callback):
        def on_epoch_end(self, _: object) -> None:
            raise LookupError("on purpose")

    for work in rng.sample(WORK, 3):
        try:
            trained(*work, [Failing()])
        except LookupError:
            yield result(*work)
    _expect_no_threads()


def exit_while_training(rng: random.Random) -> Pairs:
    """End the process while a daemon thread trains."""
    work = rng.choice(WORK)
    yield result(*work)

    def train_for_ever() -> None:
        while True:
            trained(*work)

    for _ in range(2):
        threading.Thread(target=train_for_ever, daemon=True).start()
    time.sleep(rng.random() / 5)


def _expect_no_threads() -> None:
    """Raise if threads of the pool outlive all trainings."""
    from byhand.kernels.parallel.pool_thread import PoolThread

    deadline = time.monotonic() + 20
    while PoolThread.existing or threading.active_count() > 1:
        left = f"{len(PoolThread.existing)} of the pool, {threading.enumerate()}"
        assert time.monotonic() < deadline, f"threads outlive the training: {left}"
        time.sleep(0.01)


SITUATIONS: dict[str, Callable[[random.Random], Pairs]] = {
    "alone": alone,
    "fork beside a training": fork,
    "fork within a training": fork_within,
    "spawn": _started("spawn"),
    "forkserver": _started("forkserver"),
    "joblib": joblib,
    "nested trainings": nested,
    "many threads": many_threads,
    "Ctrl-C": interrupts,
    "threads that die": dying_threads,
    "one core": one_core,
    "callbacks that raise": failures,
    "exit while training": exit_while_training,
}


def main() -> None:
    """Run a situation and print its digests as JSON."""
    faulthandler.enable()
    name, seed, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    rng, pairs = random.Random(seed), list[tuple[str, str]]()  # noqa: S311
    began = time.monotonic()
    while not pairs or time.monotonic() - began < seconds:
        pairs += SITUATIONS[name](rng)
    print(json.dumps(pairs), flush=True)


if __name__ == "__main__":
    main()
