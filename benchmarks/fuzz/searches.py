"""`python -m benchmarks.fuzz.searches`: resume searches whose folders were changed.

An interrupted search of six trials gets another database, by SQL, or other files, and is resumed
to its end, which takes seconds, so these inputs are not part of the campaigns. An input counts as
an escape if the search raises anything but an error of byhand, does not end, or changes anything
outside its folder.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from benchmarks.fuzz.answers import ESCAPE, count_answers
from benchmarks.fuzz.files import Files, read_files, write_files
from benchmarks.fuzz.mutate.databases import mutate_database
from benchmarks.fuzz.mutate.folders import mutate_files
from benchmarks.fuzz.quick_random import QuickRandom
from benchmarks.fuzz.watch import quiet
from byhand.errors import ByhandError
from byhand.recipes.recipe import read_recipe
from byhand.runs.folder import RunFolder
from byhand.runs.resume import resume
from byhand.runs.search.conduct import Crew
from byhand.runs.search.plan import Plan
from byhand.runs.search.sampler import TPE
from byhand.runs.train import search
from byhand.runs.train_options import TrainOptions
from byhand.training import Callback

SECONDS = 30
"""Limit of processor time for a search, whose trials take two or three seconds."""

PATIENCE = 600.0
"""Limit of seconds, for a search that waits without computing."""

TRIALS = 6

DATABASE = "search.db"

_FORK = multiprocessing.get_context("fork")


class Interrupted(Callback):
    """Ends the fourth training with an error."""

    trainings = 0

    def on_train_begin(self, run: object) -> None:  # noqa: ARG002
        """Count the trainings."""
        self.trainings += 1
        if self.trainings == 4:
            raise RuntimeError("interrupted")


def interrupted_search(folder: Path) -> Files:
    """Return the files of a search that was interrupted in its fourth trial."""
    space = {"learning_rate": "1e-3..1e-1 log", "units": "4..8"}
    changes = {"data.dataset": "digits", "training.epochs": 2, "search": space}
    plan = Plan(read_recipe("basic").changed(changes), sampler=TPE, trials=TRIALS)
    with suppress(RuntimeError):
        search(plan, _options(out=folder, callbacks=[Interrupted()]), Crew())
    return read_files(folder)


def mutate_search(files: Files, rng: Random) -> Files:
    """Return the folder with another database, or with changes of any of its files."""
    content = files[DATABASE]
    if rng.random() < 0.7 and isinstance(content, bytes):
        return {**files, DATABASE: mutate_database(content, rng)}
    return mutate_files(files, rng)


def resumed(place: Path) -> str:
    """Return how the search in the folder `place / "search"` ends, resumed in another process."""
    (place / "precious").write_text("keep")
    receiver, sender = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_resume, args=(place / "search", sender))
    process.start()
    sender.close()
    answer = f"ESCAPE waits for over {PATIENCE:g} s"
    if receiver.poll(PATIENCE):
        try:
            answer = receiver.recv()
        except EOFError:
            process.join()
            late = process.exitcode == -signal.SIGXCPU
            answer = f"ESCAPE {f'over {SECONDS} s' if late else f'died with {process.exitcode}'}"
    process.kill()
    process.join()
    if (place / "precious").read_text() != "keep" or len(os.listdir(place)) != 2:
        answer = f"ESCAPE changed files elsewhere, then {answer}"
    return answer


def _resume(folder: Path, sender: Connection) -> None:
    used = int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (used + SECONDS, used + 2 * SECONDS))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # Optuna logs what it cannot read
    quiet()
    try:
        run = resume(RunFolder(folder), _options())
        answer = "resumed, all trials" if len(run.trials) == TRIALS else "resumed, other trials"
    except ByhandError:
        answer = "refused"
    except BaseException as error:
        answer = f"ESCAPE {type(error).__name__}: {str(error)[:200]}"
    sender.send(answer)


def _options(**more: object) -> TrainOptions:
    quietly = {"threads": 1, "verbose": 0, "snapshots": 0, "doubt": False}
    return TrainOptions(**quietly, say=lambda _: None, **more)  # type: ignore[arg-type]


def try_inputs(inputs: int, seed: int) -> Counter[str]:
    """Return the number of inputs with each answer."""
    rng: Random = QuickRandom(f"{seed} searches")
    answers = Counter[str]()
    with tempfile.TemporaryDirectory() as made:
        valid = interrupted_search(Path(made) / "search")
    for number in range(inputs):
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "search").mkdir()
            write_files(Path(place) / "search", mutate_search(valid, rng))
            answer = resumed(Path(place))
        answers[answer] += 1
        if answer.startswith(ESCAPE):
            print(f"input {number}: {answer}", file=sys.stderr, flush=True)
    return answers


def main(words: list[str] | None = None) -> None:
    """Try the requested number of inputs; exit with 1 if one escaped."""
    count_answers("searches", __doc__, try_inputs, 100, words)


if __name__ == "__main__":
    main()
