"""Options shared by several verbs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from byhand.cli import shell_completion

Option = typer.Option

MOST_THREADS = 1024
"""Largest number of threads; a larger one is a typing error."""

RunName = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        help="A run folder, its name in runs/, or a model file; by default the latest run.",
        autocompletion=shell_completion.runs,
        show_default=False,
    ),
]
RunOnly = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN",
        help="A run folder, or its name in runs/; by default the latest run.",
        autocompletion=shell_completion.runs,
        show_default=False,
    ),
]
DatasetName = Annotated[
    str | None,
    Option(
        "--dataset",
        "-dataset",
        help="mnist, fashion-mnist, kmnist, emnist-..., digits, or a file or folder of your own.",
        autocompletion=shell_completion.datasets,
        show_default=False,
    ),
]
DataDir = Annotated[
    Path | None,
    Option("--data-dir", help="Folder of data sets to search first.", show_default=False),
]
Offline = Annotated[bool, Option("--offline", help="Never download; BYHAND_OFFLINE=1 does too.")]
Threads = Annotated[
    int | None,
    Option(
        "--threads",
        help="Threads for matrix products.",
        show_default="by size",
        min=1,
        max=MOST_THREADS,
    ),
]
AsJson = Annotated[bool, Option("--json", help="Print JSON on standard output, for programs.")]
Seed = Annotated[
    int, Option("--seed", help="Seed of all random numbers: same seed, same bits.", min=0)
]


Arguments = TypeVar("Arguments")


def takes(kind: Callable[..., Arguments]) -> Callable[[Callable[[Arguments], None]], Any]:
    """Return a decorator for a verb whose command line is a dataclass: an option for each field.

    Args:
        kind: the dataclass; its fields are annotated as the parameters of other verbs are.
    """

    def decorate(verb: Callable[[Arguments], None]) -> Any:
        @functools.wraps(verb)
        def command(**values: Any) -> None:
            verb(kind(**values))

        del command.__wrapped__  # typer would read its signature
        hints = get_type_hints(kind, include_extras=True)
        parameters = inspect.signature(kind).parameters.values()
        command.__annotations__ = hints
        command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [one.replace(annotation=hints[one.name]) for one in parameters]
        )
        return command

    return decorate
