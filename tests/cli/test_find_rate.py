from __future__ import annotations

import pytest


def test_rates_are_tried_and_one_is_suggested(byhand, tmp_path) -> None:
    pytest.importorskip("matplotlib")

    said = byhand("train", "--dataset", "digits", "--find-rate", "-q")

    assert said.code == 0, said.err
    assert "suggestion: --learning-rate" in said.out
    assert (tmp_path / "learning-rates.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "runs").exists()


def test_the_search_as_json(byhand, tmp_path) -> None:
    found = byhand(
        "train", "--dataset", "digits", "--find-rate", "--json", "--out", tmp_path / "rates.svg"
    ).json

    assert 1e-5 < found["suggestion"] < 1
    assert found["rates"][0]["learning_rate"] == pytest.approx(1e-6)
    assert found["figure"] == str(tmp_path / "rates.svg")


def test_a_figure_of_another_format_is_refused(byhand, tmp_path) -> None:
    said = byhand(
        "train", "--dataset", "digits", "--find-rate", "-q", "--out", tmp_path / "rates.txt"
    )

    assert said.code == 2
    assert "format of a figure" in said.err
