"""Drives an installed Firefox by WebDriver BiDi; Playwright needs a build of its own."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
START = 600  # seconds until it listens, on a busy machine
ANSWER = 600  # seconds until a command is answered

KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Space": " ", "ArrowRight": "\ue014"}


class Page:
    """A tab of Firefox."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._count = 0
        self.errors: list[str] = []
        self._send("session.new", capabilities={})
        self._send("session.subscribe", events=["log.entryAdded"])
        self._tab = self._send("browsingContext.create", type="tab")["context"]  # has the focus

    def _send(self, method: str, **params: Any) -> Any:
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            heard = json.loads(self._socket.recv(timeout=ANSWER))
            if heard.get("method") == "log.entryAdded" and heard["params"]["level"] == "error":
                self.errors.append(heard["params"]["text"])
            if heard.get("id") != self._count:
                continue
            if heard["type"] == "error":
                raise RuntimeError(f"{method}: {heard['message']}")
            return heard["result"]

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        self._send("browsingContext.setViewport", context=self._tab, viewport=size)

    def open(self, address: str) -> None:
        self._send("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page: a number, a text, a list of them."""
        done = self._send(
            "script.evaluate", expression=f"JSON.stringify({expression})",
            target={"context": self._tab}, awaitPromise=True,
        )  # fmt: skip
        if done["type"] == "exception":
            raise RuntimeError(done["exceptionDetails"]["text"])
        return json.loads(done["result"].get("value", "null"))

    def wait(self, condition: str, seconds: float = 600) -> None:
        """Wait until an expression in the page holds."""
        end = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < end, f"{condition} does not hold after {seconds} s"
            time.sleep(0.1)

    def _perform(self, kind: str, actions: list[dict[str, Any]]) -> None:
        source = {"type": kind, "id": kind, "actions": actions}
        self._send("input.performActions", context=self._tab, actions=[source])

    def press(self, *keys: str) -> None:
        for key in keys:
            value = KEYS.get(key, key)
            self._perform("key", [{"type": kind, "value": value} for kind in ("keyDown", "keyUp")])

    def click(self, selector: str) -> None:
        """Click the middle of an element."""
        box = self.box(selector)
        self.stroke([(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)])

    def stroke(self, places: list[tuple[float, float]]) -> None:
        """Press the mouse at the first place, move it through the others and release it."""
        first, *others = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in places]
        down, up = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
        self._perform("pointer", [first, down, *others, up])

    def box(self, selector: str) -> dict[str, float]:
        """Scroll to an element and return its place in the window."""
        found: dict[str, float] = self.evaluate(
            f"""((node) => {{
              node.scrollIntoView({{ behavior: "instant", block: "center" }});
              return node.getBoundingClientRect();
            }})(document.querySelector({json.dumps(selector)}))"""
        )
        return found


@contextlib.contextmanager
def started() -> Iterator[Page]:
    """Start Firefox with an empty profile, and end it afterwards; skip where it is missing."""
    client = pytest.importorskip("websockets.sync.client", reason="websockets is not installed")
    if FIREFOX is None:
        pytest.skip("Firefox is not installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        Path(profile, "user.js").write_text('user_pref("focusmanager.testmode", true);\n')
        command = [FIREFOX, "--headless", "--no-remote", "--profile", profile]
        process = subprocess.Popen(
            [*command, "--remote-debugging-port", "0", "about:blank"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            address = _address(process)
            with client.connect(f"{address}/session", max_size=None, proxy=None) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            process.communicate(timeout=START)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
            return found[1]
    raise RuntimeError(f"Firefox ended with {process.wait()} and did not listen")
