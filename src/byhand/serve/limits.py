"""Limits for clients: the size and rate of their requests, and their connections.

`endpoints.py` answers with 413, 429 or 503 where one is exceeded; `batching.py` counts the waiting
rows; `server.py` takes the limits of connections.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_CONNECTIONS = 2000
"""Number of open connections; further ones are answered with 503."""

IDLE_SECONDS = 30
"""Seconds in which a connection must send the whole head of its next request."""

MOST_CLIENTS = 10_000
"""Number of clients whose rates are tracked; the least recently seen is dropped."""


@dataclass(frozen=True)
class Limits:
    """Limits of a service.

    Args:
        body_bytes: size of a request's body; a larger one is answered with 413.
        rows: number of examples in a request.
        rate: requests per second from one client, on average; more get 429. 0 for no limit.
        waiting_rows: examples that may wait for the network; further requests get 503.
        body_seconds: time in which a body must arrive.
    """

    body_bytes: int = 2_000_000
    rows: int = 1_000
    rate: float = 1_000.0
    waiting_rows: int = 20_000
    body_seconds: float = 30.0


class RateLimiter:
    """A token bucket for each client: `rate` tokens per second, holding at most those of a second.

    Args:
        rate: requests per second; 0 for no limit.
        clock: returns the time in seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.clock = rate, clock
        self.most = max(1.0, rate)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, since when

    def wait(self, client: str) -> float:
        """Take a token and return 0, or return the seconds until there is one."""
        if not self.rate:
            return 0.0
        now = self.clock()
        tokens, since = self._buckets.pop(client, (self.most, now))
        tokens = min(self.most, tokens + (now - since) * self.rate)
        allowed = tokens >= 1
        self._buckets[client] = (tokens - allowed, now)
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self.rate
