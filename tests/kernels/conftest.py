"""Fixtures of the kernels' tests: the plain formulas, and kernels in one thread or in parts."""

from __future__ import annotations

import pytest

from byhand import backend


@pytest.fixture
def plain():
    """Switch to the plain formulas, to compare the kernels with them."""
    before = backend.active()
    backend.use("plain")
    yield
    backend.use(before)


@pytest.fixture(scope="module", params=["one thread", "in parts", "in pieces"])
def threads(request):
    """Run kernels and products in one thread, in three parts, and products in small pieces."""
    pytest.importorskip("numba", reason="Numba is not installed")
    from byhand.kernels import compiled, updates
    from byhand.kernels.parallel import pool, products

    if request.param == "one thread":
        yield
        return
    if not pool.available():
        pytest.skip("there is no pool of threads with this BLAS")
    with pytest.MonkeyPatch.context() as patch:
        for module in (compiled, updates):
            patch.setattr(module, "SMALL", 0)
        for name in ("SMALL", "SMALL_FOR_ONE", "LARGE"):
            patch.setattr(products, name, 0)
        found = products.blas.find()
        if request.param == "in pieces":
            patch.setattr(products.blas, "find", lambda: found._replace(small=2000))
        with pool.hold(3 if request.param == "in parts" else 1):
            yield
