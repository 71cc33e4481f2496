"""A round: a few thousand inputs of one reader, tried in a separate process."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.fuzz.files import Files, Place, read_files, size_of
from benchmarks.fuzz.quick_random import QuickRandom
from benchmarks.fuzz.readers import Reader
from benchmarks.fuzz.watch import Outcome, Watch, quiet

MOST_SEEDS = 400
"""Largest number of inputs that are kept for further mutation."""

LARGEST_SEED = 1 << 16

TRIES_AGAIN = 3
"""Number of retries for an input that took too long, before it counts as an escape."""

FROM_ONE_SEED = 8
"""Number of inputs in a row from one valid input; of a folder, only some files change then."""

SECONDS = 10.0
"""Processor time of a round; it is short, so that every reader has its turn."""

LONGEST = 120.0
"""Limit of a round in seconds, on a machine that is busy with other things."""

HANGS_AFTER = 300.0
"""Seconds for one input after which the process of a round is ended."""

_FORK = multiprocessing.get_context("fork")


@dataclass
class Found:
    """The result of a round.

    Args:
        inputs: number of inputs tried.
        seconds: processor time that they took.
        answers: number of inputs with each answer.
        escapes: an input for each kind of escape.
        counts: number of inputs for each kind of escape.
        seeds: inputs with answers that no other input had, for further mutation.
    """

    inputs: int = 0
    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    escapes: dict[str, Files] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    seeds: list[Files] = field(default_factory=list)

    def note(self, files: Files, outcome: Outcome) -> None:
        """Add an input."""
        is_new = outcome.answer not in self.answers
        self.inputs += 1
        self.answers[outcome.answer] += 1
        if outcome.escape:
            self.counts[outcome.escape] += 1
            self.escapes.setdefault(outcome.escape, files)
        elif is_new and size_of(files) <= LARGEST_SEED:
            self.seeds.append(files)

    def add(self, other: Found) -> None:
        """Add the result of another round of the same reader."""
        self.inputs += other.inputs
        self.seconds += other.seconds
        new = [files for files in other.seeds if len(self.seeds) < MOST_SEEDS]
        self.seeds += new
        self.answers.update(other.answers)
        self.counts.update(other.counts)
        self.escapes = {**other.escapes, **self.escapes}


class Round:
    """A running round.

    Args:
        reader: the reader.
        known: earlier results: the inputs to start from, and the answers seen so far.
        seed: seed of all random choices.
        inputs: number of inputs to try.
        until: time.monotonic() at which to stop.
        place: a folder for its inputs.
    """

    def __init__(
        self, reader: Reader, known: Found, seed: str, inputs: int, until: float, place: Path
    ) -> None:
        self.reader, self.seed, self.place = reader, seed, place
        place.mkdir(parents=True, exist_ok=True)
        self.inputs = inputs
        self.began = time.monotonic()
        self.until = until = min(until, self.began + LONGEST)
        self.receiver, sender = _FORK.Pipe(duplex=False)
        arguments = (reader, known, seed, inputs, until, place, sender)
        self.process = _FORK.Process(target=_tried, args=arguments)
        self.process.start()
        sender.close()

    def has_ended(self) -> bool:
        """Return whether the process has answered or died; end it if it hangs."""
        if self.receiver.poll() or not self.process.is_alive():
            return True
        if time.monotonic() > max(self.until, self.began) + HANGS_AFTER:
            self.process.kill()
            return True
        return False

    def found(self) -> Found:
        """Return the result; a process that died leaves the input that killed it."""
        try:
            result: Found | str = self.receiver.recv()
            self.process.join()
            if isinstance(result, str):
                raise RuntimeError(f"the fuzzer itself failed:\n{result}")
            return result
        except EOFError:
            self.process.join()
            code = self.process.exitcode
            cause = f"killed by {signal.Signals(-code).name}" if code and code < 0 else "died"
            found = Found(seconds=time.monotonic() - self.began)
            found.note(read_files(self.place), Outcome("crash", cause))
            return found


def try_one(reader: Reader, files: Files, place: Path) -> str:
    """Return the kind of escape of one input, tried in a separate process; "" for none."""
    only = Reader(reader.name, lambda: [files], reader.read, lambda files, _: files)
    known = Found(seeds=[files])
    one = Round(only, known, "0", 1, time.monotonic() + HANGS_AFTER, place)
    while not one.has_ended():
        time.sleep(0.001)
    return next(iter(one.found().escapes), "")


def _tried(
    reader: Reader, known: Found, seed: str, inputs: int, until: float, place: Path,
    sender: Connection,
) -> None:  # fmt: skip
    """Try inputs in a forked process, and send the result, or the fuzzer's own failure."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops the rounds
    try:
        result: Found | str = _round(reader, known, seed, inputs, until, place)
    except Exception:
        result = traceback.format_exc()
    sender.send(result)
    sender.close()
    os._exit(0)


def _round(
    reader: Reader, known: Found, seed: str, inputs: int, until: float, place: Path
) -> Found:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders in C print their complaints
    quiet()
    gc.freeze()  # what the parent has made stays; it need not be looked through again
    rng, watch = QuickRandom(seed), Watch()
    found = Found(answers=known.answers.copy())
    seeds, held = known.seeds, Place(place)
    began = time.process_time()
    while found.inputs < inputs and time.monotonic() < until:
        if found.inputs % FROM_ONE_SEED == 0:
            seed_files = rng.choice(seeds)
            if time.process_time() - began > SECONDS:
                break
        files = reader.mutate(seed_files, rng)
        held.hold(files)
        outcome = watch.tried(reader.read, place, size_of(files))
        for _ in range(TRIES_AGAIN):  # retry, because the machine may have been busy
            if outcome.escape.startswith("over"):
                outcome = watch.tried(reader.read, place, size_of(files))
        found.note(files, outcome)
    found.seconds = time.process_time() - began
    found.answers -= known.answers
    return found
