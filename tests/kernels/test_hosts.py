"""Results are right without Numba, with a Numba that does not load, and with another BLAS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import byhand

SCRIPT = """
import json, sys, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", RuntimeWarning)
    import numpy as np
    from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
    from byhand.cli.versions import version_lines

    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (300, 784)).astype(np.uint8), np.arange(300) % 10
    layers = [InputLayer(784), DenseLayer(40, "tanh"), DenseLayer(10, "softmax")]
    net = MultiLayerPerceptron(layers, seed=0, dtype=np.float64)
    net.fit(x, y, epochs=2, threads=2, verbose=0)
    print(json.dumps({
        "versions": version_lines(),
        "probabilities": net.predict_proba(x).tolist(),
        "warnings": [str(one.message) for one in caught],
        "numba": "numba" in sys.modules,
    }))
"""


def answers(tmp_path, packages=None, **variables):
    """Train in a new process; `packages` is the only place where it finds packages."""
    source = str(Path(byhand.__file__).parents[1])
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("BYHAND_", "NUMBA_"))}
    paths = [source, *([str(packages)] if packages else [])]
    options = ["-S"] if packages else []
    environment |= {"PYTHONPATH": os.pathsep.join(paths), **variables}
    done = subprocess.run(
        [sys.executable, *options, "-c", SCRIPT],
        capture_output=True, text=True, timeout=300, check=False, env=environment, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def packages_without(names, folder):
    """Return a folder with links to all installed packages except the given ones."""
    folder.mkdir()
    for path in Path(np.__file__).parents[1].iterdir():
        if path.name.split("-")[0].lower() not in names and path.suffix != ".pth":
            (folder / path.name).symlink_to(path)
    return folder


def lines(found):
    return dict(line.split(" ", 1) for line in found["versions"])


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The results of the plain formulas."""
    found = answers(tmp_path_factory.mktemp("plain"), BYHAND_KERNELS="plain")
    assert lines(found)["kernels"] == "plain (threads: of the BLAS)"
    return found["probabilities"]


HOSTS = {
    "as installed": {},
    "another BLAS": {"BYHAND_POOL": "0"},
    "Numba not wanted": {"BYHAND_KERNELS": "numpy"},
    "Numba that interprets": {"NUMBA_DISABLE_JIT": "1"},
}


@pytest.mark.parametrize("host", HOSTS)
def test_every_path_computes_the_same(host, expected, tmp_path):
    found = answers(tmp_path, **HOSTS[host])
    compiles = find_spec("numba") is not None and host in {"as installed", "another BLAS"}
    kernels = lines(found)["kernels"]

    np.testing.assert_allclose(found["probabilities"], expected, rtol=1e-9, atol=1e-12)
    assert kernels.startswith("numba " if compiles else "numpy ")
    assert host == "as installed" or kernels.endswith("(threads: of the BLAS)")
    assert found["warnings"] == []


@pytest.mark.skipif(os.name != "posix", reason="links need rights on this system")
def test_without_numba(expected, tmp_path):
    packages = packages_without({"numba", "llvmlite"}, tmp_path / "packages")
    found = answers(tmp_path, packages)

    np.testing.assert_allclose(found["probabilities"], expected, rtol=1e-9, atol=1e-12)
    assert not found["numba"]
    assert lines(found)["Numba"] == "not installed"
    assert lines(found)["kernels"] == "numpy (threads: of the BLAS)"
    assert found["warnings"] == []


REFUSES = 'raise ImportError("Numba needs NumPy 2.0 or less. Got NumPy 2.4.")'
IS_TOO_OLD = """
from types import SimpleNamespace
__version__, version_info = "0.60.0", SimpleNamespace(short=(0, 60))
types = None
"""


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        (REFUSES, "Numba needs NumPy 2.0 or less"),
        (IS_TOO_OLD, "Numba 0.60.0 mixes up the types of arguments; expected 0.61 or newer"),
    ],
    ids=["refuses NumPy", "too old"],
)
@pytest.mark.skipif(os.name != "posix", reason="links need rights on this system")
def test_a_numba_that_cannot_be_used(broken, cause, expected, tmp_path):
    """An old Numba refuses a newer NumPy by an ImportError; one that is too old is refused."""
    packages = packages_without({"numba"}, tmp_path / "packages")
    (packages / "numba").mkdir()
    (packages / "numba" / "__init__.py").write_text(broken)
    (packages / "numba" / "extending.py").write_text("intrinsic = None\n")
    found = answers(tmp_path, packages)

    np.testing.assert_allclose(found["probabilities"], expected, rtol=1e-9, atol=1e-12)
    assert lines(found)["kernels"] == "numpy (threads: of the BLAS)"
    (message,) = found["warnings"]
    assert "byhand computes with NumPy alone" in message
    assert cause in message
