"""`byhand data`: which data sets there are, where they are, and whether they are whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from byhand.cli import printing
from byhand.cli.app import new_app
from byhand.cli.options import AsJson, DataDir, Offline, Option
from byhand.data import (
    Listing,
    cache_folder,
    fetch_dataset,
    list_datasets,
    load_dataset,
    verify_dataset,
)

app = new_app(
    invoke_without_command=True,
    help="Data sets: which there are, where they are, and whether they are whole.",
    epilog="\b\nExamples:\n  byhand data\n  byhand data fetch mnist fashion-mnist\n"
    "  byhand data verify mnist\n  byhand data info my-folder-of-images/",
)

Names = Annotated[
    list[str], typer.Argument(metavar="NAME...", help="Names of data sets; see byhand data list.")
]
NameOrPath = Annotated[
    str, typer.Argument(metavar="NAME", help="A name, or a file or folder of your own.")
]
Into = Annotated[
    Path | None,
    Option("--into", help="A folder of data sets to put it into.", show_default="the cache"),
]
Force = Annotated[bool, Option("--force", help="Download even what is there.")]


@app.callback()
def _data(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_data()


@app.command("list")
def list_data(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """The data sets known by name, and where they are."""
    listings = list_datasets(data_dir)
    if as_json:
        printing.json_lines([_listed(listing) for listing in listings])
        return
    rows = [
        [
            listing.known.name,
            "{:,} + {:,}".format(*listing.known.counts[0]),
            len(listing.known.class_names),
            str(listing.found) if listing.found else f"to fetch, {listing.known.megabytes:g} MB",
        ]
        for listing in listings
    ]
    headings = ["name", "images", "classes", "where"]
    printing.table(headings, rows, left=["name", "where"], wraps=["where"])
    printing.line(f"\nThe cache is {cache_folder()}. Files and folders of your own do as well.")


@app.command()
def fetch(names: Names, into: Into = None, force: Force = False, offline: Offline = False) -> None:
    """Download data sets, each from the first mirror that gives them intact."""
    for name in names:
        found = fetch_dataset(
            name, into=into, force=force, offline=offline or None, say=printing.note
        )
        printing.line(f"{name} is in {found}")


@app.command()
def verify(names: Names, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Read every file and compare structure and checksums; the exit code is 1 if one differs."""
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
        headings = ["data", "file", "status", "why"]
        printing.table(headings, rows, left=headings, wraps=["why"])
    if not all(report.ok for _, report in reports):
        raise typer.Exit(1)


@app.command()
def info(
    name: NameOrPath, data_dir: DataDir = None, offline: Offline = False, as_json: AsJson = False
) -> None:
    """Sizes, classes, source, credit and checksum of a data set, or of files of your own."""
    dataset = load_dataset(name, data_dir=data_dir, offline=offline or None, say=printing.note)
    known = dataset.summary()
    if as_json:
        printing.json_lines(known)
        return
    counts: Any = known.pop("images_per_class")
    names: Any = known.pop("class_names")
    known["image_shape"] = " x ".join(str(side) for side in dataset.image_shape)
    printing.facts({key: value for key, value in known.items() if value != ""})
    printing.line()
    rows = [
        [number, label, *(counts[part][number] if counts[part] else "?" for part in counts)]
        for number, label in enumerate(names)
    ]
    printing.table(["label", "class", *counts], rows, left=["class"], wraps=["class"])


def _listed(listing: Listing) -> dict[str, Any]:
    known, found = listing.known, listing.found
    return {
        "name": known.name,
        "title": known.title,
        "train": known.counts[0][0],
        "test": known.counts[0][1],
        "classes": len(known.class_names),
        "at_hand": found is not None,
        "folder": str(found.folder) if found else None,
        "place": found.place if found else None,
        "megabytes": known.megabytes,
        "credit": known.credit,
        "homepage": known.homepage,
    }
