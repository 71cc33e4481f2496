"""The facts that run.json holds: where everything came from, what it ran on, how it ended."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import byhand
from byhand.network import MultiLayerPerceptron
from byhand.recipes.folders import RunFolder
from byhand.recipes.material import Material, Places
from byhand.recipes.recipe import Recipe

PACKAGES = ("numpy", "numba", "safetensors", "pydantic", "pooch", "threadpoolctl")


def first_facts(
    recipe: Recipe, material: Material, net: MultiLayerPerceptron, places: Places
) -> dict[str, Any]:
    """What is known before training."""
    return {
        "recipe": recipe.name,
        "title": recipe.spec.title,
        "started": now(),
        "seed": net.seed,
        "network": "-".join(str(units) for units in net.widths_of_dense()),
        "parameters": int(net.parameters.vector.size),
        "dataset": dataset_facts(material, places),
        "versions": versions(),
        "machine": machine(),
    }


def dataset_facts(material: Material, places: Places) -> dict[str, Any]:
    """Which data were asked for, which were taken, and how they were divided."""
    data_dir = places.data_dir or os.environ.get("BYHAND_DATA")
    return {
        "name": material.dataset.name,
        "asked": material.asked,
        "fallback": material.is_fallback,
        "source": material.dataset.source,
        "data_dir": str(Path(data_dir).expanduser().resolve()) if data_dir else None,
        "sha256": material.dataset.sha256,
        "rows": {name: len(rows) for name, rows in material.rows.items()},
    }


def versions() -> dict[str, str]:
    """Of byhand, Python and every package that matters to the numbers."""
    found = {"byhand": byhand.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def machine() -> dict[str, object]:
    """What it runs on."""
    return {
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
    }


def now() -> str:
    """The time, UTC, to the microsecond, so that runs can be put in order."""
    return datetime.now(UTC).isoformat()


@contextlib.contextmanager
def written_down(folder: RunFolder, facts: dict[str, Any]) -> Iterator[None]:
    """Keep run.json true: running now, and afterwards how it ended, also when it failed."""
    began = time.perf_counter()
    facts["status"] = "running"
    folder.write_facts(facts)
    try:
        yield
    except BaseException as error:
        facts |= {"status": "failed", "stopped": str(error) or type(error).__name__}
        with contextlib.suppress(OSError):  # a full disk must not hide its own cause
            folder.write_facts(facts)
        raise
    facts["ended"] = now()
    facts["seconds"] = round(facts.get("seconds", 0) + time.perf_counter() - began, 3)
    folder.write_facts(facts)
