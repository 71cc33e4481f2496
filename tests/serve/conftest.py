"""A real server in a separate process, and a client that separates lost from refused requests."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset
from byhand.data import Preparation

SECONDS = 600
"""Limit for what happens soon, on a machine that is not busy with other things."""


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A network trained on the digits that come with byhand, and its file."""
    digits = load_dataset("digits")
    net = MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(32, "relu"), DenseLayer(10, "softmax")],
        seed=0,
        class_names=[f"digit {k}" for k in range(10)],
    )
    net.fit(digits.train.images, digits.train.labels, epochs=5, verbose=0)
    net.facts["preparation"] = Preparation.for_images(digits.train.images, "digits").config()
    path = tmp_path_factory.mktemp("model") / "digits.safetensors"
    net.save(path)
    return net, path


@dataclass(frozen=True)
class Running:
    """A server in a separate process."""

    process: subprocess.Popen
    port: int

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection, which is kept alive."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)

    def ask(
        self, method: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> tuple[int, Any]:
        """Return status and body of one answer."""
        connection = self.connect()
        content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection.request(method, path, content, {"content-type": kind} if content else {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = "json" in (answer.getheader("content-type") or "")
        return answer.status, json.loads(text) if is_json else text.decode()

    def predict(self, inputs: np.ndarray) -> tuple[int, Any]:
        """Ask for predictions of raw inputs."""
        return self.ask("POST", "/predict", {"inputs": inputs.tolist()})


COMMAND = """
import sys
from byhand.cli import main
from byhand.serve import server

server.DRAIN_SECONDS = float(sys.argv.pop(1))
server.IDLE_SECONDS = float(sys.argv.pop(1))
main()
"""


@contextmanager
def running(path, *options: object, drain: float = 1, idle: float = 30) -> Iterator[Running]:
    """Start `byhand serve` on a free port, and end it.

    Args:
        path: the model.
        options: more options.
        drain: seconds that the server continues after a signal.
        idle: seconds after which it closes a connection without a request.
    """
    command = [sys.executable, "-c", COMMAND, drain, idle, "serve", path, "--port", 0, *options]
    environment = {**os.environ, "BYHAND_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    try:
        process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found, process.stderr.read()
        yield Running(process, int(found[1]))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)
        process.stdout.close()
        process.stderr.close()


@pytest.fixture(scope="session")
def server(model):
    """One server for all tests that do not end it."""
    with running(model[1]) as found:
        yield found
