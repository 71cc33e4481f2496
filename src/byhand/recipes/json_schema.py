"""The JSON Schema of a recipe, for editors that complete fields and mark mistakes.

`field_schema.py` has the schemas of single fields. Reading a recipe checks more than a schema can
express.
"""

from __future__ import annotations

from typing import Any

from byhand.mlp import MultiLayerPerceptron
from byhand.recipes.field_schema import argument_texts
from byhand.recipes.fields_and_defaults import RecipeSpec


def recipe_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a recipe."""
    schema = RecipeSpec.model_json_schema()
    fields = schema["$defs"]["TrainingSpec"]["properties"]
    for name, text in argument_texts(MultiLayerPerceptron.fit.__doc__ or "").items():
        if name in fields:
            fields[name].setdefault("description", text)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Recipe of byhand",
        **schema,
    }
