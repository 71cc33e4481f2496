"""`byhand data`: list, download, verify, describe and preview data sets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from byhand.augmentation import Augmentation, augmentation_from_text
from byhand.cli import printing, shell_completion
from byhand.cli.app import new_app
from byhand.cli.optional_values import AUGMENTATION
from byhand.cli.options import AsJson, DataDir, Offline, Option, Seed
from byhand.data import (
    Listing,
    cache_folder,
    fetch_dataset,
    list_datasets,
    load_dataset,
    verify_dataset,
)
from byhand.data.labels import TASKS, TaskChoice
from byhand.errors import DataError, unknown_name
from byhand.figures.augmented import augmented_images, first_of_each_class
from byhand.figures.canvas import save

app = new_app(
    invoke_without_command=True,
    help="List, download, verify, describe and preview data sets.",
    epilog="\b\nExamples:\n  byhand data\n  byhand data fetch mnist fashion-mnist\n"
    "  byhand data verify mnist\n  byhand data info my-folder-of-images/\n"
    "  byhand data preview mnist --augment elastic",
)

Names = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME...",
        help="Names of data sets; see byhand data list.",
        autocompletion=shell_completion.datasets,
    ),
]
NameOrPath = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A name, or the path of your own file or folder.",
        autocompletion=shell_completion.datasets,
    ),
]
Into = Annotated[
    Path | None,
    Option("--into", help="The folder of data sets to download into.", show_default="the cache"),
]
Label = Annotated[
    str | None,
    Option("--label", help="Label column of a table, by name or position.", show_default="by name"),
]
TaskOption = Annotated[
    str, Option("--task", help="classification or regression; auto chooses by the labels.")
]
Force = Annotated[bool, Option("--force", help="Download files again even if they exist.")]
Augment = Annotated[
    str,
    Option(
        "--augment",
        help="How images are changed: affine, elastic, or fields such as shift=2,noise=0.05.",
        metavar="TEXT",
        autocompletion=shell_completion.augmentations,
    ),
]
Count = Annotated[int, Option("--count", help="Number of images, one row each.", min=1, max=40)]
Out = Annotated[
    Path | None,
    Option("--out", help="The picture, a PNG or SVG file.", show_default="augmented-<name>.png"),
]


@app.callback()
def _data(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_data()


@app.command("list")
def list_data(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the data sets known by name, and where they are."""
    listings = list_datasets(data_dir)
    if as_json:
        printing.json_lines([_listed(listing) for listing in listings])
        return
    rows = [
        [
            listing.known.name,
            "{:,} + {:,}".format(*listing.known.counts[0]),
            len(listing.known.class_names),
            str(listing.found)
            if listing.found
            else f"not downloaded, {listing.known.megabytes:g} MB",
        ]
        for listing in listings
    ]
    headings = ["name", "images", "classes", "where"]
    printing.table(headings, rows, left=["name", "where"], wraps=["where"])
    printing.line(
        f"\nThe cache of downloads is {cache_folder()}. Your own files and folders work too."
    )


@app.command()
def fetch(names: Names, into: Into = None, force: Force = False, offline: Offline = False) -> None:
    """Download data sets, each file from the first mirror that serves it intact."""
    for name in names:
        found = fetch_dataset(
            name, into=into, force=force, offline=offline or None, say=printing.note
        )
        printing.line(f"{name} is in {found}")


@app.command()
def verify(names: Names, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check structure and checksum of every file; the exit code is 1 if one differs."""
    reports = [(name, report) for name in names for report in verify_dataset(name, data_dir)]
    if as_json:
        printing.json_lines(
            [
                {
                    "dataset": name,
                    "role": report.role,
                    "path": str(report.path),
                    "status": report.status,
                    "detail": report.detail,
                }
                for name, report in reports
            ]
        )
    else:
        rows = [[name, report.role, report.status, report.detail] for name, report in reports]
        headings = ["data set", "file", "status", "reason"]
        printing.table(headings, rows, left=headings, wraps=["reason"])
    if not all(report.ok for _, report in reports):
        raise typer.Exit(1)


@app.command()
def info(
    name: NameOrPath,
    label: Label = None,
    task: TaskOption = "auto",
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Show sizes, classes, source, credit and checksum of a data set, or of your own files."""
    dataset = load_dataset(
        name,
        data_dir=data_dir,
        offline=offline or None,
        label="auto" if label is None else int(label) if label.lstrip("-").isdecimal() else label,
        task=_task(task),
        say=printing.note,
    )
    known = dataset.summary()
    if as_json:
        printing.json_lines(known)
        return
    counts, names = known.pop("images_per_class"), known.pop("class_names")
    ranges = known.pop("target_range")
    known["image_shape"] = " x ".join(str(side) for side in dataset.image_shape)
    is_table = dataset.train.images.ndim == 2
    known["column_names"] = _shortened(known["column_names"]) if is_table else ""
    known |= {part: f"{known[part]:,}" for part in ("train", "test")}
    known["encoding"] = ", ".join(
        f"{column} ({len(values)} values)" for column, values in known["encoding"].items()
    )
    printing.facts({key: value for key, value in known.items() if value != ""})
    printing.line()
    if dataset.task == "regression":
        rows = [[part, *(limits or ("?", "?"))] for part, limits in ranges.items()]
        printing.table(["part", "smallest target", "largest target"], rows, left=["part"])
        return
    rows = [
        [number, class_name, *(counts[part][number] if counts[part] else "?" for part in counts)]
        for number, class_name in enumerate(names)
    ]
    printing.table(["label", "class", *counts], rows, left=["class"], wraps=["class"])


@app.command()
def preview(
    name: NameOrPath,
    augment: Augment = AUGMENTATION,
    count: Count = 8,
    seed: Seed = 0,
    out: Out = None,
    data_dir: DataDir = None,
    offline: Offline = False,
) -> None:
    """Draw training images beside the augmented copies that a network would train on."""
    augmentation = Augmentation(**augmentation_from_text(augment))
    dataset = load_dataset(name, data_dir=data_dir, offline=offline or None, say=printing.note)
    images = dataset.train.images
    if images.ndim != 3:
        raise DataError(f"{dataset.name} is a table; only images can be augmented.")
    path = out or Path(f"augmented-{dataset.name}.png")
    chosen = first_of_each_class(dataset.train.labels, count)
    printing.line(str(save(augmented_images(images[chosen], augmentation, seed=seed), path)))


def _task(name: str) -> TaskChoice:
    if name not in TASKS:
        raise unknown_name("task", name, TASKS)
    return cast(TaskChoice, name)


def _shortened(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f", ... ({len(names)} columns)" if len(names) > most else "")


def _listed(listing: Listing) -> dict[str, Any]:
    known, found = listing.known, listing.found
    return {
        "name": known.name,
        "title": known.title,
        "train": known.counts[0][0],
        "test": known.counts[0][1],
        "classes": len(known.class_names),
        "found": found is not None,
        "folder": str(found.folder) if found else None,
        "place": found.place if found else None,
        "megabytes": known.megabytes,
        "credit": known.credit,
        "homepage": known.homepage,
    }
