"""`python -m benchmarks.stress --minutes M`: count hangs and results with different bits.

It runs every situation in turn, each in a separate process, in a new order in each round.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.stress.situations import SITUATIONS

ROOT = Path(__file__).parents[2]


@dataclass
class Tally:
    """The counts so far."""

    processes: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    hangs: int = 0
    failed: int = 0
    different: int = 0
    digests: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, situation: str, seed: int, pairs: list[tuple[str, str]]) -> None:
        """Compare digests with those of the same name."""
        for name, digest in pairs:
            self.compared += 1
            if self.digests.setdefault(name, digest) != digest:
                self.different += 1
                self.faults.append(f"{situation} {seed}: other bits of {name}")

    def figures(self) -> dict[str, int]:
        """Return the counts by their printed names."""
        return {
            "situations": len(self.processes),
            "processes": self.processes.total(),
            "results compared": self.compared,
            "results with other bits": self.different,
            "hangs": self.hangs,
            "crashes and other failures": self.failed,
        }


def run(situation: str, seed: int, seconds: float, patience: float, tally: Tally) -> None:
    """Run a situation in a separate process, and end it if it takes too long."""
    module = "benchmarks.stress.situations"
    command = [sys.executable, "-m", module, situation, str(seed), str(seconds)]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BYHAND_")}
    wanted = {"PYTHONWARNINGS": "ignore", "OPENBLAS_NUM_THREADS": "2", "BYHAND_KERNELS": "numba"}
    environment = ours | wanted
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=errors, start_new_session=True
        )
        tally.processes[situation] += 1
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGABRT)  # faulthandler prints where every thread is
            time.sleep(2)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = None
        out.seek(0)
        errors.seek(0)
        if code == 0:
            tally.add(situation, seed, json.loads(out.read().splitlines()[-1]))
            return
        tally.hangs += code is None
        tally.failed += code is not None
        end = f"no end within {patience} seconds" if code is None else f"exit code {code}"
        tally.faults.append(f"{situation} {seed}: {end}\n{errors.read()[-6000:]}")


def main() -> None:
    """Run situations until time is up; exit with 1 if there was a fault."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.stress",
        description="Count hangs and results with other bits in every situation.",
    )
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="situations whose name holds this text")
    parser.add_argument("--seconds", type=float, default=20, help="of each process at least (20)")
    parser.add_argument("--patience", type=float, default=300, help="seconds before it is a hang")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    tally = stress(arguments)
    for fault in tally.faults:
        print(f"FAULT {fault}")
    for name, figure in tally.figures().items():
        print(f"{name:<32}{figure}")
    sys.exit(1 if tally.faults else 0)


def stress(arguments: argparse.Namespace) -> Tally:
    """Run every situation in turn, in a new order in each round."""
    rng = random.Random(arguments.seed)  # noqa: S311
    names = [name for name in SITUATIONS if arguments.only in name]
    tally, began = Tally(), time.monotonic()
    while True:
        for name in rng.sample(names, len(names)):
            run(name, rng.randrange(1 << 30), arguments.seconds, arguments.patience, tally)
            minutes = (time.monotonic() - began) / 60
            if arguments.json:
                figures = {"minutes": round(minutes, 1), **tally.figures(), "faults": tally.faults}
                arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
            if minutes >= arguments.minutes:
                return tally


if __name__ == "__main__":
    main()
