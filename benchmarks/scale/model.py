"""The time of a training step on R ranks, from operations, bytes and messages.

Every rank computes S / R shards of m = batch / S rows each:

    product   2 m k n / F  +  w 4 k n / B     w = 3 for X W and dZ W^T, w = 2 for X^T dZ
    shard     three products a layer (two for the first), and the calls c of Python and NumPy
    tree      (S / R - 1) additions of P parameters:  5 * 4 P / B each (copy, add)
    exchange  2 (R - 1) / R * 4 P / N  +  4 log2(R) L         the sum, and two small gathers
    update    7 * 4 P / B                                     Adam reads 4 vectors and writes 3

F is in operations a second, B and N in bytes a second, L and c in seconds. OpenBLAS copies the
weights into an order of its own, so a product moves them three times: read, written, read again. A
gradient is read and written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Machine:
    """The speed of a rank, and of the network between ranks."""

    operations: float  # F, of a large float32 product
    bytes: float  # B, of memory
    call: float  # c, seconds of a shard besides its products
    network_bytes: float = math.inf  # N
    latency: float = 0.0  # L


def parameters(widths: Sequence[int]) -> int:
    """Return the number of weights and biases."""
    return sum((k + 1) * n for k, n in pairwise(widths))


def shard_seconds(machine: Machine, widths: Sequence[int], rows: float) -> float:
    """Return the time of one shard, forwards and backwards."""
    seconds = machine.call
    for layer, (k, n) in enumerate(pairwise(widths)):
        products, moved = (3, 3 + 2 + 3) if layer else (2, 3 + 2)
        seconds += products * 2 * rows * k * n / machine.operations
        seconds += moved * 4 * k * n / machine.bytes
    return seconds


def step_seconds(
    machine: Machine, widths: Sequence[int], batch: int, ranks: int = 1, shards: int = 8
) -> float:
    """Return the time of one step; `shards=1` is a process that computes whole batches."""
    size, own = 4 * parameters(widths), shards // ranks
    compute = own * shard_seconds(machine, widths, batch / shards)
    tree = (own - 1) * 5 * size / machine.bytes
    exchange = 2 * (ranks - 1) / ranks * size / machine.network_bytes
    messages = 4 * math.log2(ranks) * machine.latency
    return compute + tree + exchange + messages + 7 * size / machine.bytes
