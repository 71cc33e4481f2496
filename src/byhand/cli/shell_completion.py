"""Words that a shell completes: names of recipes, runs, data sets and augmentations.

Modules are imported late, because these functions run only when someone presses the tab key.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress


def recipes(incomplete: str) -> list[str]:
    """Return the names of recipes that come with byhand."""
    from byhand.recipes.recipe import shipped_recipes

    return _starting(incomplete, shipped_recipes())


def runs(incomplete: str) -> list[str]:
    """Return the names of runs, the latest first, and "latest"."""
    from byhand.errors import ByhandError
    from byhand.runs.folder import LATEST, all_runs

    names: list[str] = []
    with suppress(ByhandError, OSError):
        names = [run.path.name for run in all_runs()]
    return _starting(incomplete, [LATEST, *names])


def recipes_and_runs(incomplete: str) -> list[str]:
    """Return the names of recipes and of runs."""
    return [*recipes(incomplete), *runs(incomplete)]


def datasets(incomplete: str) -> list[str]:
    """Return the names of known data sets."""
    from byhand.data.known_datasets import DATASETS

    return _starting(incomplete, DATASETS)


def augmentations(incomplete: str) -> list[str]:
    """Return the names of augmentations."""
    from byhand.augmentation import PRESETS

    return _starting(incomplete, PRESETS)


def figures(incomplete: str) -> list[str]:
    """Return the names of figures; after a comma, those of the next figure."""
    from byhand.figures.all_figures import FIGURES

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in _starting(last, FIGURES)]


def exports(incomplete: str) -> list[str]:
    """Return the names of the targets of `byhand export`."""
    from byhand.interop.export import TARGETS

    return _starting(incomplete, TARGETS)


def rivals(incomplete: str) -> list[str]:
    """Return the libraries of `byhand twin`."""
    from byhand.interop.twin import RIVALS

    return _starting(incomplete, RIVALS)


def _starting(incomplete: str, names: Iterable[str]) -> list[str]:
    """Return the names that begin with the typed text."""
    return [name for name in names if name.startswith(incomplete)]
