"""Plot the results: the pairs side by side, and how time grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.speed import cases
from benchmarks.speed.cases import GROUPS
from benchmarks.speed.measure import median, took_part
from benchmarks.speed.tables import Results

COLOURS = {
    cases.FLOOR: "#9e9e9e",
    cases.OURS: "#b3362a",
    cases.OURS_PLAIN: "#e0a39c",
    cases.TORCH: "#2f5d8a",
    cases.TORCH_COMPILED: "#8fb0d0",
    cases.JAX: "#4a7c59",
    cases.SKLEARN: "#c9a227",
}
GROWING = ("width", "depth", "batch", "images")


def draw(results: Results, path: Path) -> None:
    """Write the plot to a file; its extension decides the format."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(12, 8), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1.1, 1))
    _draw_pairs(above.subplots(), results)
    for axes, thing in zip(below.subplots(1, len(GROWING)), GROWING, strict=True):
        _draw_growth(axes, results, thing)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _draw_pairs(axes: Any, results: Results) -> None:
    """Draw bars: each peer's median time divided by that of the matrix products."""
    found = {
        work.name: results["cases"][work.name]
        for work in GROUPS["pairs"]
        if took_part(results["cases"].get(work.name, {"peers": {}}), cases.FLOOR)
    }
    width = 1 / (len(COLOURS) + 1)
    for place, (peer, colour) in enumerate(COLOURS.items()):
        bars = [
            (index + place * width, median(case["peers"][peer]) / _floor(case))
            for index, case in enumerate(found.values())
            if took_part(case, peer)
        ]
        if bars:
            axes.bar(*zip(*bars, strict=True), width, label=peer, color=colour)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_xticks([index + 3 * width for index in range(len(found))], list(found), fontsize=8)
    axes.set_ylabel("epoch / its matrix products")
    axes.set_yscale("log")
    axes.set_yticks([1, 2, 5, 10], ["1", "2", "5", "10"])
    if found:
        axes.legend(ncols=len(COLOURS), fontsize=8, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)


def _floor(case: dict[str, Any]) -> float:
    return median(case["peers"][cases.FLOOR])


def _draw_growth(axes: Any, results: Results, thing: str) -> None:
    """Draw lines: an epoch of byhand and of its products as one setting grows."""
    prefix = f"growth {thing} "
    found = {
        int(name.removeprefix(prefix)): case
        for name, case in results["cases"].items()
        if name.startswith(prefix)
    }
    for peer in (cases.OURS, cases.FLOOR):
        points = [(n, median(c["peers"][peer])) for n, c in found.items() if took_part(c, peer)]
        if points:
            axes.plot(*zip(*points, strict=True), "o-", label=peer, color=COLOURS[peer])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(f"an epoch by {thing}", fontsize=9)
    axes.set_ylabel("seconds" if thing == GROWING[0] else "")
    if found:
        axes.set_xticks(list(found), [f"{n:,}" for n in found], fontsize=7, rotation=45)
        axes.minorticks_off()
        axes.legend(fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)
