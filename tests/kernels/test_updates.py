"""Tests of the sections of a vector that each thread updates."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba", reason="Numba is not installed")
from byhand import SGD, Adam
from byhand.kernels import updates
from byhand.kernels.parallel import pool
from byhand.network.parameters import NamedVector

own = updates._own.py_func  # a slice cannot leave compiled code


@pytest.mark.parametrize("offsets", [[1], [16], [5, 37, 1000], [784 * 300, 784 * 300 + 300]])
@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_sections_cover_every_element_once(offsets, parts):
    taken = np.zeros(offsets[-1], int)
    for k in range(len(offsets)):
        for part in range(parts):
            taken[own(np.array(offsets), k, (part, parts))] += 1

    assert (taken == 1).all()


def test_sections_start_on_a_cache_line_of_their_array():
    offsets = np.array([100, 1000])
    for k, begin in enumerate((0, 100)):
        for part in range(3):
            start = own(offsets, k, (part, 3)).start
            assert (start - begin) % updates.PIECE == 0 or start == offsets[k]


def test_a_small_vector_is_updated_by_one_thread(monkeypatch):
    monkeypatch.setattr(pool.held, "team", 12345, raising=False)

    assert updates._team(np.zeros(updates.SMALL - 1, np.float32)) == 0
    assert updates._team(np.zeros(updates.SMALL, np.float32)) == 12345


@pytest.mark.parametrize(("rule", "override"), [(SGD(), updates.sgd), (Adam(), updates.adam)])
def test_nan_and_infinity_in_a_gradient_stay_visible(rule, override):
    """Training finds the step at which it diverged by its first NaN or infinity."""
    parameters, gradients = (NamedVector({"W": (2, 4)}, np.float32) for _ in range(2))
    gradients.vector[:3] = np.nan, np.inf, -np.inf

    with np.errstate(all="ignore"):
        override(rule, parameters, gradients, rule.init_state(parameters), 0.1, 1)

    assert not np.isfinite(parameters.vector[:3]).any()
    assert np.isfinite(parameters.vector[3:]).all()
