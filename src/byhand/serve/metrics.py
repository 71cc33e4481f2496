"""The counters of a service, for Prometheus."""

from __future__ import annotations

from byhand.extras import require

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
ROWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


class Metrics:
    """Counters and histograms of one service."""

    def __init__(self) -> None:
        library = require("prometheus_client", "serve", "byhand serve needs")
        self.registry = library.CollectorRegistry()
        self.content_type: str = library.CONTENT_TYPE_LATEST
        self._generate = library.generate_latest
        kept = {"registry": self.registry}
        self.requests = library.Counter(
            "byhand_requests", "Requests by path and status.", ["path", "status"], **kept
        )
        self.seconds = library.Histogram(
            "byhand_request_seconds", "Time to answer.", ["path"], buckets=SECONDS, **kept
        )
        self.batch_rows = library.Histogram(
            "byhand_batch_rows", "Examples in a batch.", buckets=ROWS, **kept
        )
        self.waiting_rows = library.Gauge(
            "byhand_waiting_rows", "Examples waiting for the network.", **kept
        )

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return bytes(self._generate(self.registry))
