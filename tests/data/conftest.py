"""Fixtures for tests of data: each test has its own home, cache and working folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from byhand.data import Dataset, Part
from byhand.data.formats.idx import write_idx

REAL_DATA = os.environ.get("BYHAND_DATA")
ROLES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test its own home, cache and working folder."""
    home = tmp_path / "home"
    work = tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    for name in ("BYHAND_DATA", "BYHAND_OFFLINE", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(work)
    return home


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of real data, or skip the test."""
    if not REAL_DATA or not (Path(REAL_DATA) / "mnist").is_dir():
        pytest.skip("needs the real MNIST: set BYHAND_DATA to a folder that holds mnist/")
    monkeypatch.setenv("BYHAND_DATA", REAL_DATA)
    return Path(REAL_DATA)


def random_part(n: int, seed: int = 0, size: tuple[int, int] = (28, 28), classes: int = 10) -> Part:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, *size), dtype=np.uint8)
    return Part(images, np.arange(n) % classes)


@pytest.fixture
def small() -> Dataset:
    """Return random images: twenty for training and ten for testing."""
    names = tuple("0123456789")
    return Dataset("small", random_part(20), random_part(10, seed=1), names)


@pytest.fixture
def write_folder() -> Callable[..., Path]:
    """Return a function that writes a data set as the four IDX files of MNIST."""

    def write(folder: Path, dataset: Dataset, ending: str = ".gz", prefix: str = "") -> Path:
        assert dataset.test is not None
        arrays = {
            "train_images": dataset.train.images,
            "train_labels": dataset.train.labels,
            "test_images": dataset.test.images,
            "test_labels": dataset.test.labels,
        }
        for role, array in arrays.items():
            assert array is not None
            name = ROLES[role].replace("t10k", "test") if prefix else ROLES[role]
            array = array if role.endswith("images") else array.astype(np.uint8)
            write_idx(folder / f"{prefix}{name}{ending}", array)
        return folder

    return write


@dataclass
class Server:
    """A web server on this machine, with the files it serves and the paths requested."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    cut_short: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Start a server for files set by the test; a path in `cut_short` ends half-way."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    state = Server("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            body = state.files.get(self.path)
            self.send_response(404 if body is None else 200)
            body = body or b"not here"
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if self.path in state.cut_short else body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.address = f"http://127.0.0.1:{http.server_address[1]}"
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture
def rng() -> np.random.Generator:
    """Return the same random numbers for every test."""
    return np.random.default_rng(5)
