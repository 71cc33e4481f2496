"""`byhand verify`: train a run again and check that every bit is the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from byhand.cli import printing
from byhand.cli.error_exit import explain
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly, Threads
from byhand.runs import Run
from byhand.runs.verify import Verification

EXAMPLES = (
    "byhand verify                                   the latest run",
    "byhand verify basic-1                           a run by its name",
    "byhand verify basic-1 --epochs 2                only the first two epochs",
    "byhand verify basic-1 --threads 1               what another number of threads changes",
)

DIFFERENT, CANNOT = 1, 2
"""Exit codes like those of `cmp`: 0 means that the bits are the same."""

Epochs = Annotated[
    int | None,
    Option("--epochs", "-e", help="Compare only the first epochs.", min=1, show_default="all"),
]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Print only the result.")]


def verify(
    *,
    run: RunOnly = None,
    dataset: DatasetName = None,
    epochs: Epochs = None,
    threads: Threads = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train a run again and check that every bit is the same, or show where they first differ.

    The run is trained in a temporary folder with the same recipe, data, split, seed, backend and
    threads. Then weights, history and scores are compared. The exit code is 0 if all bits are the
    same, 1 if not, and 2 if the run cannot be trained here.
    """
    is_quiet = quiet or as_json
    try:
        found = Run(run, dataset=dataset, data_dir=data_dir, offline=offline or None)
        result = found.verify(epochs=epochs, threads=threads, verbose=0 if is_quiet else 1)
    except Exception as error:  # no error may look like a difference of bits
        explain(error)
        raise SystemExit(CANNOT) from error
    if as_json:
        printing.json_lines(_as_dict(result))
    else:
        _print(result)
    if not result.same:
        raise SystemExit(DIFFERENT)


def _print(result: Verification) -> None:
    counts = result.compared
    if result.same:
        printing.line(f"{result.path}: the same bits.")
    else:
        printing.line(f"{result.path}: the bits differ, first {result.parting}.")
    printing.line(
        f"equal: {counts['checksums']:,} checksums of weights in {result.epochs:,} "
        f"epoch{'s' * (result.epochs != 1)}, {counts['history']:,} values of the history, "
        f"{counts['scores']:,} scores, {counts['arrays']:,} arrays of the model file"
    )
    for one in result.resumed:
        printing.line(f"resumed {one.get('time')} with other settings:")
        _print_changes(one["changed"])
    if result.environment:
        printing.line("recorded then, and now:")
        _print_changes(result.environment)
    elif not result.same and not result.resumed:
        printing.line(
            "Everything that run.json records about the machine is unchanged. Callbacks of "
            "your own may have taken part in training, or a file of the run has been changed since."
        )


def _print_changes(changes: Mapping[str, Any]) -> None:
    rows = [[name, _text(then), _text(now)] for name, (then, now) in changes.items()]
    printing.table(["", "then", "now"], rows, left=["", "then", "now"], wraps=["then", "now"])


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _as_dict(result: Verification) -> dict[str, Any]:
    parting = result.parting
    return {
        "run": result.path,
        "same": result.same,
        "parting": None if parting is None else vars(parting),
        "epochs": result.epochs,
        "compared": result.compared,
        "environment": result.environment,
        "resumed": list(result.resumed),
    }
