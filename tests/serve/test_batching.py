"""Simultaneous requests pass through the network together, and each gets its own answer."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from byhand.serve.batching import Batcher, BusyError
from byhand.serve.limits import MOST_CLIENTS, RateLimiter


def in_a_loop(scene):
    """Run a coroutine in a new thread, because tests of pages leave an event loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(scene())).result()


def test_what_arrives_during_a_batch_becomes_the_next_one():
    sizes, begun, gate = [], threading.Event(), threading.Event()

    def answer(rows):
        begun.set()
        gate.wait(300)
        sizes.append(len(rows))
        return rows * 2

    async def scene():
        batcher = Batcher(answer, most_rows=5)
        await batcher.start()
        first = asyncio.create_task(batcher.outputs(np.full((1, 2), 1.0)))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        others = [
            asyncio.create_task(batcher.outputs(np.full((2, 2), float(k)))) for k in range(2, 6)
        ]
        while batcher.waiting < 9:
            await asyncio.sleep(0.001)
        gate.set()
        results = await asyncio.gather(first, *others)
        await batcher.stop()
        assert batcher.waiting == 0
        return results

    results = in_a_loop(scene)

    assert sizes == [1, 6, 2]  # a batch is closed once it has at least the most rows
    assert [float(one[0, 0]) for one in results] == [2.0, 4.0, 6.0, 8.0, 10.0]
    assert [len(one) for one in results] == [1, 2, 2, 2, 2]


def test_an_error_reaches_every_client_and_the_next_batch_is_computed():
    async def scene():
        failing = [True]

        def answer(rows):
            if failing.pop() if failing else False:
                raise MemoryError("no room")
            return rows

        batcher = Batcher(answer)
        await batcher.start()
        with pytest.raises(MemoryError, match="no room"):
            await batcher.outputs(np.ones((1, 1)))
        assert (await batcher.outputs(np.ones((1, 1)))).tolist() == [[1.0]]
        await batcher.stop()

    in_a_loop(scene)


def test_more_than_may_wait_is_turned_away():
    async def scene():
        batcher = Batcher(lambda rows: rows, most_waiting=3)  # not started: everything waits
        waiting = asyncio.create_task(batcher.outputs(np.ones((3, 1))))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await batcher.outputs(np.ones((1, 1)))
        await batcher.start()
        await waiting
        await batcher.stop()

    in_a_loop(scene)


def test_stopping_answers_what_is_waiting():
    async def scene():
        batcher = Batcher(lambda rows: rows + 1)
        await batcher.start()
        tasks = [asyncio.create_task(batcher.outputs(np.zeros((1, 1)))) for _ in range(20)]
        await asyncio.sleep(0)
        await batcher.stop()
        return await asyncio.gather(*tasks)

    assert [one.tolist() for one in in_a_loop(scene)] == [[[1.0]]] * 20


def test_a_client_may_send_a_second_of_requests_at_once_and_then_its_rate():
    now = [0.0]
    limiter = RateLimiter(2, clock=lambda: now[0])

    assert [limiter.wait("a") for _ in range(3)] == [0, 0, 0.5]
    assert limiter.wait("b") == 0  # another client has its own
    now[0] = 0.5
    assert limiter.wait("a") == 0
    assert limiter.wait("a") == 0.5
    assert RateLimiter(0).wait("a") == 0


def test_clients_are_forgotten_before_they_fill_the_memory():
    limiter = RateLimiter(1, clock=lambda: 0.0)

    for number in range(MOST_CLIENTS + 50):
        limiter.wait(str(number))

    assert len(limiter._buckets) == MOST_CLIENTS
