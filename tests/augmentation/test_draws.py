from __future__ import annotations

import numpy as np

from byhand.augmentation.draws import draws, epoch_key, keys_of_rows, uniform_pairs


def splitmix64(seed: int, count: int) -> list[int]:
    """The generator as its authors wrote it: a state that advances, in Python's integers."""
    mask, state, numbers = 2**64 - 1, seed, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        numbers.append(z ^ (z >> 31))
    return numbers


def test_draws_are_those_of_splitmix64() -> None:
    for seed in (0, 1, 2**63, 2**64 - 1):
        drawn = draws(np.array([seed], np.uint64), np.arange(50))

        assert drawn.tolist() == splitmix64(seed, 50)


def test_the_first_numbers_are_the_published_ones() -> None:
    """The numbers for seed 1234567 are listed for implementations in many languages."""
    assert draws(np.array([1234567], np.uint64), np.arange(3)).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_uniform_numbers_are_spread_evenly_and_independent() -> None:
    a, b = uniform_pairs(np.arange(500, dtype=np.uint64), 784)

    for u in (a, b):
        assert u.dtype == np.float32
        assert u.min() >= -1
        assert u.max() < 1
        counts = np.histogram(u, 64, (-1, 1))[0]
        expected = u.size / 64
        chi_square = ((counts - expected) ** 2 / expected).sum()
        assert chi_square < 63 + 5 * np.sqrt(2 * 63)
    assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(a[:, :-1].ravel(), a[:, 1:].ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(a[:-1].ravel(), a[1:].ravel())[0, 1]) < 0.01


def test_the_key_of_a_row_depends_on_the_epoch_and_the_row_alone() -> None:
    def keys(epoch: int, rows: list[int]) -> list[int]:
        key = epoch_key(np.random.default_rng(epoch))
        return keys_of_rows(key, np.array(rows)).tolist()

    assert keys(1, [5, 7, 9])[1:] == keys(1, [7, 9])
    assert keys(1, [7]) != keys(2, [7])
    assert len(set(keys(1, list(range(1000))))) == 1000
