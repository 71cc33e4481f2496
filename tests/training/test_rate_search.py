"""The search for a learning rate, step by step: when it ends, and what it keeps."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from tests.training.small_training import X, Y, network

from byhand import ArgumentError, DivergedError
from byhand.training.rate_finder import search_rates


def search(losses, *, low=0.01, high=100.0, steps=20, per_epoch=3, fails=False, **options):
    """Search with a `fit` that meets these losses; return the result and what `fit` was given."""
    given = {}

    def fit(x, y, **options):
        given.update(options)
        (watch,) = options["callbacks"]
        stopped = []
        run = SimpleNamespace(steps_per_epoch=per_epoch, stop=stopped.append)
        watch.on_train_begin(run)
        for step, loss in enumerate(losses):
            run.learning_rate = low * options["schedule"](step / per_epoch, options["epochs"])
            run.batch_loss = loss
            watch.on_batch_end(run)
            if stopped:
                break
        given["stopped"] = stopped
        if fails:
            raise DivergedError("infinite")

    return search_rates(fit, X, Y, low, high, steps, options), given


@pytest.mark.parametrize("per_epoch", [1, 3, 7, 20])
def test_all_steps_are_taken_if_the_loss_does_not_rise(per_epoch):
    found, given = search(np.linspace(1, 0.5, 50), per_epoch=per_epoch)

    np.testing.assert_allclose(found.rates, np.geomspace(0.01, 100, 20))
    np.testing.assert_array_equal(found.losses, np.linspace(1, 0.5, 50)[:20])
    assert given["stopped"] == ["the search for a learning rate is done"]
    assert {name: given[name] for name in ("epochs", "learning_rate", "verbose")} == {
        "epochs": 20, "learning_rate": 0.01, "verbose": 0,
    }  # fmt: skip


def test_losses_are_smoothed_without_a_start_at_zero():
    losses = [2.0, 1.0, 4.0, *[3.0] * 20]
    found, _ = search(losses)

    for step in (1, 2, 3, 20):
        shares = 0.9 ** np.arange(step)[::-1]
        expected = np.dot(shares, losses[:step]) / shares.sum()
        assert found.smoothed[step - 1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("rises_at", "ends_after"), [(2, 10), (9, 10), (10, 10), (11, 11)])
def test_a_rise_ends_the_search_after_ten_steps_at_the_earliest(rises_at, ends_after):
    found, _ = search([1.0] * (rises_at - 1) + [1e6] * 20)

    assert len(found.rates) == len(found.losses) == len(found.smoothed) == ends_after


@pytest.mark.parametrize(("factor", "ends"), [(0.999, False), (1.001, True)])
def test_a_smoothed_loss_of_more_than_four_times_the_lowest_is_a_rise(factor, ends):
    kept = (1 - 0.9**11) / 0.1  # sum of the shares of eleven steps
    loss = 1 + kept * (4 * factor - 1)
    found, _ = search([1.0] * 10 + [loss] + [1.0] * 20)

    assert found.smoothed[10] == pytest.approx(4 * factor)
    assert len(found.rates) == (11 if ends else 20)


@pytest.mark.parametrize(("steps", "kept"), [(9, False), (10, True), (15, True)])
def test_a_search_that_diverges_is_kept_from_ten_steps_on(steps, kept):
    if kept:
        assert len(search([1.0] * steps, fails=True)[0].rates) == steps
    else:
        with pytest.raises(DivergedError):
            search([1.0] * steps, fails=True)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ((0.0, 1.0), "low must be above 0"), ((1.0, 0.0), "high must be above 0"),
        ((math.nan, 1.0), "low must be above 0"), ((0.5, 0.5), "high must be above low, 0.5"),
        ((0.5, 0.4999), "high must be above low, 0.5"), ((5e-324, 1.0), None),
        ((0.5, math.nextafter(0.5, 1)), None),
    ],
)  # fmt: skip
def test_which_rates_can_be_searched(limits, message):
    low, high = limits
    if message is None:
        with np.errstate(over="ignore"):
            assert len(search([1.0] * 20, low=low, high=high, steps=10)[0].rates) == 10
    else:
        with pytest.raises(ArgumentError, match=message):
            search([1.0] * 20, low=low, high=high)


@pytest.mark.parametrize("name", ["epochs", "schedule", "learning_rate", "callbacks", "verbose"])
def test_what_the_search_sets_itself_is_refused(name):
    with pytest.raises(ArgumentError, match=f"sets {name} itself"):
        search([1.0] * 20, **{name: 1})


def test_a_search_says_nothing(capsys):
    network().find_learning_rate(X, Y, steps=10)

    assert capsys.readouterr().out == ""
