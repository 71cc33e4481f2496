"""Batching: requests that arrive while the network computes form the next batch.

No request waits for others: an idle network takes it at once. Under load batches grow by
themselves, because more requests arrive while one batch is computed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray

Answer = Callable[[Array], FloatArray]
"""A function from raw inputs (n, units) to outputs (n, K)."""


class BusyError(Exception):
    """Raised if too many examples are waiting."""


@dataclass(frozen=True, eq=False)
class _Request:
    """Rows waiting for their outputs."""

    rows: Array
    outputs: asyncio.Future[FloatArray]


class Batcher:
    """Collects rows into batches and hands out their outputs.

    Args:
        answer: computes the outputs of a batch, in its own thread.
        most_rows: largest number of rows in a batch.
        most_waiting: largest number of rows that may wait.
        on_batch: called with the number of rows of each batch.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        most_rows: int = 2048,
        most_waiting: int = 20_000,
        on_batch: Callable[[int], None] | None = None,
    ) -> None:
        self.answer, self.most_rows, self.most_waiting = answer, most_rows, most_waiting
        self.on_batch = on_batch
        self.waiting = 0
        self._queue: asyncio.Queue[_Request] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="byhand-batches")
        self._worker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start taking batches."""
        self._worker = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Answer everything that is waiting, and end."""
        await self._queue.join()
        if self._worker is not None:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker
        self._thread.shutdown()

    async def outputs(self, rows: Array) -> FloatArray:
        """Return the outputs of rows (n, units), computed together with those of others.

        Raises:
            BusyError: too many rows are waiting.
        """
        if self.waiting + len(rows) > self.most_waiting:
            raise BusyError
        request = _Request(rows, asyncio.get_running_loop().create_future())
        self.waiting += len(rows)
        self._queue.put_nowait(request)
        return await request.outputs

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = await self._take()
            try:
                rows = np.concatenate([request.rows for request in batch])
                outputs = await loop.run_in_executor(self._thread, self.answer, rows)
                _hand_out(batch, outputs)
                if self.on_batch is not None:
                    self.on_batch(len(rows))
            except Exception as error:  # of any kind, because the clients need an answer
                for request in batch:
                    if not request.outputs.done():
                        request.outputs.set_exception(error)
            finally:
                for request in batch:
                    self.waiting -= len(request.rows)
                    self._queue.task_done()

    async def _take(self) -> list[_Request]:
        """Return the waiting requests, at least one, up to the largest batch."""
        batch = [await self._queue.get()]
        rows = len(batch[0].rows)
        while rows < self.most_rows and not self._queue.empty():
            batch.append(self._queue.get_nowait())
            rows += len(batch[-1].rows)
        return batch


def _hand_out(batch: list[_Request], outputs: FloatArray) -> None:
    """Give each request its own rows; a client that has left gets nothing."""
    start = 0
    for request in batch:
        stop = start + len(request.rows)
        if not request.outputs.done():
            request.outputs.set_result(outputs[start:stop])
        start = stop
