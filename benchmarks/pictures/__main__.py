r"""Count correct and doubted predictions for real pictures, in handwriting new to the network.

    python -m benchmarks.pictures drawings runs/basic-1 --seed 7
    python -m benchmarks.pictures drawings runs/basic-1 --seed 7 --in-python
    python -m benchmarks.pictures photographs runs/basic-1 --seed 7
    python -m benchmarks.pictures folders --seed 7
    python -m benchmarks.pictures doubt runs/basic-1 --fonts /usr/share/fonts

Needs MNIST (and Fashion-MNIST for `doubt`), Pillow, and for pages Playwright and Chromium. Lines
are rows of a table in Markdown.
"""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pictures import folders
from benchmarks.pictures.camera import SCENES, SHEET, photographed
from benchmarks.pictures.drawing import STYLES, drawn
from benchmarks.pictures.hands import pick, traced
from benchmarks.pictures.in_python import InPython
from benchmarks.pictures.page import Page, opened
from byhand.data import Dataset, Part, load_dataset
from byhand.runs.models import find_model

ON_A_SHEET = 16
LINES = 4


def row(*cells: Any) -> None:
    """Print a row of a table without delay."""
    print("|", *(f"{cell} |" for cell in cells), flush=True)


def byhand(*arguments: Any) -> str:
    """Run byhand in its own process; return its standard output."""
    command = [sys.executable, "-m", "byhand", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def predicted(run: Path, *arguments: Any) -> list[dict[str, Any]]:
    """Return the JSON answer of `byhand predict`."""
    found: list[dict[str, Any]] = json.loads(byhand("predict", *arguments, "--run", run, "--json"))
    return found


def drawings(
    run: Path, test: Part, rng: np.random.Generator, count: int, *, in_python: bool = False
) -> None:
    """Draw `count` digits in each style with the mouse, in the report of a run or in Python."""
    row("style", "right", "of the images themselves", "doubted", "wrong")
    net = find_model(str(run)).net
    asked: AbstractContextManager[InPython | Page] = (
        nullcontext(InPython(net)) if in_python else opened(run / "report.html")
    )
    with asked as page:
        for name, style in STYLES.items():
            right, doubts, wrong = 0, 0, []
            places = pick(test.images, test.labels, count, rng)
            itself = net.predict(test.images[places]) == test.labels[places]
            for place, read in zip(places, itself, strict=True):
                strokes = drawn(traced(test.images[place]), style, rng)
                answer, doubted = page.draw(strokes, style.pen)
                doubts += doubted
                right += answer == str(test.labels[place])
                if answer != str(test.labels[place]):
                    note = "" if read else ", as the image"
                    wrong.append(f"{test.labels[place]} as {answer} ({place}{note})")
            row(name, f"{right} of {count}", int(itself.sum()), doubts, ", ".join(wrong))


def photographs(run: Path, test: Part, rng: np.random.Generator, count: int, keep: Path) -> None:
    """Photograph `count` digits of each kind; ask `byhand predict` and the page."""
    row("kind", "byhand predict", "page", "doubted", "wrong")
    with opened(run / "report.html") as page:
        for kind in SCENES:
            folder = keep / kind.replace(" ", "-")
            folder.mkdir(parents=True, exist_ok=True)
            if kind == SHEET:
                _sheets(run, test, rng, count, folder)
            else:
                _single(run, page, kind, folder, test, rng, count)


def _single(
    run: Path, page: Page, kind: str, folder: Path, test: Part, rng: np.random.Generator, count: int
) -> None:
    labels = {}
    for place in pick(test.images, test.labels, count, rng):
        path = folder / f"{place}.jpg"
        path.write_bytes(photographed([traced(test.images[place])], kind, rng))
        labels[path] = str(test.labels[place])
    answers = {Path(one["image"]): one for one in predicted(run, folder)}
    in_page = {path: page.read(path)[0] for path in labels}
    right = [path for path, label in labels.items() if answers[path]["predicted"] == label]
    same = [path for path, label in labels.items() if in_page[path] == label]
    wrong = ", ".join(
        f"{label} as {answers[path]['predicted']}/{in_page[path]} ({path.stem})"
        for path, label in labels.items()
        if path not in right or path not in same
    )
    doubted = sum(one["doubt"] is not None for one in answers.values())
    row(kind, f"{len(right)} of {count}", f"{len(same)} of {count}", doubted, wrong)


def _sheets(run: Path, test: Part, rng: np.random.Generator, count: int, folder: Path) -> None:
    whole, right = 0, 0
    for number in range(count):
        places = rng.permutation(pick(test.images, test.labels, ON_A_SHEET, rng))
        path = folder / f"{number}.jpg"
        strokes = [traced(test.images[place]) for place in places]
        path.write_bytes(photographed(strokes, SHEET, rng, LINES))
        read = predicted(run, path, "--sheet")[0]
        answer = "".join(digit["predicted"] for digit in read["digits"])
        truth = "".join(str(test.labels[place]) for place in places)
        matcher = difflib.SequenceMatcher(None, answer, truth, autojunk=False)
        right += sum(block.size for block in matcher.get_matching_blocks())
        whole += len(answer) == len(truth)
    row(
        "digits of sheets",
        f"{right} of {count * ON_A_SHEET}",
        "",
        "",
        f"{whole} of {count} sheets cut rightly",
    )


def three_folders(data: Dataset, rng: np.random.Generator, keep: Path) -> None:
    """Train on each folder; predict the files that it was trained on, and those of other people."""
    row("folder", "at the end of training, all parts", "the same files", "other people's files")
    assert data.test is not None
    for number, (name, make) in enumerate(folders.FOLDERS.items()):
        folder, others, run = (keep / f"{what}-{number}" for what in ("folder", "others", "run"))
        for target, part, count in (
            (folder, data.train, folders.COUNT),
            (others, data.test, folders.OTHERS),
        ):
            folders.write(target, make, part, pick(part.images, part.labels, count, rng), rng)
        byhand("train", "--dataset", folder, "--out", run, "--no-report", "--quiet")
        results = json.loads((run / "run.json").read_text())["results"]
        parts = [results[name] for name in ("train", "validation", "test") if name in results]
        trained = sum(one["examples"] - one["wrong"] for one in parts)
        row(
            name,
            f"{trained} of {sum(one['examples'] for one in parts)}",
            *(_right(run, target) for target in (folder, others)),
        )


def _right(run: Path, folder: Path) -> str:
    """How many files in folders of classes `byhand predict` reads as their folder says."""
    answers = predicted(run, *sorted(folder.iterdir()))
    right = sum(Path(one["image"]).parent.name == one["predicted"] for one in answers)
    return f"{right} of {len(answers)}"


def main() -> None:
    """Run the measurement that the command line names."""
    parser = argparse.ArgumentParser(description="Count how pictures are answered.")
    parser.add_argument("what", choices=("drawings", "photographs", "folders", "doubt"))
    parser.add_argument("run", type=Path, nargs="?", help="a run with a report, trained on MNIST")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is written")
    parser.add_argument("--count", type=int, help="of each style or kind")
    parser.add_argument("--in-python", action="store_true", help="drawings: without a browser")
    parser.add_argument("--keep", type=Path, help="folder for the pictures")
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts"))
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    data = load_dataset("mnist")
    with tempfile.TemporaryDirectory() as temporary:
        keep = given.keep or Path(temporary)
        if given.what == "drawings":
            drawings(given.run, data.test, rng, given.count or 43, in_python=given.in_python)
        elif given.what == "photographs":
            photographs(given.run, data.test, rng, given.count or 10, keep)
        elif given.what == "folders":
            three_folders(data, rng, keep)
        else:
            from benchmarks.pictures.doubt import count_doubts

            count_doubts(given.run, data.test, rng, given.fonts)


if __name__ == "__main__":
    main()
