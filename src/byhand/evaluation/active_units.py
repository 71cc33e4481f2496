"""The fraction of active units in each layer: is the network using all of its units?"""

from __future__ import annotations

from byhand.arrays import Array
from byhand.evaluation.unit_rows import passes, unit_rows
from byhand.network import Network

ONE_SIDED = ("relu", "leaky_relu", "elu", "softplus", "swish", "gelu")
"""Activations that are on for positive Z, and (nearly) off for negative Z."""


def active_shares(network: Network, x: Array) -> dict[str, float]:
    """Return the fraction of (example, unit) pairs with Z > 0 in each hidden layer, by its title.

    A leaky relu passes something on for negative Z, too, but counts as active where Z > 0, like a
    relu. Layers whose activation is never off, such as tanh, are left out.

    Args:
        network: the network.
        x: raw inputs of some examples.
    """
    rows = [row for row in unit_rows(network) if row.hidden and row.activation.name in ONE_SIDED]
    counts = dict.fromkeys((row.title for row in rows), 0)
    for _, cache in passes(network, x):
        for row in rows:
            counts[row.title] += int((cache[row.z_name] > 0).sum())
    return {row.title: counts[row.title] / (len(x) * row.units) for row in rows}
