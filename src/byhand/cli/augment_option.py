"""The option `--augment`: a name, fields, or no value."""

from __future__ import annotations

from collections.abc import Sequence

OPTION, DEFAULT = "--augment", "affine"


def with_default(words: Sequence[str]) -> list[str]:
    """Return a command line in which a bare `--augment` has a value.

    The next word is its value, unless it is another option or the name of a recipe.
    """
    filled: list[str] = []
    for word, following in zip(words, [*words, None][1:], strict=True):
        filled.append(word)
        if word == OPTION and (following is None or _is_no_value(following)):
            filled.append(DEFAULT)
    return filled


def _is_no_value(word: str) -> bool:
    if word.startswith("-") or word.endswith(".toml"):
        return True
    from byhand.recipes.recipe import is_shipped  # imported late: it imports NumPy

    return is_shipped(word)
