"""t-SNE: a map of examples that keeps neighbours together (van der Maaten & Hinton 2008).

The exact method, for up to a few thousand examples. For pairs i, j of examples x and points y:

    p(j|i) ~ exp(-beta_i |x_i - x_j|^2),  with beta_i such that 2^entropy(p(.|i)) = perplexity
    p_ij   = (p(j|i) + p(i|j)) / 2n
    q_ij   ~ 1 / (1 + |y_i - y_j|^2)
    loss   = sum_ij p_ij log(p_ij / q_ij)
    dy_i   = 4 sum_j (p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2)
"""

from __future__ import annotations

import time

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError
from byhand.evaluation.projection import principal_components
from byhand.threads import hold_threads

STEPS, EARLY = 750, 250
"""Total number of steps, and number of first steps in which attraction is exaggerated."""

BISECTIONS = 60
"""Number of bisections to find each beta; one takes about as long as a step."""

FEWEST = 4
"""Smallest number of examples; with fewer there are no neighbours to keep together."""

TIMED = 5
"""Number of steps that `expected_seconds` times."""

EXAGGERATION = 12.0
SPREAD = 1e-4
"""Standard deviation of the points at the start."""


def tsne(x: Array, *, perplexity: float = 30.0) -> FloatArray:
    """Return a map (n, 2) that keeps neighbours together, by t-SNE.

    The distances between groups and the sizes of groups have no meaning on such a map. It starts
    from the principal components and draws no random numbers, so the same data give the same map.

    Args:
        x: examples (n, ...), at least four; each is flattened to a row.
        perplexity: roughly the number of neighbours of each example; lowered to (n - 1) / 3 if
            there are few examples.
    """
    if len(x) < FEWEST:
        raise ArgumentError(f"expected at least {FEWEST} examples for t-SNE; got {len(x)}.")
    rows = np.asarray(x).reshape(len(x), -1).astype(np.float64)
    start = principal_components(rows).points
    with hold_threads(1):  # with so few points threads mostly wait for each other
        P = joint_probabilities(rows, min(perplexity, (len(rows) - 1) / 3))
        return _descend(P, start / (start[:, 0].std() or 1.0) * SPREAD)


def expected_seconds(examples: int) -> float:
    """Estimate how long `tsne` takes for this many examples here, by timing a few steps."""
    if examples < FEWEST:
        return 0.0
    rng = np.random.Generator(np.random.PCG64(0))
    y = rng.normal(size=(examples, 2)).astype(np.float32)
    P = np.full((examples, examples), 1 / examples**2, np.float32)
    with hold_threads(1):
        _gradient(P, y)
        begun = time.perf_counter()
        for _ in range(TIMED):
            _gradient(P, y)
        return (STEPS + BISECTIONS) * (time.perf_counter() - begun) / TIMED


def squared_distances(points: FloatArray) -> FloatArray:
    """Return |x_i - x_j|^2 for all pairs (n, n)."""
    lengths = np.einsum("ij,ij->i", points, points)
    squares: FloatArray = lengths[:, None] + lengths - 2 * points @ points.T
    np.fill_diagonal(squares, 0)
    return np.maximum(squares, 0, out=squares)


def joint_probabilities(rows: FloatArray, perplexity: float) -> FloatArray:
    """Return p_ij for all pairs of examples (n, n); they sum to 1."""
    distances = squared_distances(rows)
    distances /= distances.mean() or 1.0
    nearest = distances + np.diag(np.full(len(rows), np.inf))
    nearest -= nearest.min(axis=1, keepdims=True)  # so that exp does not underflow for a whole row
    low, high = np.zeros(len(rows)), np.full(len(rows), np.inf)
    beta = np.ones(len(rows))
    for _ in range(BISECTIONS):  # bisection: a larger beta means fewer neighbours
        P, entropy = _conditional(nearest, beta)
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, beta, low), np.where(wide, high, beta)
        beta = np.where(np.isinf(high), 2 * beta, (low + high) / 2)
    return (P + P.T) / (2 * len(rows))


def _conditional(distances: FloatArray, beta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return p(j|i) (n, n) and the entropy of each row (n,)."""
    P = np.exp(-distances * beta[:, None])
    sums = P.sum(axis=1)
    P /= sums[:, None]
    known = np.where(np.isinf(distances), 0, distances)
    return P, np.log(sums) + beta * (P * known).sum(axis=1)


def _descend(P: FloatArray, y: FloatArray) -> FloatArray:
    """Move the points down the gradient, with momentum and a step for each coordinate.

    A step grows while its gradient keeps its sign and shrinks when the sign changes (Jacobs 1988).
    """
    P, y = P.astype(np.float32), y.astype(np.float32)
    rate = max(len(P) / EXAGGERATION / 4, 50.0)
    change, gains = np.zeros_like(y), np.ones_like(y)
    for step in range(STEPS):
        early = step < EARLY
        gradient = _gradient(P * np.float32(EXAGGERATION) if early else P, y)
        gains = np.where(gradient * change < 0, gains + 0.2, gains * 0.8).clip(0.01)
        change = (0.5 if early else 0.8) * change - rate * gains * gradient
        y = y + change
    return np.asarray(y - y.mean(axis=0), np.float64)


def _gradient(P: FloatArray, y: FloatArray) -> FloatArray:
    closeness = 1 / (1 + squared_distances(y))
    np.fill_diagonal(closeness, 0)
    force = (P - closeness / closeness.sum()) * closeness
    gradient: FloatArray = 4 * (force.sum(axis=1)[:, None] * y - force @ y)
    return gradient
