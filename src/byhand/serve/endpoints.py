"""The HTTP service: its paths and responses.

POST /predict    {"inputs": [[...], ...]}, or an image file as image/png, image/jpeg, ...
GET  /           a description of the network and its inputs
GET  /health     200 while it serves, 503 once it is shutting down
GET  /metrics    for Prometheus

The largest request and the other limits are in `limits.py`; `inputs.py` reads the inputs.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from byhand import __version__
from byhand.arrays import Array, FloatArray
from byhand.errors import ByhandError
from byhand.extras import require
from byhand.network.network import Network
from byhand.network.targets import MULTI_LABEL, REGRESSION
from byhand.serve.batching import Answer, Batcher, BusyError
from byhand.serve.inputs import Inputs
from byhand.serve.limits import Limits, RateLimiter
from byhand.serve.metrics import Metrics

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route
else:
    NEEDS = "byhand serve needs"
    Starlette = require("starlette.applications", "serve", NEEDS).Starlette
    Request = require("starlette.requests", "serve", NEEDS).Request
    Response = require("starlette.responses", "serve", NEEDS).Response
    JSONResponse = require("starlette.responses", "serve", NEEDS).JSONResponse
    Route = require("starlette.routing", "serve", NEEDS).Route

Handler = Callable[[Request], Awaitable[Response]]


class RefusedError(Exception):
    """Raised for a request that is not answered with predictions.

    Args:
        status: its HTTP status.
        message: what was expected, and what to do.
        headers: further headers of the response.
    """

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}


class Service:
    """A network behind HTTP; `app` is the ASGI application.

    Args:
        net: the network.
        limits: limits of requests.
        answer: computes outputs; by default the network itself.
        title: the network in a few words.
    """

    def __init__(
        self,
        net: Network,
        limits: Limits | None = None,
        *,
        answer: Answer | None = None,
        title: str = "",
    ) -> None:
        self.net, self.limits = net, limits or Limits()
        self.title = title or net.shape_text
        self.inputs, self.metrics = Inputs(net, self.limits), Metrics()
        self.rates = RateLimiter(self.limits.rate)
        self.batcher = Batcher(
            answer or net.predict_proba,
            most_waiting=self.limits.waiting_rows,
            on_batch=self.metrics.batch_rows.observe,
        )
        self.ending = False
        self.answered = 0
        self.app = Starlette(
            routes=[
                Route("/", self._watched(self.describe), methods=["GET"]),
                Route("/predict", self._watched(self.predict), methods=["POST"]),
                Route("/health", self._watched(self.health), methods=["GET"]),
                Route("/metrics", self._watched(self.show_metrics), methods=["GET"]),
            ],
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:  # noqa: ARG002
        await self.batcher.start()
        await self.batcher.outputs(self.inputs.blank())  # the first pass compiles and allocates
        yield
        await self.batcher.stop()

    def _watched(self, handler: Handler) -> Handler:
        """Return the handler, with refusals turned into responses and time and status counted."""

        async def watched(request: Request) -> Response:
            began = time.perf_counter()
            response = await self._answered(handler, request)
            if self.ending:
                response.headers["connection"] = "close"  # the client opens another elsewhere
            path = request.url.path
            self.metrics.seconds.labels(path).observe(time.perf_counter() - began)
            self.metrics.requests.labels(path, str(response.status_code)).inc()
            self.answered += 1
            return response

        return watched

    async def _answered(self, handler: Handler, request: Request) -> Response:
        try:
            return await handler(request)
        except RefusedError as error:
            body = {"error": str(error)}
            return JSONResponse(body, status_code=error.status, headers=error.headers)
        except ByhandError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        except BusyError:
            body = {"error": "too many examples are waiting; try again later."}
            return JSONResponse(body, status_code=503, headers={"retry-after": "1"})

    # --- paths ----------------------------------------------------------------------------------

    async def describe(self, request: Request) -> Response:  # noqa: ARG002
        """Answer with a description of the network and its inputs."""
        return JSONResponse(
            {
                "network": self.title,
                "inputs": self.net.input_layer.units,
                "outputs": self.net.output_layer.units,
                "task": self.net.task,
                "classes": self.net.class_names,
                "takes_images": self.inputs.preparation is not None,
                "byhand": __version__,
            }
        )

    async def health(self, request: Request) -> Response:  # noqa: ARG002
        """Answer 200 while it serves, and 503 once it is shutting down."""
        body = {"status": "ending" if self.ending else "ok"}
        return JSONResponse(body, status_code=503 if self.ending else 200)

    async def show_metrics(self, request: Request) -> Response:  # noqa: ARG002
        """Answer with the metrics in Prometheus' text format."""
        self.metrics.waiting_rows.set(self.batcher.waiting)
        return Response(self.metrics.text(), media_type=self.metrics.content_type)

    async def predict(self, request: Request) -> Response:
        """Answer with predictions and probabilities."""
        self._check_rate(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.startswith("image/"):
            raise RefusedError(
                415, f"send application/json or an image such as image/png; got {kind or 'none'}."
            )
        body = await self._body(request)
        if kind == "application/json":
            rows = self.inputs.of_json(body)
        else:  # decoding takes milliseconds, during which others should be answered
            rows = await asyncio.to_thread(self.inputs.of_image, body)
        return JSONResponse(self.described(await self.batcher.outputs(rows)))

    def described(self, outputs: FloatArray) -> dict[str, Any]:
        """Return outputs (n, K) as the body of an answer."""
        if self.net.task == REGRESSION:
            return {"outputs": outputs.tolist()}
        predictions: Array = self.net.decide(outputs)
        found: dict[str, Any] = {"predictions": predictions.tolist()}
        names = self.net.class_names
        if names is not None and self.net.task != MULTI_LABEL:
            found["classes"] = [names[k] for k in predictions.tolist()]
        return found | {"probabilities": outputs.tolist()}

    # --- limits ---------------------------------------------------------------------------------

    def _check_rate(self, request: Request) -> None:
        seconds = self.rates.wait(request.client.host if request.client else "")
        if seconds:
            raise RefusedError(
                429,
                f"more than {self.limits.rate:g} requests a second; try again later.",
                {"retry-after": str(math.ceil(seconds))},
            )

    async def _body(self, request: Request) -> bytes:
        """Return the body; refuse one that is too large, before it is read, or too slow."""
        most = self.limits.body_bytes
        too_large = RefusedError(
            413, f"the body is larger than {most:,} bytes.", {"connection": "close"}
        )
        stated = request.headers.get("content-length", "")
        if stated.isdecimal() and int(stated) > most:
            raise too_large
        parts, size = [], 0
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                async for part in request.stream():
                    size += len(part)
                    if size > most:
                        raise too_large
                    parts.append(part)
        except TimeoutError as error:
            message = f"the body took longer than {self.limits.body_seconds:g} seconds."
            raise RefusedError(408, message, {"connection": "close"}) from error
        return b"".join(parts)
