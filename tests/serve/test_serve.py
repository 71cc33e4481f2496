"""`byhand serve`: a real server, real clients, and no request lost."""

from __future__ import annotations

import http.client
import io
import json
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from select import select

import numpy as np
import pytest
from tests.serve.conftest import SECONDS, running

from byhand import load_dataset

IMAGES = load_dataset("digits").test.images


# --- answers ------------------------------------------------------------------------------------


def test_probabilities_are_those_of_the_network(server, model):
    net, _ = model

    status, body = server.predict(IMAGES[:7])

    assert status == 200
    np.testing.assert_allclose(body["probabilities"], net.predict_proba(IMAGES[:7]), atol=1e-6)
    assert body["predictions"] == net.predict(IMAGES[:7]).tolist()
    assert body["classes"] == [f"digit {k}" for k in body["predictions"]]


@pytest.mark.parametrize("shape", [(64,), (8, 8), (1, 64), (1, 8, 8)])
def test_one_example_may_have_any_shape_that_the_network_takes(server, model, shape):
    status, body = server.predict(IMAGES[0].reshape(shape))

    assert status == 200
    np.testing.assert_allclose(body["probabilities"], model[0].predict_proba(IMAGES[:1]), atol=1e-6)


def test_an_image_file_is_prepared_as_predict_does(server, model):
    pillow = pytest.importorskip("PIL.Image")
    picture = np.kron(IMAGES[0], np.ones((6, 6), np.uint8))
    stream = io.BytesIO()
    pillow.fromarray(picture).save(stream, "PNG")
    from byhand.data import prepare_pictures

    status, body = server.ask("POST", "/predict", stream.getvalue(), "image/png")

    assert status == 200
    expected = model[0].predict_proba(prepare_pictures(model[0], picture))
    np.testing.assert_allclose(body["probabilities"], expected, atol=1e-6)


def test_the_service_says_what_it_is_and_that_it_serves(server):
    status, body = server.ask("GET", "/")

    assert (status, body["inputs"], body["outputs"]) == (200, 64, 10)
    assert body["takes_images"] is True
    assert body["classes"][3] == "digit 3"
    assert server.ask("GET", "/health") == (200, {"status": "ok"})


def test_metrics_count_requests_and_batches(server):
    server.predict(IMAGES[:3])

    status, text = server.ask("GET", "/metrics")

    assert status == 200
    assert 'byhand_requests_total{path="/predict",status="200"}' in text
    assert "byhand_batch_rows_bucket" in text
    assert "byhand_request_seconds_count" in text


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="confirms as Linux does")
def test_a_response_on_an_open_connection_does_not_wait_for_a_confirmation(server):
    """The system confirms packets after 40 ms; a client that confirms at once is no faster."""
    usual, eager = server.connect(), server.connect()
    body = json.dumps({"inputs": IMAGES[:1].reshape(1, -1).tolist()})

    def seconds(connection):
        began = time.perf_counter()
        connection.request("POST", "/predict", body, {"content-type": "application/json"})
        if connection is eager:
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        assert connection.getresponse().read()
        return time.perf_counter() - began

    both = [(seconds(usual), seconds(eager)) for _ in range(40)]
    usual.close()
    eager.close()

    fastest, fastest_eager = np.min(both[20:], axis=0)  # the first packets are confirmed at once
    assert fastest < max(0.03, 1.5 * fastest_eager)  # the second on a machine that is very slow


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        ({"rows": []}, "with 64 numbers for each example"),
        ({"inputs": [[1, 2], [3]]}, "the same number of inputs"),
        ({"inputs": [["a"] * 64]}, "must be numbers"),
        ({"inputs": ["a" * 900_000, *["a"] * 200_000]}, "must be numbers"),
        ({"inputs": [[1.0] * 63]}, "the network has 64 inputs"),
        ({"inputs": [[1]] * 64}, "the network has 64 inputs"),
        ({"inputs": [[999.0] * 64]}, "takes raw pixels from 0 to 255"),
        ({"inputs": [[0.5] * 64]}, "look scaled already"),
        (b'{"inputs": [[' + b"NaN," * 63 + b"1]]}", "NaN or infinity"),
        ({"inputs": []}, "the network has 64 inputs"),
        ({"inputs": [[1] * 64] * 1001}, "expected 1 to 1,000 examples"),
        ({"inputs": [[10**400] * 64]}, "must be numbers"),
    ],
)
def test_a_wrong_body_gets_one_clear_message(server, body, message):
    status, answer = server.ask("POST", "/predict", body)

    assert status == 400
    assert message in answer["error"]


def test_other_types_and_paths_are_refused(server):
    assert server.ask("POST", "/predict", b"x", "text/plain")[0] == 415
    status, answer = server.ask("POST", "/predict", b"not a picture", "image/png")
    assert status == 400
    assert "not a readable image" in answer["error"]
    assert server.ask("GET", "/predict")[0] == 405
    assert server.ask("GET", "/none")[0] == 404


def test_a_body_that_is_too_large_is_refused_before_it_is_read(server):
    connection = server.connect()
    connection.putrequest("POST", "/predict")
    connection.putheader("content-type", "application/json")
    connection.putheader("content-length", "2000001")
    connection.endheaders()

    answer = connection.getresponse()

    assert answer.status == 413
    assert "larger than 2,000,000 bytes" in json.loads(answer.read())["error"]


def test_a_body_of_unstated_size_is_refused_at_the_limit(model):
    with running(model[1], "--max-bytes", 1000) as server:
        connection = server.connect()
        pieces = (b"x" * 400 for _ in range(5))
        headers = {"content-type": "application/json"}
        connection.request("POST", "/predict", pieces, headers, encode_chunked=True)
        assert connection.getresponse().status == 413


@pytest.mark.parametrize("start", [b"", b"GET /health HTTP/1.1\r\nHost: me\r\n"])
@pytest.mark.parametrize("earlier", [0, 1])
def test_a_connection_without_a_whole_request_is_closed(model, start, earlier):
    """Also one that sends another header again and again, or has had an answer before."""
    with running(model[1], idle=0.5) as server, socket.create_connection(
        ("127.0.0.1", server.port), timeout=SECONDS
    ) as connection:  # fmt: skip
        for _ in range(earlier):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: me\r\n\r\n")
            answer = b""
            while not answer.endswith(b'{"status":"ok"}'):
                answer += connection.recv(1 << 16)
        connection.sendall(start)
        until = time.monotonic() + SECONDS
        try:
            while not select([connection], [], [], 0.1)[0]:
                assert time.monotonic() < until
                connection.sendall(b"X: y\r\n" if start else b"")
            assert connection.recv(1 << 16) == b""
        except ConnectionError:
            pass  # closed while it sent
        assert server.ask("GET", "/health")[0] == 200


def test_a_slow_body_is_waited_for(model):
    body = json.dumps({"inputs": IMAGES[:1].reshape(1, -1).tolist()}).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: me\r\nContent-Length: {len(body)}\r\n"
    with running(model[1], idle=0.3) as server, socket.create_connection(
        ("127.0.0.1", server.port), timeout=SECONDS
    ) as connection:  # fmt: skip
        connection.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode())
        for byte in (body[:1], body[1:2], body[2:]):
            time.sleep(0.4)
            connection.sendall(byte)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_a_client_that_asks_too_often_is_told_when_to_come_back(model):
    with running(model[1], "--rate", 5) as server:
        answers = [(200, "")]
        while answers[-1][0] == 200 and len(answers) < 1000:  # a paused client asks less often
            answers.append(server.ask("POST", "/predict", {"inputs": IMAGES[0].tolist()}))

    *allowed, (status, body) = answers[1:]
    assert len(allowed) >= 5
    assert status == 429
    assert "more than 5 requests a second" in body["error"]


# --- load ---------------------------------------------------------------------------------------


def test_many_clients_at_once_each_get_their_own_answer(server, model):
    expected = model[0].predict_proba(IMAGES)

    def client(first):
        connection = server.connect()
        for row in range(first, len(IMAGES), 12):
            body = json.dumps({"inputs": IMAGES[row].tolist()})
            connection.request("POST", "/predict", body, {"content-type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            np.testing.assert_allclose(answer["probabilities"][0], expected[row], atol=1e-6)
        connection.close()
        return True

    with ThreadPoolExecutor(12) as clients:
        assert all(clients.map(client, range(12)))


def hammer(server, stop, tally):
    """Send requests until told to stop; count their outcomes.

    As clients of HTTP do, it makes a new connection if the server has closed the one that idled.
    """
    body = json.dumps({"inputs": IMAGES[0].tolist()})
    connection = server.connect()
    while not stop.is_set():
        if connection.sock is not None and select([connection.sock], [], [], 0)[0]:
            connection.close()
        try:
            if connection.sock is None:
                connection.connect()
        except OSError:  # nothing listens, so the request was never sent
            tally["refused"] += 1
            return
        try:
            connection.request("POST", "/predict", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            assert len(json.loads(answer.read())["probabilities"][0]) == 10
            tally["answered"] += 1
        except (OSError, http.client.HTTPException) as error:
            tally["lost"].append(repr(error))
            connection.close()


def test_no_request_is_lost_when_the_server_is_ended_under_load(model):
    with running(model[1], "--rate", 0) as server:
        stop = threading.Event()
        tallies = [{"answered": 0, "refused": 0, "lost": []} for _ in range(8)]
        clients = [threading.Thread(target=hammer, args=(server, stop, tally)) for tally in tallies]
        for client in clients:
            client.start()
        while sum(tally["answered"] for tally in tallies) <= 50:
            assert any(client.is_alive() for client in clients), tallies
            time.sleep(0.05)
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(SECONDS)
        stop.set()
        for client in clients:
            client.join(SECONDS)
        said = server.process.stderr.read()

    assert [one for tally in tallies for one in tally["lost"]] == []
    answered = sum(tally["answered"] for tally in tallies)
    assert code == 0
    assert said == f"answered {answered:,} requests\n"


def test_health_tells_a_balancer_that_the_server_is_ending(model):
    with running(model[1], drain=SECONDS) as server:
        server.process.send_signal(signal.SIGTERM)
        status, ends = 200, time.monotonic() + SECONDS
        while status == 200 and time.monotonic() < ends:  # until the signal has arrived
            connection = server.connect()
            connection.request("GET", "/health")
            answer = connection.getresponse()
            status, body = answer.status, json.loads(answer.read())
            connection.close()

        assert status == 503
        assert answer.getheader("connection") == "close"
        assert body == {"status": "ending"}


# --- where it listens ---------------------------------------------------------------------------


def test_it_listens_on_this_machine_only_unless_told_otherwise(model):
    with running(model[1]) as server, open("/proc/net/tcp") as table:
        rows = [line.split()[1] for line in table.readlines()[1:] if line.split()[3] == "0A"]
        port = f"{server.port:04X}"
        assert [row for row in rows if row.endswith(port)] == [f"0100007F:{port}"]


def test_a_port_that_is_taken_is_reported(server, model):
    import subprocess
    import sys

    result = subprocess.run(
        [sys.executable, "-m", "byhand", "serve", str(model[1]), "--port", str(server.port)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert f"127.0.0.1:{server.port} is not available" in result.stderr
