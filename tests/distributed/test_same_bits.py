"""1, 2, 4 and 8 ranks of a real MPI job reach the same bits, and so does a process alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.distributed import trainings
from tests.distributed.mpi import needs_mpi, run

import byhand
from byhand.distributed import Ranks
from byhand.errors import ArgumentError


@pytest.fixture(scope="module")
def alone() -> dict[str, dict[str, object]]:
    """The result of a single process with 8 shards, which needs no MPI."""
    return {name: trainings.train(dict(options)) for name, options in trainings.TRAININGS.items()}


@needs_mpi
@pytest.mark.parametrize("ranks", [1, 2, 4, 8])
def test_any_number_of_ranks_reaches_the_same_bits(
    ranks: int, alone: dict[str, object], tmp_path: Path
) -> None:
    code, out, err = run(ranks, ["-W", "error", trainings.__file__], tmp_path)

    assert (code, err) == (0, "")
    assert json.loads(out) == alone


def test_shards_add_up_to_the_gradient_of_the_batch(digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = digits[0][:100], digits[1][:100]
    nets = [byhand.MultiLayerPerceptron(_layers(), seed=1, dtype="float64") for _ in range(3)]
    for net, ranks in zip(nets, [None, Ranks(8), Ranks(4)], strict=True):
        net.fit(x, y, epochs=3, batch_size=32, verbose=0, ranks=ranks)
    whole, eight, four = (net.parameters.vector for net in nets)

    np.testing.assert_allclose(eight, whole, rtol=1e-9, atol=1e-12)
    assert (eight != four).any()  # the bits depend on the number of shards


def _layers() -> list[object]:
    return [byhand.InputLayer(64), byhand.DenseLayer(9, "tanh"), byhand.DenseLayer(10, "softmax")]


def test_what_needs_the_whole_batch_is_refused(digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = digits[0][:50], digits[1][:50]
    normalised = [*_layers()]
    normalised.insert(2, byhand.BatchNormLayer())

    with pytest.raises(ArgumentError, match="batch normalisation needs the mean of the whole"):
        byhand.MultiLayerPerceptron(normalised).fit(x, y, verbose=0, ranks=Ranks())
    with pytest.raises(ArgumentError, match="ranks can only share an Augmentation"):
        byhand.MultiLayerPerceptron(_layers()).fit(
            x, y, verbose=0, ranks=Ranks(), augment=lambda batch, rng: batch
        )
