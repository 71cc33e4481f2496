"""`byhand doctor --suspects`: labels to look at again, and repeated images."""

from __future__ import annotations


def test_suspects_are_listed_with_both_labels(byhand, trained):
    said = byhand("doctor", "--suspects", 5)
    found = byhand("doctor", "--suspects", 5, "--json").json

    assert said.code == 0
    assert "labels that are probably wrong" in said.out
    assert "groups of equal examples" in said.out
    assert 0 < len(found["suspects"]) <= 5
    assert all(one["label"] != one["likely"] for one in found["suspects"])
    doubts = [one["probability_of_label"] for one in found["suspects"]]
    assert doubts == sorted(doubts)


def test_without_the_option_nothing_is_listed(byhand, trained):
    assert set(byhand("doctor", "--json").json) == {"run", "findings"}
