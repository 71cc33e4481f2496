"""Runs whose batches are divided into shards: verified, resumed and refused; MPI is not needed."""

from __future__ import annotations

import pytest

from byhand.distributed import Ranks
from byhand.errors import ArgumentError
from byhand.recipes.recipe import read_recipe
from byhand.runs.ranks import ranks_for, ranks_of, resume_on_ranks, train_on_ranks
from byhand.runs.train import train_recipe


@pytest.fixture
def shared(small, options):
    """A recipe trained with 4 shards."""
    return train_on_ranks(small, options, Ranks(4))


def test_a_run_notes_its_shards_and_is_verified_with_them(shared):
    verification = shared.verify()

    assert shared.facts.training["shards"] == 4
    assert verification.parting is None
    assert verification.epochs == 4


def test_a_run_is_resumed_with_its_shards(shared, small, options):
    half = train_on_ranks(small.changed({"training.epochs": 2}), options, Ranks(4))
    whole = resume_on_ranks(half.folder, options, 4, ranks=None)

    assert whole.history["loss"] == shared.history["loss"]


def test_other_shards_than_those_of_the_run_are_refused(shared, small, options, monkeypatch):
    with pytest.raises(ArgumentError, match="begun with 4 shards; leave --shards 8 out"):
        ranks_of(shared.facts, 8)
    plain = train_recipe(small, options)
    with pytest.raises(ArgumentError, match="begun with whole batches; leave --shards 8 out"):
        ranks_of(plain.facts, 8)
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "0")
    with pytest.raises(ArgumentError, match="whole batches, which ranks cannot share"):
        ranks_of(plain.facts, None)


def test_a_process_that_mpirun_did_not_start_trains_whole_batches(monkeypatch):
    for name in ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK"):
        monkeypatch.delenv(name, raising=False)

    assert ranks_for(None) is None
    assert ranks_for(2).shards == 2


def test_a_search_is_refused(options):
    with pytest.raises(ArgumentError, match="trains once for each combination of its search"):
        train_on_ranks(read_recipe("l2-search"), options, Ranks())


def test_shards_that_are_not_a_power_of_two_are_refused(small, options):
    with pytest.raises(ArgumentError, match="must be a power of two, such as 8; got 6"):
        train_on_ranks(small, options, Ranks(6))
