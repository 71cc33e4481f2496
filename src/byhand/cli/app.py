"""The group of verbs and what they share: late loading, help, versions, errors, exit codes.

`byhand --help` must answer at once, so nothing here imports NumPy, directly or indirectly. A verb's
module is imported when the verb is called. Typer's own group does not do that, hence `Verbs`. Help
is plain text (no rich), because boxes cost another 0.1 s and plain text can be piped.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from byhand.cli.error_exit import INTERRUPTED, ParserError, explain, plain_warnings
from byhand.cli.optional_values import with_values
from byhand.cli.printing import line
from byhand.errors import unknown_name

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


VERBS = {
    "train": "Train a recipe, or a network described by options.",
    "search": "Train a recipe with many settings, and choose the best.",
    "runs": "List all runs, sorted and filtered.",
    "compare": "Compare runs, and test whether chance explains the difference.",
    "evaluate": "Print the accuracy of a trained network, and its mistakes.",
    "predict": "Predict images or the rows of a table.",
    "report": "Write a one-page report about a run.",
    "playground": "Open a page where you train a network by hand.",
    "visualize": "Draw figures of a run, one file each.",
    "doctor": "Find out what is wrong with a training run.",
    "verify": "Train a run again and check that every bit is the same.",
    "export": "Export a trained network to C, JavaScript, ONNX, NumPy, ...",
    "twin": "Train a run beside PyTorch, JAX or scikit-learn, step by step.",
    "serve": "Serve a trained network over HTTP.",
    "trace": "Follow one example through a network, number by number.",
    "reproduce": "Train published recipes and compare the results.",
    "recipes": "List, show and check recipes.",
    "data": "List, fetch, verify, describe and preview data sets.",
    "summary": "Print layers, shapes, parameters and multiply-adds of a network.",
    "course": "Take twelve lessons, with checks that name your mistake.",
    "examine": "Compare your own network with byhand, step by step.",
    "notebook": "Open the pages about the five sources as Jupyter notebooks.",
    "hunt": "Find the one mistake planted in a small network.",
    "gradcheck": "Compare a network's gradients with finite differences.",
}
"""The line of each verb in the list of commands. The verb's file has the same name."""

ALIASES = {"eval": "evaluate"}

EXAMPLES = (
    "byhand train",
    "byhand train --dataset fashion-mnist --layers 128,64 --epochs 10",
    "byhand train -dataset mnist -lr 0.1 -i 1000",
    "byhand evaluate",
    "byhand predict digit.png",
    "byhand reproduce --quick",
)


class Group(TyperGroup):
    """A group of commands that suggests the nearest name for an unknown one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; an unknown name is an error with a suggestion."""
        names = self.list_commands(ctx)
        if args and args[0] not in (*names, *ALIASES) and not args[0].startswith("-"):
            raise unknown_name("command", args[0], names)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error of its parser carries the context of that command."""
        try:
            return super().invoke(ctx)
        except ParserError as error:
            name = ctx.invoked_subcommand
            if getattr(error, "ctx", None) is None and name is not None:
                error.ctx = typer.Context(ctx.command, parent=ctx, info_name=name)
            raise


class Verbs(Group):
    """The group of all verbs; loads each verb when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the list."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name or an alias."""
        name = ALIASES.get(cmd_name, cmd_name)
        return load(name) if name in self.list_commands(ctx) else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, VERBS[name]) for name in self.list_commands(ctx)])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the examples, one line each."""
        with formatter.section("Examples"):
            formatter.write("".join(f"  {example}\n" for example in EXAMPLES))


def load(name: str) -> Any:
    """Return the command of a verb from its file: the function of that name, or the group `app`."""
    module = import_module(f"byhand.cli.{name}")
    app = getattr(module, "app", None)
    if app is None:
        app = new_app()
        function = getattr(module, name)
        app.command(name, **help_of(function, module), context_settings=SETTINGS)(function)
    command = get_command(app)
    command.name = name
    return command


def new_app(**settings: Any) -> typer.Typer:
    """Return a typer application with the settings that all verbs share."""
    return typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=SETTINGS,
        **{"cls": Group, "add_completion": False, **settings},
    )


def new_group(**settings: Any) -> typer.Typer:
    """Return an application for a verb with verbs of its own; without one it prints its help."""
    group = new_app(invoke_without_command=True, **settings)

    @group.callback()
    def _help(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    return group


def help_of(function: Any, module: Any) -> dict[str, Any]:
    """Return the help of a verb: its docstring up to Args, and the module's `EXAMPLES`."""
    text = inspect.getdoc(function) or ""
    examples = "\n".join(f"  {line}" for line in getattr(module, "EXAMPLES", ()))
    epilog = f"\b\nExamples:\n{examples}" if examples else ""
    return {"help": text.partition("\nArgs:")[0].strip(), "epilog": epilog}


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; no exception leaves this function."""
    debug = "--debug" in arguments or os.environ.get("BYHAND_DEBUG", "0") not in ("", "0")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a narrow encoding must not end a training
    words = with_values([word for word in arguments if word != "--debug"])
    try:
        with plain_warnings():
            command = get_command(_group())
            result = command.main(words, prog_name="byhand", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:
        return explain(error, debug)
    if result == INTERRUPTED:  # newer versions of typer return the code instead of raising
        return explain(KeyboardInterrupt())
    return result if isinstance(result, int) else 0


def _group() -> typer.Typer:
    app = new_app(cls=Verbs, invoke_without_command=True, add_completion=True)
    app.callback()(_byhand)
    return app


def _byhand(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Print versions, kernels and platform."),
    ] = False,
    debug: Annotated[  # noqa: ARG001 - taken out of the arguments before they are parsed
        bool, typer.Option("--debug", help="Show tracebacks; BYHAND_DEBUG=1 does the same.")
    ] = False,
) -> None:
    """Neural networks written by hand, for digits written by hand."""
    if version:
        from byhand.cli.versions import version_lines  # imported late: it imports NumPy

        for text in version_lines():
            line(text)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
