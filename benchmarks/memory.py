"""Training on data larger than memory: peak memory, with and without a memory map.

    python -m benchmarks.memory                              # 1 GiB of data, 256 MiB of memory
    python -m benchmarks.memory --memory 512 --times 8

The command writes a set of NPY shards `--times` as large as the memory allowed, and trains one
epoch on it with `byhand train`: with `--memory-map`, without and with the report, then in memory.

With root and a memory cgroup (version 1) the limit holds for all memory of the process, including
the system's cache of the files that it reads. Otherwise the limit is RLIMIT_DATA: what a process
allocates, written or not, without that cache, which the system takes back when it needs memory.
Linux only.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

COLUMNS, CLASSES = 784, 10
SHARD_ROWS = 16_384
MIB = 1 << 20
FIELDS = {"RssAnon": "anonymous", "VmData": "allocated"}
CGROUPS = Path("/sys/fs/cgroup/memory")
OWN = re.compile(r"^\d+:memory:/?(.*)$", re.MULTILINE)
LIMIT = "memory.limit_in_bytes"

TRAININGS = {
    "--memory-map": ("--memory-map", "--no-report"),
    "--memory-map, with the report": ("--memory-map",),
    "in memory": ("--no-report",),
}
"""Options of `byhand train` that are compared."""


@dataclass
class Training:
    """The end of a training, and its largest memory in MiB.

    Args:
        code: exit code of the process.
        output: what it printed.
        seconds: time from start to end.
        anonymous: its own memory to which it had written.
        allocated: the memory that RLIMIT_DATA counts.
    """

    code: int
    output: str
    seconds: float
    anonymous: float = 0.0
    allocated: float = 0.0


def write_set(folder: Path, size: int) -> int:
    """Write shards of float32 rows of at least this many bytes; return the number of rows."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(CLASSES, COLUMNS)).astype(np.float32)
    rows = -(-size // (COLUMNS * 4))
    for number, start in enumerate(range(0, rows, SHARD_ROWS)):
        labels = rng.integers(0, CLASSES, min(SHARD_ROWS, rows - start))
        noise = rng.standard_normal((len(labels), COLUMNS), np.float32)
        np.save(folder / f"x_train-{number:03}.npy", centres[labels] + 8 * noise)
        np.save(folder / f"y_train-{number:03}.npy", labels.astype(np.uint8))
    return rows


@contextmanager
def limited(limit: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the kind of the limit, and a function that sets it for a new process."""
    own = OWN.search(Path("/proc/self/cgroup").read_text())
    if own is None or not os.access(CGROUPS / own[1] / LIMIT, os.W_OK):
        yield "RLIMIT_DATA", lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        return
    group = CGROUPS / own[1] / f"byhand-{os.getpid()}"
    group.mkdir()
    try:
        (group / LIMIT).write_text(str(limit))
        members = group / "cgroup.procs"
        yield "cgroup", lambda: members.write_text(str(os.getpid())) and None
    finally:
        group.rmdir()


def train(folder: Path, out: Path, limit: Callable[[], None], *options: str) -> Training:
    """Train one epoch in a process with a limit, and watch its memory."""
    command = [
        *(sys.executable, "-m", "byhand", "train", "--dataset", str(folder), "--out", str(out)),
        *("--epochs", "1", "--layers", "100", "--batch-size", "256", "--threads", "1", "--quiet"),
        *options,
    ]
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=limit,
    ) as process:
        seen = Training(0, "", 0.0)
        while process.poll() is None:
            _watch(process.pid, seen)
            time.sleep(0.02)
        assert process.stdout is not None
        seen.code, seen.output = process.returncode, process.stdout.read()
    seen.seconds = time.perf_counter() - began
    return seen


def _watch(pid: int, seen: Training) -> None:
    """Record the memory of a process if it has grown."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return
    for line in lines:
        name, _, value = line.partition(":")
        if name in FIELDS:
            field = FIELDS[name]
            setattr(seen, field, max(getattr(seen, field), int(value.split()[0]) / 1024))


def main() -> None:
    """Write the set, train on it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", type=int, default=256, help="MiB that training may allocate")
    parser.add_argument("--times", type=int, default=4, help="size of the set / memory")
    parser.add_argument("--folder", type=Path, help="where the set is written, then deleted")
    options = parser.parse_args()
    allowed = options.memory * MIB
    with tempfile.TemporaryDirectory(dir=options.folder) as name, limited(allowed) as (kind, limit):
        folder = Path(name) / "set"
        folder.mkdir()
        rows = write_set(folder, options.times * allowed)
        size = sum(path.stat().st_size for path in folder.iterdir()) / MIB
        print(f"{rows:,} rows of {COLUMNS} float32, {size:,.0f} MiB; {kind} {options.memory} MiB")
        print("| | exit code | seconds | anonymous MiB | allocated MiB |")
        print("|---|---|---|---|---|")
        for number, (title, more) in enumerate(TRAININGS.items()):
            run = train(folder, Path(name) / f"run-{number}", limit, *more)
            print(
                f"| {title} | {run.code} | {run.seconds:.0f} | {run.anonymous:.0f} | "
                f"{run.allocated:.0f} |"
            )
            print(run.output, file=sys.stderr)


if __name__ == "__main__":
    main()
