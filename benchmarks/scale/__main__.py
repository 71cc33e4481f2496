"""Print the table of measured and predicted steps, or the predictions for many nodes."""

from __future__ import annotations

import argparse
from dataclasses import replace

from benchmarks.scale.measure import exchange, machine, step
from benchmarks.scale.model import Machine, parameters, step_seconds
from byhand.distributed import Ranks, find_ranks

MEASURED = {
    "784-100-10": (784, 100, 10),
    "784-300-10": (784, 300, 10),
    "784-1000-500-10": (784, 1000, 500, 10),
}
NETWORKS = MEASURED | {
    "784-2500-2000-1500-1000-500-10": (784, 2500, 2000, 1500, 1000, 500, 10),
    "4096-16384-16384-1000": (4096, 16384, 16384, 1000),
}

NODE = Machine(operations=1.5e12, bytes=1e11, call=1e-4)
"""A server with 32 cores: 1.5 Tflop/s in float32, 100 GB/s."""

LINKS = {"10 Gbit/s Ethernet": (1.1e9, 30e-6), "200 Gbit/s InfiniBand": (22e9, 2e-6)}
"""Bytes per second and latency in seconds of such links."""


def main() -> None:
    """Parse the arguments and print a table."""
    parser = argparse.ArgumentParser(description="What a shared training costs.")
    parser.add_argument("--predict", action="store_true", help="8, 64 and 1,024 nodes")
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 512])
    arguments = parser.parse_args()
    if arguments.predict:
        predict()
    else:
        measure(arguments.batches)


def measure(batches: list[int]) -> None:
    """Print the time of a step here, and the model's prediction."""
    ranks = find_ranks()
    say = print if ranks.is_first else (lambda *_, **__: None)
    say(f"{ranks.size} rank{'s' * (ranks.size > 1)}; ms a step (by the model)")
    say(f"{'network':20}{'batch':>6}{'whole batches':>20}{'8 shards':>20}{'of it exchange':>20}")
    for name, widths in MEASURED.items():
        here = machine(widths, ranks)
        exchanged = exchange(widths, ranks) if ranks.size > 1 else 0.0
        silent = replace(here, network_bytes=float("inf"), latency=0.0)
        for batch in batches:
            shared = step(widths, batch // ranks.size, Ranks(8 // ranks.size)) + exchanged
            predicted = step_seconds(here, widths, batch, ranks.size)
            apart = predicted - step_seconds(silent, widths, batch, ranks.size)
            whole = " " * 20
            if ranks.size == 1:
                whole = cell(step(widths, batch, None), step_seconds(here, widths, batch, 1, 1))
            say(
                f"{name:20}{batch:6}{whole}{cell(shared, predicted)}{cell(exchanged, apart)}",
                flush=True,
            )
        say(
            f"  F {here.operations / 1e9:.0f} Gflop/s, B {here.bytes / 1e9:.0f} GB/s, "
            f"c {here.call * 1e6:.0f} us, N {here.network_bytes / 1e9:.1f} GB/s, "
            f"L {here.latency * 1e6:.1f} us"
        )


def cell(measured: float, predicted: float) -> str:
    """Return a measured time in ms, and the predicted one."""
    return f"{f'{1000 * measured:.2f} ({1000 * predicted:.2f})':>20}"


def predict() -> None:
    """Print the predicted speed of 8, 64 and 1,024 nodes as a multiple of one node's."""
    for link, (network_bytes, latency) in LINKS.items():
        node = replace(NODE, network_bytes=network_bytes, latency=latency)
        print(f"\n{link}: times as fast as one node with whole batches")
        print(f"{'network':34}{'weights':>14}{'batch':>8}" + "".join(f"{r:>8,}" for r in SIZES))
        for name, widths in NETWORKS.items():
            for batch in (1024, 16384):
                alone = step_seconds(node, widths, batch, 1, 1)
                gains = [alone / step_seconds(node, widths, batch, r, r) for r in SIZES]
                cells = "".join(f"{gain:8.1f}" for gain in gains)
                print(f"{name:34}{parameters(widths):14,}{batch:8,}{cells}")


SIZES = (8, 64, 1024)

if __name__ == "__main__":
    main()
