"""Libraries that are not part of the plain installation, and how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from byhand.errors import ArgumentError


def require(module: str, extra: str) -> Any:
    """Return a module of an extra.

    Args:
        module: its name.
        extra: the extra of byhand that it belongs to.

    Raises:
        ArgumentError: it is not installed; the message has the command that installs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise ArgumentError(
            f'{module} is not installed. Install it with: pip install "byhand[{extra}]"'
        ) from None
