"""Libraries that are not part of the base installation.

The message where one is missing is `missing_package` in `errors.py`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from byhand.errors import missing_package


def require(module: str, extra: str, purpose: str) -> Any:
    """Return a module of an extra.

    Args:
        module: its name.
        extra: the extra of byhand that it belongs to.
        purpose: what needs it, such as "to_torch needs".

    Raises:
        MissingPackageError: it is not installed; the message has the command that installs it.
    """
    package = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise missing_package(purpose, package, extra) from None
