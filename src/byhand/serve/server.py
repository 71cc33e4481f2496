"""The server: listens on a socket, and shuts down on a signal without losing a request.

After the first SIGTERM or Ctrl-C it continues for a moment: /health returns 503, so that a load
balancer sends nothing more, and every response closes its connection, so that clients go elsewhere.
Then it stops listening, waits for the requests on open connections, and ends. A second signal ends
it at once.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from types import FrameType
from typing import TYPE_CHECKING, Any

from byhand.errors import FileError
from byhand.extras import require
from byhand.serve.endpoints import Service
from byhand.serve.limits import IDLE_SECONDS, MOST_CONNECTIONS

if TYPE_CHECKING:
    import uvicorn
else:
    uvicorn = require("uvicorn", "serve", "byhand serve needs")

DRAIN_SECONDS = 1.0
"""Seconds that the server continues after the first signal, and then waits for open connections."""

SETTLE_SECONDS = 0.05
"""Seconds for connections that are being made, before no more are accepted."""

TICK_SECONDS = 0.01


class Server(uvicorn.Server):
    """uvicorn's server with a delay between the signal and the end.

    Args:
        service: the service.
        on_start: called once it answers.
        drain: length of the delay in seconds.
    """

    def __init__(self, service: Service, on_start: Callable[[], None], drain: float) -> None:
        super().__init__(
            uvicorn.Config(
                service.app,
                loop="asyncio",
                log_level="warning",
                access_log=False,
                limit_concurrency=MOST_CONNECTIONS,
                timeout_keep_alive=IDLE_SECONDS,
                server_header=False,
                ws="none",
            )
        )
        self.service, self.on_start, self.drain = service, on_start, drain
        self._end_at: float | None = None
        self._waiting: dict[Any, tuple[object, float]] = {}  # the last request, and since when

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start answering."""
        await super().startup(sockets)
        self.on_start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start shutting down at the first signal; end at once at the second."""
        if self._end_at is None:
            self.service.ending = True
            self._end_at = time.monotonic() + self.drain
            return
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Return whether the main loop ends; uvicorn calls this ten times a second."""
        self._end_idle_connections()
        over = self._end_at is not None and time.monotonic() >= self._end_at
        return await super().on_tick(counter) or over

    def _end_idle_connections(self) -> None:
        """End connections that have sent no whole request for `IDLE_SECONDS`.

        uvicorn's own limit starts with a response, and ends with the next byte that arrives.
        """
        now, waiting = time.monotonic(), {}
        for connection in self.server_state.connections:
            request: Any = connection.cycle  # type: ignore[union-attr]
            if request is not None and not request.response_complete:
                continue
            last, since = self._waiting.get(connection, (request, now))
            waiting[connection] = request, since if last is request else now
            if now - waiting[connection][1] > IDLE_SECONDS:
                connection.transport.abort()
        self._waiting = waiting

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, answer the connections that are open, and end."""
        await self._stop_listening(sockets or [])
        over = time.monotonic() + self.drain
        while self.server_state.connections and time.monotonic() < over and not self.force_exit:
            await asyncio.sleep(TICK_SECONDS)
        await super().shutdown(sockets)

    async def _stop_listening(self, sockets: Sequence[socket.socket]) -> None:
        """Accept the waiting connections, and no more.

        Closing a listening socket resets the connections that wait in it, whose clients may already
        have sent a request. So the kernel is first told to let hardly any more of them wait.
        """
        loop = asyncio.get_running_loop()
        for sock in sockets:
            loop.remove_reader(sock)
            sock.listen(0)
        await asyncio.sleep(SETTLE_SECONDS)
        waiting = []
        for sock in sockets:
            with suppress(BlockingIOError):
                while True:
                    waiting.append(sock.accept()[0])
        for server in self.servers:
            server.close()
        for connection in waiting:
            connection.setblocking(False)
            await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        """Return uvicorn's HTTP protocol for a new connection."""
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address; port 0 takes a free one.

    Raises:
        FileError: the address is taken, or does not belong to this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # asyncio sends small packets at once only if the socket says that its protocol is TCP.
        # Otherwise the body of a response waits 40 ms, until the client has confirmed its head.
        found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(2048)
    except OSError as error:
        raise FileError(
            f"{host}:{port} is not available: {error.strerror or error}. Choose another "
            "--port (0 takes a free one) or --host."
        ) from error
    return found


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def serve(service: Service, sock: socket.socket, on_start: Callable[[], None]) -> None:
    """Serve until a signal, then end once every request is answered.

    Args:
        service: the service.
        sock: a listening socket.
        on_start: called once it answers.
    """
    Server(service, on_start, DRAIN_SECONDS).run(sockets=[sock])
