"""`byhand examine`: compare anyone's own network with byhand, step by step."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from byhand.atomic import write_whole
from byhand.cli import printing
from byhand.cli.options import AsJson, Option
from byhand.errors import FileError
from byhand.examine.examine import examine_file
from byhand.examine.page.page import page
from byhand.examine.result import FOLLOWS, RIGHT, UNSEEN, WRONG, Check, Result
from byhand.learner.limits import EXAMINE_SECONDS
from byhand.user_path import user_path

EXAMPLES = (
    "byhand examine my_network.py",
    "byhand examine my_network.py --html result.html   the network's diagram with ticks and "
    "crosses",
    "byhand examine my_network.py --adapter adapter.py",
    "byhand examine my_network.py --json",
)

SIGNS = {RIGHT: "✓", WRONG: "✗", FOLLOWS: "~", UNSEEN: "–"}
PLAIN_SIGNS = {RIGHT: "ok", WRONG: "WRONG", FOLLOWS: "~", UNSEEN: "-"}

TITLES = {
    "forward": "forward",
    "loss": "loss",
    "gradient": "gradients",
    "update": "update",
    "training": "training",
}

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="Your network, a Python file or a Jupyter notebook."),
]
Adapter = Annotated[
    Path | None,
    Option("--adapter", help="A file that says how to call your network.", show_default="none"),
]
Html = Annotated[
    Path | None,
    Option("--html", help="Write the result as a page to this file.", show_default="none"),
]
Seconds = Annotated[float, Option("--seconds", help="Processor time your code may take.", min=1)]


def examine(
    *,
    file: File,
    adapter: Adapter = None,
    html: Html = None,
    seconds: Seconds = EXAMINE_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Compare your own network with byhand, step by step, and name the mistake.

    Both get the same weights and the same batch: Z1, A1, ..., the loss, every gradient and the
    updated parameters are compared, then the training on 1,797 digits. Your functions run in their
    own process. If they do not show enough, your script is run and recorded. The exit code is 0 if
    everything is right, and 1 otherwise.
    """
    result = examine_file(_existing(file), None if adapter is None else _existing(adapter), seconds)
    if html is not None and result.error is None:
        write_whole(user_path(html), page(result).encode("utf-8"))
    if as_json:
        printing.json_lines(result.as_dict())
    else:
        _print(result)
        if html is not None and result.error is None:
            printing.line(f"The page is {html}.")
    if not result.passed:
        raise typer.Exit(1)


def _existing(path: Path) -> Path:
    found = user_path(path)
    if not found.is_file():
        raise FileError(
            f"{path} does not exist or is not a file. Name the Python file of your network."
        )
    return found


def _print(result: Result) -> None:
    for text in result.printed:
        printing.line(f"  your code printed: {text}")
    if result.error is not None:
        _paragraph(f"{result.file}: {result.error}")
        if result.advice:
            printing.line("\nSave this as adapter.py, edit it, and run:")
            printing.line(f"  byhand examine {result.file} --adapter adapter.py\n")
            printing.line(result.advice.rstrip("\n"))
        return
    _paragraph(f"{result.file}: {result.network}.")
    _paragraph("found: " + ", ".join(dict.fromkeys(result.found.values())) + ".")
    printing.line()
    for stage, title in TITLES.items():
        checks = [check for check in result.checks if check.stage == stage]
        if checks:
            printing.line(f"  {title:<10} {'   '.join(_told(check) for check in checks)}")
    printing.line()
    _print_causes(result)
    for note in result.notes:
        _paragraph(f"note: {note}")


def _print_causes(result: Result) -> None:
    if not result.causes:
        compared = any(check.status == RIGHT for check in result.checks)
        printing.line(
            "Everything that could be compared is right."
            if compared
            else "Nothing could be compared."
        )
        return
    for place, cause in enumerate(result.causes):
        detail = next((c.detail for c in result.checks if c.name == cause.shows_in), "")
        head = "The first thing to fix" if place == 0 else "Then"
        where = f", in {cause.shows_in}" if cause.shows_in else ""
        _paragraph(f"{head}{where}: {cause.text}", indent="  ")
        if detail and cause.certain:
            _paragraph(f"({detail}.)", indent="  ")
        if not cause.certain:
            _paragraph("(No known mistake gives exactly these numbers.)", indent="  ")


def _told(check: Check) -> str:
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    signs = SIGNS if encoding.startswith("utf") else PLAIN_SIGNS
    detail = f" {check.detail}" if check.stage == "training" and check.detail else ""
    return f"{check.name} {signs[check.status]}{detail}"


def _paragraph(text: str, indent: str = "") -> None:
    columns = max(60, min(100, shutil.get_terminal_size().columns))
    lines = textwrap.wrap(
        text, columns, subsequent_indent=indent, initial_indent="",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    printing.line("\n".join(lines))
