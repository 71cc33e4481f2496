"""The process that is killed: the command `byhand`, or `fit` with its callbacks.

    python -m benchmarks.kills.child --folder RUN [--die-at K] -- train mine.toml --out RUN

It saves after every epoch instead of once a second. With --die-at it kills itself before the K-th
time that it opens for writing, renames or removes a file of the folder; without, it counts these.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from byhand.atomic import LEFTOVER

FIT = "fit"
"""First word of the command line that calls `fit` with callbacks instead of `byhand`."""

COUNT = "operations"
"""Name of the file beside the folder with the numbers of operations and saves of a run."""

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}


def run_child(words: Sequence[str], folder: Path, die_at: int | None, news: int | None) -> int:
    """Run a command line in this process and return its exit code.

    Args:
        words: the command line.
        folder: the folder of the run.
        die_at: number of the change of a file before which this process kills itself.
        news: descriptor of a pipe that gets one byte for each save.
    """
    from byhand.cli.app import run
    from byhand.runs import checkpoint_callback

    checkpoint_callback.SECONDS_BETWEEN, checkpoint_callback.TIMES_AS_LONG = 0.0, 0
    counter = _Counter(folder, die_at, news)
    sys.addaudithook(counter)
    if words[0] == FIT:
        from benchmarks.kills.fitting import fit_with_callbacks

        fit_with_callbacks(Path(words[1]))
        code = 0
    else:
        code = run(words)
    counter.on = False
    folder.with_name(f"{folder.name}.{COUNT}").write_text(f"{counter.count} {counter.saves}")
    return code


class _Counter:
    """An audit hook that counts changes of files, and saves, below a folder."""

    def __init__(self, folder: Path, die_at: int | None, news: int | None) -> None:
        self.prefix, self.die_at, self.news = str(folder), die_at, news
        self.count, self.saves, self.on = 0, 0, True

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on or not self._changes(event, arguments):
            return
        self.count += 1
        if self.count == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if event == "open" and _begins_a_save(*arguments):
            self.saves += 1
            if self.news is not None:
                os.write(self.news, b".")

    def _changes(self, event: str, arguments: tuple[object, ...]) -> bool:
        if event == "open":
            flags = arguments[2]
            is_write = isinstance(flags, int) and bool(flags & WRITES)
        else:
            is_write = event in CHANGES
        return is_write and str(arguments[0]).startswith(self.prefix)


def _begins_a_save(path: object, _: object, flags: object) -> bool:
    is_new = isinstance(flags, int) and bool(flags & os.O_EXCL)
    return is_new and LEFTOVER.fullmatch(os.path.basename(str(path))) is not None


def main() -> None:
    """Parse the command line and exit with the code of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--die-at", type=int)
    parser.add_argument("--news", type=int)
    parser.add_argument("words", nargs="+")
    arguments = parser.parse_args()
    sys.exit(run_child(arguments.words, arguments.folder, arguments.die_at, arguments.news))


if __name__ == "__main__":
    main()
