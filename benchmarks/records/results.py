"""The results of finished seeds, and which of them belong to a recipe as it is now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from byhand.recipes.recipe import Recipe, read_recipe

RESULTS = Path(__file__).with_name("results.json")

Result = dict[str, Any]


def settings_of(recipe: Recipe) -> str:
    """Return a short checksum of what the result depends on: data, network and training."""
    values = [recipe.values[table] for table in ("data", "network", "training")]
    text = json.dumps(values, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def current(results: Sequence[Result], name: str) -> list[Result]:
    """Return the results of a recipe with its present settings, by seed."""
    settings = settings_of(read_recipe(name))
    mine = [one for one in results if (one["recipe"], one["settings"]) == (name, settings)]
    return sorted(mine, key=lambda one: one["seed"])


def read_results(path: Path = RESULTS) -> list[Result]:
    """Return the results so far."""
    return json.loads(path.read_text("utf-8")) if path.exists() else []


def keep(result: Result, path: Path = RESULTS) -> None:
    """Add a result to the file."""
    text = ",\n".join(json.dumps(one) for one in [*read_results(path), result])
    path.write_text(f"[\n{text}\n]\n", "utf-8")
    print(json.dumps(result), flush=True)
