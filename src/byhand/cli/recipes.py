"""`byhand recipes`: list, show and check recipes, and their schema for editors."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from byhand.cli import printing
from byhand.cli.app import new_app
from byhand.cli.options import AsJson
from byhand.recipes.json_schema import recipe_schema
from byhand.recipes.recipe import Recipe, is_shipped, read_recipe, shipped_recipes
from byhand.reproduction.measures import MEASURES
from byhand.user_path import user_path

app = new_app(
    invoke_without_command=True,
    help="List, show and check recipes; without a command, list those that come with byhand.",
    epilog="\b\nExamples:\n  byhand recipes\n  byhand recipes show augmentation > mine.toml\n"
    "  byhand train mine.toml",
)

Name = Annotated[str, typer.Argument(metavar="RECIPE", help="A name, or the path of your own.")]


@app.callback()
def _recipes(context: typer.Context, as_json: AsJson = False) -> None:
    if context.invoked_subcommand is None:
        list_recipes(as_json)


@app.command("list")
def list_recipes(as_json: AsJson = False) -> None:
    """List what each recipe trains, and the figures that its source published."""
    recipes = [read_recipe(name) for name in shipped_recipes()]
    if as_json:
        printing.json_lines([_as_dict(recipe) for recipe in recipes])
        return
    rows = [[recipe.name, recipe.spec.title, _published(recipe)] for recipe in recipes]
    headings = ["recipe", "what it trains", "published %"]
    printing.table(headings, rows, left=headings, wraps=headings[2:])


@app.command("show")
def show(recipe: Name) -> None:
    """Print the file, to read or to start your own from."""
    printing.line(_text(recipe).rstrip("\n"))


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a recipe, for editors that complete fields and mark mistakes.

    Save it beside your recipe, and begin the recipe with the line `#:schema recipe.schema.json`.
    """
    printing.line(json.dumps(recipe_schema(), indent=2))


@app.command("check")
def check(recipe: Name) -> None:
    """Check a recipe of your own without training it."""
    checked = read_recipe(recipe)
    printing.line(f"{checked.name}: {checked.spec.title}. The recipe is valid.")


def _text(name: str) -> str:
    if is_shipped(name) or not user_path(name).is_file():
        return read_recipe(name).text
    return user_path(name).read_text("utf-8", errors="replace")


def _published(recipe: Recipe) -> str:
    figures = [
        f"{MEASURES[name].label} {MEASURES[name].text(value)}"
        for name, value in recipe.spec.published.items()
        if MEASURES[name].is_fraction
    ]
    return ", ".join(figures)


def _as_dict(recipe: Recipe) -> dict[str, Any]:
    return {"name": recipe.name, **recipe.values}
