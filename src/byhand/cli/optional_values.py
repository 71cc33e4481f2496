"""Options that may stand without a value: `--augment` and `--suspects`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

AUGMENTATION = "affine"
"""The value of a bare `--augment`."""

SUSPECTS = "10"
"""The value of a bare `--suspects`."""


def with_values(words: Sequence[str]) -> list[str]:
    """Return a command line in which bare options have their usual values.

    The next word is the value of `--augment`, unless it is another option or the name of a recipe.
    It is the value of `--suspects` if it is a number.
    """
    filled: list[str] = []
    for word, following in zip(words, [*words, None][1:], strict=True):
        filled.append(word)
        if word in OPTIONAL:
            usual, is_value = OPTIONAL[word]
            if following is None or following.startswith("--") or not is_value(following):
                filled.append(usual)
    return filled


def _is_augmentation(word: str) -> bool:
    if word.startswith("-") or word.endswith(".toml"):
        return False
    from byhand.recipes.recipe import is_shipped  # imported late: it imports NumPy

    return not is_shipped(word)


def _is_number(word: str) -> bool:
    return word.lstrip("+-").isdecimal()


OPTIONAL: dict[str, tuple[str, Callable[[str], bool]]] = {
    "--augment": (AUGMENTATION, _is_augmentation),
    "--suspects": (SUSPECTS, _is_number),
}
"""Option -> its usual value, and whether a word is a value of it."""
