"""A worker process of a search: python -m byhand.runs.search.worker, started by `workers.py`."""

from __future__ import annotations

import _thread
import json
import sys
import threading
from pathlib import Path

from byhand.errors import ByhandError
from byhand.runs.folder import RunFolder
from byhand.runs.search.claim_loop import train_claims
from byhand.runs.search.claims import Claim, Single
from byhand.runs.search.plan import read_plan
from byhand.runs.search.trial import PRUNED
from byhand.runs.search.workers import PRUNE, REFUSED, STOPPED
from byhand.runs.split_dataset import DataSources, load_split
from byhand.runs.train_options import TrainOptions
from byhand.training import Callback
from byhand.training.run import TrainingRun


def main() -> int:
    """Train trials as requested on standard input, print their folders, return the exit code."""
    told = json.loads(sys.stdin.readline())
    pruning = PrunedFromOutside()
    threading.Thread(target=_obey, args=(pruning,), daemon=True).start()
    source = Single(Claim(**told["claim"])) if "claim" in told else None
    folder = RunFolder(Path(told["folder"]))
    options = TrainOptions(
        sources=DataSources(told["data_dir"], told["offline"], folder.path),
        threads=told["threads"],
        verbose=0,
        say=lambda line: None,  # noqa: ARG005 - the process that watches reports what happens
        callbacks=[pruning],
        snapshots=told["snapshots"],
    )
    try:
        plan = read_plan(folder)
        data = load_split(folder, options.sources, options.say)
        for trial in train_claims(plan, data, folder, options, source):
            if trial.state == "interrupted":
                return STOPPED
            print(trial.folder.path.name, flush=True)  # noqa: T201 - the answer
    except KeyboardInterrupt:
        return STOPPED
    except ByhandError as error:
        message = str(error).replace("\n", " ")
        print(f"{type(error).__name__}: {message}", file=sys.stderr)  # noqa: T201 - the complaint
        return REFUSED
    return 0


class PrunedFromOutside(Callback):
    """Stops a trial that falls behind, on request of the process that compares trials."""

    def __init__(self) -> None:
        self.told = threading.Event()

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Stop if asked to, unless this was the last epoch."""
        if self.told.is_set() and run.epoch < run.epochs:
            run.stop(PRUNED)


def _obey(pruning: PrunedFromOutside) -> None:
    """Prune when told to; once standard input is closed, interrupt the training as Ctrl-C would."""
    for line in sys.stdin:
        if line.strip() == PRUNE:
            pruning.told.set()
    _thread.interrupt_main()


if __name__ == "__main__":
    sys.exit(main())
