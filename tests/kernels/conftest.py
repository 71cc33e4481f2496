"""What tests of kernels share: the plain formulas in place, and kernels alone or shared."""

from __future__ import annotations

import pytest

from byhand import backend


@pytest.fixture
def plain():
    """Put the plain formulas in place, to compare with."""
    before = backend.active()
    backend.use("plain")
    yield
    backend.use(before)


@pytest.fixture(scope="module", params=["alone", "shared", "in pieces"])
def threads(request):
    """Kernels and products by one thread, shared by three, and products of many small ones."""
    pytest.importorskip("numba", reason="Numba is not installed")
    from byhand.kernels import compiled, updates
    from byhand.kernels.parallel import pool, products

    if request.param == "alone":
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
        with pool.hold(3 if request.param == "shared" else 1):
            yield
