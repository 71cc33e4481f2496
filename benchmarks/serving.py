"""Measure `byhand serve` under load, and the same network behind ONNX Runtime in the same server.

    python -m benchmarks.serving model.safetensors --clients 16 --seconds 5 --rounds 3

Each round runs one, then the other, so that other work of the machine affects both; every second
round begins with ONNX Runtime. Clients keep their connections and send one example at a time, as
JSON; they run in a separate process. The summary gives the quartiles of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from byhand import MultiLayerPerceptron, export
from byhand.interop.export.vectors import vectors_of

SERVERS = ("byhand", "onnx")
HEAD = "requests/s     p50 ms     p99 ms  CPU ms/request"


@dataclass
class Measured:
    """Seconds for each answered request, and for all together."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    wall: float = 0.0
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.wall

    def quantile(self, q: float) -> float:
        """Milliseconds within which a fraction q of the requests was answered."""
        return 1000 * float(np.quantile(self.seconds, q))

    @property
    def figures(self) -> dict[str, float]:
        """What the table shows."""
        return {
            "requests/s": self.rate,
            "p50 ms": self.quantile(0.5),
            "p99 ms": self.quantile(0.99),
            "CPU ms/request": 1000 * self.cpu / len(self.seconds),
        }


async def client(port: int, request: bytes, until: float, measured: Measured) -> None:
    """Send requests one after another over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        if b" 200 " in head[:20]:
            measured.seconds.append(time.perf_counter() - began)
        else:
            measured.failed += 1
    writer.close()
    await writer.wait_closed()


async def load(port: int, requests: list[bytes], clients: int, seconds: float) -> Measured:
    """Let clients send requests at the same time."""
    measured = Measured()
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(
        *(client(port, requests[k % len(requests)], until, measured) for k in range(clients))
    )
    measured.wall = time.perf_counter() - began
    return measured


def requests_of(net: MultiLayerPerceptron) -> list[bytes]:
    """Return requests with one example each."""
    made = []
    for row in vectors_of(net).x:
        body = json.dumps({"inputs": row.tolist()}).encode()
        head = (
            "POST /predict HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def serve(kind: str, model: str) -> None:
    """Serve a model by byhand or by ONNX Runtime, and print the port."""
    from byhand.serve.endpoints import Service
    from byhand.serve.limits import Limits
    from byhand.serve.server import listen
    from byhand.serve.server import serve as serve_on

    net = MultiLayerPerceptron.load(model)
    answer = None
    if kind == "onnx":
        import onnxruntime

        with tempfile.TemporaryDirectory() as folder:
            path = export(net, Path(folder) / "net.onnx")
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            session = onnxruntime.InferenceSession(path.read_bytes(), options)
        dtype = np.float64 if "double" in session.get_inputs()[0].type else np.float32

        def answer(rows: np.ndarray) -> np.ndarray:
            return session.run(None, {"x": rows.astype(dtype)})[0]

    sock = listen("127.0.0.1", 0)
    port = sock.getsockname()[1]
    serve_on(Service(net, Limits(rate=0), answer=answer), sock, lambda: print(port, flush=True))


def cpu_seconds(process: int) -> float:
    """Return the CPU time of a process, on Linux; other processes do not affect it."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(kind: str, model: str, clients: int, seconds: float) -> Measured:
    """Start a server, let clients send requests, and end it."""
    command = [sys.executable, "-m", "benchmarks.serving", model, "--serve", kind]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline())
        requests = requests_of(MultiLayerPerceptron.load(model))
        asyncio.run(load(port, requests, clients, 0.5))  # warm up
        before = cpu_seconds(server.pid)
        measured = asyncio.run(load(port, requests, clients, seconds))
        measured.cpu = cpu_seconds(server.pid) - before
        return measured
    finally:
        server.terminate()
        server.wait(30)


def main() -> None:
    """Measure in rounds, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", choices=SERVERS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve, asked.model)
        return
    print(f"round  server   {HEAD}   failed")
    found: dict[str, list[Measured]] = {kind: [] for kind in SERVERS}
    for number in range(1, asked.rounds + 1):
        for kind in SERVERS if number % 2 else reversed(SERVERS):
            one = measure(kind, asked.model, asked.clients, asked.seconds)
            found[kind].append(one)
            print(f"{number:5}  {line(kind, one.figures)}   {one.failed:6}", flush=True)
    print("\nquartiles of the rounds")
    for q in (0.25, 0.5, 0.75):
        for kind, measured in found.items():
            figures = {
                name: float(np.quantile([one.figures[name] for one in measured], q))
                for name in measured[0].figures
            }
            print(f"{q:5}  {line(kind, figures)}")
    print("\nbyhand / ONNX Runtime, quartiles of the rounds")
    for name in found["byhand"][0].figures:
        pairs = zip(found["byhand"], found["onnx"], strict=True)
        ratios = [ours.figures[name] / theirs.figures[name] for ours, theirs in pairs]
        quartiles = np.quantile(ratios, [0.25, 0.5, 0.75])
        print(f"{name:>14}  " + "  ".join(f"{ratio:.2f}" for ratio in quartiles))


def line(kind: str, figures: dict[str, float]) -> str:
    """Return a server and its figures as a line of the table."""
    rate, p50, p99, cpu = figures.values()
    return f"{kind:<7}  {rate:10.0f} {p50:10.1f} {p99:10.1f}  {cpu:14.3f}"


if __name__ == "__main__":
    main()
