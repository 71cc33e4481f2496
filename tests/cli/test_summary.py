"""`byhand summary`: the layers of a network."""

from __future__ import annotations


def test_the_network_of_a_recipe(byhand):
    found = byhand("summary", "l2-search", "--json").json

    assert [layer["units"] for layer in found["layers"]] == [784, 512, 256, 128, 10]
    assert found["parameters"] == 567_434


def test_the_network_of_a_run(byhand, trained):
    said = byhand("summary")

    assert said.code == 0
    assert "64-300-10, 22,510 parameters, trained on digits" in said.out
    assert "dense relu" in said.out
    assert (
        byhand("summary", trained / "best.safetensors", "--json").json["facts"]["recipe"] == "basic"
    )


def test_an_unknown_network(byhand):
    said = byhand("summary", "nothing")

    assert said.code == 1
    assert "there is no run nothing" in said.err
