"""Write the results as text, for the terminal and for the marked places of a page.

`python -m benchmarks.speed.report results.json docs/performance.md` updates a page: it replaces the
text between `<!-- result: pairs -->` and `<!-- end -->` by the section `pairs` of `SECTIONS`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.speed import tables
from benchmarks.speed.tables import NOTHING, Results

SECTIONS: dict[str, tuple[str, Callable[[Results], str]]] = {
    "machine": ("The machine", tables.machine_table),
    "figures": ("Figures to reach", tables.figures_table),
    "pairs": ("An epoch of 60,000 images", partial(tables.times_table, group="pairs")),
    "pairs-ratios": ("The same, paired", partial(tables.ratios_table, group="pairs")),
    "pairs-settings": (
        "Settings that each peer chose",
        partial(tables.settings_table, group="pairs"),
    ),
    "large": ("A larger network", partial(tables.times_table, group="large")),
    "large-ratios": ("The same, paired", partial(tables.ratios_table, group="large")),
    "full-batch": ("Full-batch descent", partial(tables.times_table, group="full-batch")),
    "full-batch-ratios": ("The same, paired", partial(tables.ratios_table, group="full-batch")),
    "latency": ("The class of one image", partial(tables.times_table, group="latency")),
    "prediction": ("The classes of 10,000 images", partial(tables.times_table, group="prediction")),
    "accuracy": ("Test accuracies", tables.accuracy_table),
    "cold": ("From the shell to a trained model", tables.cold_table),
    "install": ("Installed size", tables.size_table),
    "growth": ("How time grows", tables.growth_table),
    "profiles": ("Where a step's time goes", tables.profile_tables),
}
"""Name of a place in a page -> heading on the terminal, and function that returns the text."""

PLACE = re.compile(r"(<!-- result: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def as_text(results: Results) -> str:
    """Return all measurements as text for the terminal."""
    return "\n\n".join(_sections(results))


def _sections(results: Results) -> Iterator[str]:
    for heading, text in SECTIONS.values():
        found = text(results)
        if found != NOTHING:
            yield f"{heading}\n\n{found}"
    for name, case in results["cases"].items():
        for peer, result in case["peers"].items():
            if "error" in result:
                yield f"{name}: {peer} failed\n\n{result['error']}"


def fill(page: str, results: Results) -> str:
    """Return the page with its marked places updated."""

    def place(match: re.Match[str]) -> str:
        _, text = SECTIONS[match["name"]]
        return f"{match[1]}{text(results)}\n{match[3]}"

    return PLACE.sub(place, page)


def main(arguments: list[str]) -> int:
    """Update a page from a file of results."""
    if len(arguments) != 2:
        print("usage: python -m benchmarks.speed.report results.json docs/performance.md")
        return 2
    source, page = map(Path, arguments)
    page.write_text(fill(page.read_text(), json.loads(source.read_text())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
