"""Tests of compiled code on disk: code that is damaged or cannot be written is compiled again."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

numba = pytest.importorskip("numba", reason="Numba is not installed")
from byhand.kernels import cache
from byhand.kernels.cache import Entries, KernelCache


@pytest.fixture(autouse=True)
def warn_again():
    cache._warn.cache_clear()
    yield
    cache._warn.cache_clear()


@pytest.fixture
def compiled(tmp_path, monkeypatch):
    """Return a function that gives a kernel as a new process would see it."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))

    def double(x):
        return 2 * x

    def make():
        kernel = numba.njit(double, cache=True)
        kernel._cache = KernelCache(double, "stamp")
        return kernel

    return make


def hits(kernel):
    return sum(kernel.stats.cache_hits.values())


def test_another_process_loads_what_one_has_compiled(compiled, tmp_path):
    assert compiled()(21) == 42
    again = compiled()

    assert again(21) == 42
    assert hits(again) == 1
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".kernel"]


@pytest.mark.parametrize("damage", ["empty", "short", "one bit", "other content"])
def test_a_damaged_entry_is_compiled_again_with_a_warning(damage, compiled, tmp_path):
    compiled()(21)
    (entry,) = tmp_path.rglob("*.kernel")
    content = entry.read_bytes()
    middle = len(content) // 2
    flipped = bytes([content[middle] ^ 1])
    entry.write_bytes(
        {
            "empty": b"",
            "short": content[:middle],
            "one bit": content[:middle] + flipped + content[middle + 1 :],
            "other content": b"\x80\x05" * 500,
        }[damage]
    )

    with pytest.warns(RuntimeWarning, match="damaged"):
        assert compiled()(21) == 42
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mended = compiled()
        assert mended(21) == 42
    assert hits(mended) == 1


def test_a_full_disk_means_no_cache(compiled, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "write_whole", full)

    with pytest.warns(RuntimeWarning, match="No space left"):
        assert compiled()(21) == 42


def test_entries_of_other_sources_are_not_used_and_go(tmp_path):
    old, new = (Entries(str(tmp_path), "function", stamp) for stamp in ("old", "new"))
    old.save("key", 1)
    assert old.load("key") == 1
    assert new.load("key") is None

    new.save("key", 2)

    assert new.load("key") == 2
    assert old.load("key") is None
    assert len(list(tmp_path.iterdir())) == 1


TWO_TYPES = """
import sys
import numba
import numpy as np
from byhand.kernels.parallel.machine import compile_kernel

@compile_kernel
def ramp(x):
    out = np.zeros(4, x.dtype)
    for i in range(4):
        out[i] = x[0] * i
    return out

def known(kernel):
    return sum(kernel.stats.cache_hits.values())

first = ramp(np.ones(1, np.float32))
print(*first, known(ramp), "numba.np.linalg" in sys.modules)
second = ramp(np.full(1, 0.5))
print(*second, known(ramp), "numba.np.linalg" in sys.modules)
"""


def test_compiled_code_is_loaded_without_the_compiler_and_more_can_be_compiled(tmp_path):
    script = tmp_path / "two_types.py"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}

    def run():
        return subprocess.run(
            [sys.executable, str(script)],
            env=environment, capture_output=True, text=True, check=True, timeout=600,
        ).stdout.splitlines()  # fmt: skip

    script.write_text(TWO_TYPES.partition("second =")[0])
    assert run() == ["0.0 1.0 2.0 3.0 0 True"]
    assert run() == ["0.0 1.0 2.0 3.0 1 False"]
    with script.open("a") as more:
        more.write("second =" + TWO_TYPES.partition("second =")[2])
    assert run() == ["0.0 1.0 2.0 3.0 1 False", "0.0 0.5 1.0 1.5 1 True"]


TRAIN = """
import numpy as np
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
x, y = np.random.default_rng(0).normal(size=(64, 8)), np.arange(64) % 2
net = MultiLayerPerceptron([InputLayer(8), DenseLayer(2, "softmax")], seed=0)
net.fit(x, y, epochs=1, verbose=0)
print(net.parameters.vector.tobytes().hex())
"""


@pytest.mark.slow
def test_a_run_with_every_file_of_the_cache_damaged(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "BYHAND_KERNELS": "numba"}

    def train():
        return subprocess.run(
            [sys.executable, "-c", TRAIN],
            env=environment, capture_output=True, text=True, check=True, timeout=300,
        )  # fmt: skip

    expected = train().stdout
    entries = list(tmp_path.rglob("*.kernel"))
    assert len(entries) > 5
    rng = np.random.default_rng(0)
    for entry in entries:
        content = bytearray(entry.read_bytes())
        content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
        entry.write_bytes(content)
    again = train()

    assert again.stdout == expected
    assert "damaged" in again.stderr
