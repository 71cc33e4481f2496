"""The size of the gradient in each layer, for the checks of vanishing and exploding gradients."""

from __future__ import annotations

from byhand.evaluation.doctor.observations import State


def signals(state: State | None) -> list[float]:
    """Return the length of dZ of each hidden layer as a multiple of that of the output layer."""
    if state is None or len(state.layers) < 2:
        return []
    output = state.layers[-1].signal
    return [layer.signal / output if output else 1.0 for layer in state.layers[:-1]]


def in_layers(ratios: list[float]) -> str:
    """Describe the ratios of all layers."""
    listed = ", ".join(f"{ratio:.1e}" for ratio in ratios)
    return f"at the start the gradient at layers 1, 2, ... is {listed} of that at the output."
