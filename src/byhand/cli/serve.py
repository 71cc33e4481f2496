"""`byhand serve`: a small HTTP service around a trained network."""

from __future__ import annotations

from typing import Annotated

from byhand.checks import number
from byhand.cli import printing
from byhand.cli.evaluate import Activations
from byhand.cli.options import Option, RunName
from byhand.runs.models import Model, find_model
from byhand.serve.limits import Limits

EXAMPLES = (
    "byhand serve                                    the latest run, on http://127.0.0.1:8000",
    "byhand serve basic-1 --port 9000",
)

Host = Annotated[str, Option("--host", help="Address; 0.0.0.0 lets other machines in.")]
Port = Annotated[int, Option("--port", help="Port; 0 takes a free one.", min=0, max=65535)]
Rate = Annotated[
    float, Option("--rate", help="Requests per second allowed from one client; 0 for no limit.")
]
BodyBytes = Annotated[int, Option("--max-bytes", help="Largest request body in bytes.", min=1)]
Rows = Annotated[int, Option("--max-rows", help="Largest number of examples in a request.", min=1)]

DEFAULTS = Limits()


def serve(
    *,
    run: RunName = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    rate: Rate = DEFAULTS.rate,
    body_bytes: BodyBytes = DEFAULTS.body_bytes,
    rows: Rows = DEFAULTS.rows,
    activations: Activations = "relu,softmax",
) -> None:
    """Serve a trained network over HTTP: JSON or images in, probabilities out.

    POST /predict takes {"inputs": [[...], ...]} with raw inputs, or an image file. GET / describes
    the network, GET /health tells whether the server is up, and GET /metrics is for Prometheus.
    Only this machine can reach the server unless --host says otherwise. After Ctrl-C or SIGTERM it
    answers every pending request and ends.
    """
    # Loaded here, so that the help can be read without the packages of the extra.
    from byhand.serve.endpoints import Service
    from byhand.serve.server import is_loopback, listen
    from byhand.serve.server import serve as serve_on

    number("--rate", rate, at_least=0)
    model: Model = find_model(run, activations=activations)
    service = Service(model.net, Limits(body_bytes, rows, rate), title=model.title)
    sock = listen(host, port)
    address, chosen = sock.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address

    def tell() -> None:
        printing.line(f"serving  {model.title}")
        printing.line(f"at       http://{shown}:{chosen}  (Ctrl-C ends it)")
        if not is_loopback(host):
            printing.note("Anyone who can reach this address can use it: there is no password.")

    serve_on(service, sock, tell)
    printing.note(f"answered {service.answered:,} requests")
