"""The figures to reach: ratios between peers within one run of the benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.speed import cases
from benchmarks.speed.measure import Result, Spread, median, paired_ratios, took_part

BEST_TORCH = (cases.TORCH, cases.TORCH_COMPILED)
COLD = "cold start"


@dataclass(frozen=True)
class Figure:
    """A ratio to reach: the median over rounds of above / below, compared with a limit.

    Args:
        case: name of the case.
        above: peers of the numerator; the fastest of them counts.
        below: peer of the denominator.
        limit: limit for the median.
        at_least: whether the median must be at least the limit; otherwise at most.
        what: "seconds" or "megabytes".
        compiling: whether compiling counts.
    """

    case: str
    above: tuple[str, ...]
    below: str
    limit: float
    at_least: bool
    what: str = "seconds"
    compiling: bool = False


@dataclass(frozen=True)
class Verdict:
    """The measured ratio of a figure, and the numerator's peer."""

    figure: Figure
    above: str
    ratio: Spread

    @property
    def met(self) -> bool:
        """Whether the median ratio reaches the limit."""
        limit, middle = self.figure.limit, self.ratio.median
        return middle >= limit if self.figure.at_least else middle <= limit


FLOOR_LIMITS = {  # case: (compiled kernels, NumPy alone)
    "784-512-256-128-10 sgd": (1.15, 1.30),
    "784-512-256-128-10 adam": (1.25, None),
    "784-300-10 sgd": (1.25, 1.40),
    "784-300-10 adam": (1.40, None),
    "784-16-10 sgd": (2.0, 2.4),
    "784-16-10 adam": (2.1, None),
}
TORCH_LIMITS = {case: 4.5 if case.startswith("784-16") else 1.4 for case in FLOOR_LIMITS}
SKLEARN_LIMITS = {case: 3.0 if case.endswith("adam") else 2.0 for case in FLOOR_LIMITS}


def _over_products() -> Iterator[Figure]:
    for case, limits in FLOOR_LIMITS.items():
        for peer, limit in zip((cases.OURS, cases.OURS_PLAIN), limits, strict=True):
            if limit is not None:
                yield Figure(case, (peer,), cases.FLOOR, limit, at_least=False)


def _against_others() -> Iterator[Figure]:
    ours = cases.OURS
    for case in FLOOR_LIMITS:
        yield Figure(case, BEST_TORCH, ours, TORCH_LIMITS[case], at_least=True)
        yield Figure(case, (cases.SKLEARN,), ours, SKLEARN_LIMITS[case], at_least=True)
        yield Figure(case, (cases.JAX,), ours, 1.0, at_least=True)
        yield Figure(case, (cases.JAX,), ours, 3.0, at_least=True, compiling=True)


def _elsewhere() -> Iterator[Figure]:
    full, ours = "full-batch 784-10-10 sgd", cases.OURS
    yield Figure(full, BEST_TORCH, ours, 1.6, at_least=True)
    yield Figure(full, (cases.TEXTBOOK,), ours, 2.0, at_least=True)
    for peer in (cases.OURS, cases.OURS_PLAIN):
        yield Figure(COLD, (peer,), cases.TORCH, 1 / 2, at_least=False)
        yield Figure(COLD, (peer,), cases.TORCH, 1 / 3, at_least=False, what="megabytes")


FIGURES: tuple[Figure, ...] = (*_over_products(), *_against_others(), *_elsewhere())


def check_figures(results: dict[str, Result]) -> list[Verdict]:
    """Return a verdict on every figure that was measured."""
    return [verdict for figure in FIGURES if (verdict := _verdict(figure, results))]


def _verdict(figure: Figure, results: dict[str, Result]) -> Verdict | None:
    case = results.get(figure.case)
    if case is None or not took_part(case, figure.below, figure.what):
        return None
    above = [peer for peer in figure.above if took_part(case, peer, figure.what)]
    if not above:
        return None
    best = min(above, key=lambda peer: median(case["peers"][peer], figure.what))
    ratios = paired_ratios(case, best, figure.below, figure.what, figure.compiling)
    return Verdict(figure, best, Spread.of(ratios))
