"""The names of a network's numbers, in the order in which they are computed."""

from __future__ import annotations


def gradient_names(layers: int) -> list[str]:
    """Return the names of the gradients, from the last layer to the first: dW2, db2, dW1, db1."""
    return [f"d{kind}{n}" for n in range(layers, 0, -1) for kind in "Wb"]


def numbers_of(stage: str, layers: int) -> list[str]:
    """Return the names of the numbers of a stage."""
    new = [f"new {name[1:]}" for name in gradient_names(layers)]
    return {
        "forward": [f"{kind}{n}" for n in range(1, layers + 1) for kind in "ZA"],
        "loss": ["loss"],
        "gradient": [*gradient_names(layers), *new],
        "update": sorted(new, key=lambda name: (int(name[5:]), name[4] == "b")),
    }[stage]


def weights_before(name: str, layers: int) -> set[str]:
    """Return the gradients whose errors reach this one: dW of this layer and later ones."""
    layer = int(name[2:])
    first = layer if name[1] == "b" else layer + 1
    return {f"dW{later}" for later in range(first, layers + 1)}
