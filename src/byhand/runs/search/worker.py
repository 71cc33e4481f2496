"""A worker process of a search: python -m byhand.runs.search.worker, started by `workers.py`."""

from __future__ import annotations

import _thread
import json
import sys
import threading
from pathlib import Path

from byhand.errors import ByhandError
from byhand.runs.folder import RunFolder
from byhand.runs.search.plan import read_plan
from byhand.runs.search.work import train_claims
from byhand.runs.search.workers import REFUSED, STOPPED
from byhand.runs.single import TrainOptions
from byhand.runs.split_dataset import DataSources, load_split


def main() -> int:
    """Train trials as requested on standard input, print their folders, return the exit code."""
    told = json.loads(sys.stdin.readline())
    threading.Thread(target=_stop_when_left_alone, daemon=True).start()
    folder = RunFolder(Path(told["folder"]))
    options = TrainOptions(
        sources=DataSources(told["data_dir"], told["offline"], folder.path),
        threads=told["threads"],
        verbose=0,
        say=lambda line: None,  # noqa: ARG005 - the process that watches tells what happens
        snapshots=told["snapshots"],
    )
    try:
        plan = read_plan(folder)
        data = load_split(folder, options.sources, options.say)
        for trial in train_claims(plan, data, folder, options):
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


def _stop_when_left_alone() -> None:
    """Interrupt the training, as Ctrl-C would, once standard input is closed."""
    sys.stdin.read()
    _thread.interrupt_main()


if __name__ == "__main__":
    sys.exit(main())
