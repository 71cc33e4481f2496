"""The strangers' runs: pools that share nothing, and the test of whether a fault does harm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.doctor.examine import Examined, errors_of, examine, train
from benchmarks.doctor.strangers.harm import BEYOND_CHANCE, harm, is_harmed
from benchmarks.doctor.strangers.pools import NETWORKS, POOLS
from benchmarks.doctor.strangers.runs import StrangerCase

from byhand import Adam
from byhand.evaluation.doctor.faults import Data


@pytest.fixture(scope="module", params=["classes", "labels", "values"])
def healthy(request) -> StrangerCase:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 4)).astype(np.float32)
    y = {
        "classes": (x[:, 0] > 0).astype(np.int64),
        "labels": (x[:, :2] > 0).astype(np.float32),
        "values": x[:, 0] - x[:, 1],
    }[request.param]
    classes = {"classes": 2, "labels": 2, "values": 0}[request.param]
    return StrangerCase(
        kind="healthy", number=0, seed=1, data=Data("made", x, y, classes, 0.8),
        x=x[:300], y=y[:300], x_held=x[300:], y_held=y[300:],
        widths=(16,), activation="relu", optimizer=Adam(1e-2), batch=30, epochs=10,
    )  # fmt: skip


@pytest.fixture(scope="module")
def examined(healthy) -> Examined:
    return examine(healthy)


def test_no_data_set_is_in_two_pools() -> None:
    loaders = [load for pool in POOLS.values() for load in pool]

    assert len({load.__name__ for load in loaders}) == len(loaders)
    assert POOLS.keys() == NETWORKS.keys()


def test_the_mean_error_is_what_the_accuracy_lacks(healthy, examined) -> None:
    assert examined.errors.mean() == pytest.approx(1 - examined.accuracy, abs=0.02)


def test_a_run_is_not_harmed_beside_itself(healthy, examined) -> None:
    assert harm(examined, healthy) == 0


def test_a_run_that_learns_nothing_is_harmed(healthy) -> None:
    timid = examine(replace(healthy, optimizer=Adam(1e-7)))

    assert harm(timid, healthy) > BEYOND_CHANCE
    assert is_harmed(timid, healthy)


def test_a_run_that_diverged_is_wrong_everywhere(healthy) -> None:
    net, _ = train(healthy)

    assert (errors_of(healthy, net, diverged=True) == 1).all()
