"""The audit asks a real server about every package, and never takes silence for an answer."""

from __future__ import annotations

import json
import socket
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from benchmarks.audit import FOUND, NOT_ASKED, main
from benchmarks.licences import needed

TOOL = Path(sys.executable).with_name("pip-audit")
pytestmark = pytest.mark.skipif(not TOOL.exists(), reason="pip-audit is not installed")

VULNERABLE = {
    "vulns": [
        {
            "schema_version": "1.7.0",
            "id": "PYSEC-0000-1",
            "summary": "An overflow in a header.",
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "numpy"},
                    "ranges": [
                        {
                            "type": "ECOSYSTEM",
                            "events": [{"introduced": "0"}, {"fixed": "999.0"}],
                        }
                    ],
                }
            ],
        }
    ]
}
"""An entry in OSV's schema."""


class Advisories(BaseHTTPRequestHandler):
    """Answers as OSV does: an empty object for a version that is not known to be vulnerable."""

    def do_POST(self):
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(query["package"]["name"])
        status, body = self.server.answer(query)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def osv(answer):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    server.answer, server.asked = answer, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_every_package_is_looked_up(capsys):
    with osv(lambda _: (200, {})) as (server, url):
        code = main(["--tool", str(TOOL), "--osv-url", url])

    names = needed().keys() - {"byhand"}
    assert code == 0
    assert set(server.asked) == names
    assert capsys.readouterr().out == f"{len(names)} packages, no known vulnerability\n"


def test_a_known_vulnerability_is_named_with_the_version_that_mends_it(capsys):
    def answer(query):
        return 200, VULNERABLE if query["package"]["name"] == "numpy" else {}

    with osv(answer) as (_, url):
        code = main(["--tool", str(TOOL), "--osv-url", url])

    assert code == FOUND
    version = needed()["numpy"][0].version
    assert capsys.readouterr().out == (
        f"numpy {version}: PYSEC-0000-1, fixed in 999.0. An overflow in a header.\n"
    )


def test_a_server_that_is_not_there_is_one_line_and_not_a_clean_audit(capsys):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1/query"

        code = main(["--tool", str(TOOL), "--osv-url", url])

    assert code == NOT_ASKED
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith(f"nothing was audited: no answer from {url}: Failed to establish")


def test_a_server_that_fails_is_not_a_clean_audit(capsys):
    with osv(lambda _: (500, {})) as (_, url):
        code = main(["--tool", str(TOOL), "--osv-url", url])

    assert code == NOT_ASKED
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"nothing was audited: no answer from {url}: ")


def test_a_missing_tool_is_one_line(capsys, tmp_path):
    assert main(["--tool", str(tmp_path / "nowhere")]) == NOT_ASKED

    assert "nowhere cannot be run: No such file" in capsys.readouterr().err
