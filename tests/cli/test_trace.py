"""`byhand trace`: one example in text, JSON and LaTeX, and one weight."""

from __future__ import annotations

import pytest

from byhand.cli.trace import parse_weight
from byhand.evaluation.trace.documents import escape


def test_an_example_is_followed_in_text(byhand, trained):
    said = byhand("trace", "--index", 3)

    assert said.code == 0
    assert "Z1 = A0 W1 + b1" in said.out
    assert "finite differences of" in said.out
    assert "example 3 of the" in said.err


def test_the_json_holds_every_step(byhand, trained):
    found = byhand("trace", "--index", 3, "--json").json

    assert (found["part"], found["index"]) == ("test", 3)
    assert {step["stage"] for step in found["steps"]} == {
        "input", "forward", "loss", "backward", "update",
    }  # fmt: skip
    assert all((step["relative_error"] or 0) < 1e-6 for step in found["steps"])
    assert found["loss_after"] != found["loss"]


def test_the_latex_is_a_whole_document(byhand, trained):
    said = byhand("trace", "--format", "latex")

    assert said.out.startswith(r"\documentclass")
    assert said.out.rstrip().endswith(r"\end{document}")
    assert said.out.count("{") - said.out.count(r"\{") == said.out.count("}") - said.out.count(
        r"\}"
    )


def test_what_latex_would_read_as_a_command_is_escaped():
    assert escape("a_1 ^ 50 % {x}") == r"a\_1 \textasciicircum{} 50 \% \{x\}"


def test_one_weight(byhand, trained):
    said = byhand("trace", "--index", 3, "--weight", "W2[10,4]")
    found = byhand("trace", "--index", 3, "--weight", "W2[10,4]", "--json").json

    assert "dW2[10, 4] = A1[10] dZ2[4] =" in said.out
    assert found["gradient"] == pytest.approx(found["x"] * found["dz"])


def test_the_seed_chooses_the_example(byhand, trained):
    first, again, other = (
        byhand("trace", "--seed", seed, "--json").json["index"] for seed in (1, 1, 2)
    )

    assert first == again != other


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--index", 99999), "--index must be below"),
        (("--weight", "W1"), "as W1[400,7]"),
        (("--weight", "W1[3]"), "a row and a column"),
        (("--weight", "W9[0,0]"), "unknown weight matrix 'W9'"),
        (("--format", "pdf"), "unknown format 'pdf'"),
        (("--part", "tset"), "unknown part 'tset'"),
    ],
)
def test_mistakes_are_reported(byhand, trained, words, message):
    said = byhand("trace", *words)

    assert said.code == 2
    assert message in said.err


def test_a_weight_is_read_with_and_without_spaces():
    assert parse_weight("W1[400,7]") == parse_weight("W1[400, 7]") == ("W1", 400, 7)
