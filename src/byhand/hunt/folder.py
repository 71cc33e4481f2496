"""A player's folder: a subfolder with the program for each hunt, and the score."""

from __future__ import annotations

import ast
import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from byhand.atomic import write_whole
from byhand.errors import ArgumentError, FileError, FormatError
from byhand.hunt.bug import BUGS, MODULES, Bug, program
from byhand.hunt.load import DIGITS
from byhand.hunt.score import NAME, Hunt, Score, read_score, write_score

DEFAULT = "hunt"
"""Default name of the folder."""

LEVELS = (1, 2, 3, 4)


@dataclass
class Place:
    """A hunt and where its files are.

    Args:
        folder: the player's folder.
        score: its score; `hunt` is one of its hunts.
        number: number of the hunt, from 1.
    """

    folder: Path
    score: Score
    number: int

    @property
    def hunt(self) -> Hunt:
        """The hunt."""
        return self.score.hunts[self.number - 1]

    @property
    def path(self) -> Path:
        """The folder with the program."""
        return self.folder / f"bug-{self.number}"

    @property
    def bug(self) -> Bug:
        """The planted mistake.

        Raises:
            FormatError: this version of byhand does not know it.
        """
        for bug in BUGS.values():
            if _mark(bug, self.hunt.level, self.hunt.seed) == self.hunt.mark:
                return bug
        raise FormatError(
            f"this version of byhand does not know the mistake in {self.path}: the folder was "
            "written by another version, or its score was changed. Start a new hunt elsewhere: "
            "byhand hunt start FOLDER"
        )

    def save(self) -> None:
        """Write the score."""
        write_score(self.folder, self.score)


def choose(level: int, seed: int) -> Bug:
    """Return the mistake of a level and a seed, the same for everyone with this version.

    Raises:
        ArgumentError: there is no such level.
    """
    if level not in LEVELS:
        raise ArgumentError(f"there is no level {level}. Choose one from 1 to {LEVELS[-1]}.")
    names = sorted(name for name, bug in BUGS.items() if bug.level == level)
    return BUGS[names[np.random.default_rng([level, seed]).integers(len(names))]]


def start(folder: Path, level: int, seed: int | None = None) -> Place:
    """Write a program with a mistake into a new subfolder.

    Args:
        folder: the player's folder; earlier hunts in it stay.
        level: 1 to 4.
        seed: seed of the mistake; by default that of one not yet hunted here, at random.

    Raises:
        ArgumentError: the last hunt is still open, or there is no such level.
        FileError: the folder cannot be written.
    """
    score = read_score(folder)
    if score.hunts and score.hunts[-1].state == "open":
        raise ArgumentError(
            f"the hunt in {folder / f'bug-{len(score.hunts)}'} is still open. Find the mistake, or "
            "give up with: byhand hunt reveal"
        )
    seed = _new_seed(score, level) if seed is None else seed
    bug = choose(level, seed)
    score.hunts.append(Hunt(level=level, seed=seed, mark=_mark(bug, level, seed)))
    place = Place(folder, score, len(score.hunts))
    if place.path.exists():
        raise FileError(f"{place.path} exists already. Move it away, or start in another folder.")
    for name, text in bug.planted(program()).items():
        write_whole(place.path / f"{name}.py", text.encode("utf-8"))
    write_whole(place.path / DIGITS.name, DIGITS.read_bytes())
    place.save()
    return place


def find(folder: Path | None) -> Place:
    """Return the latest hunt of the given folder, of the current one, of `hunt/`, or of the parent.

    Raises:
        FileError: none of them has a hunt.
    """
    tried = [folder] if folder is not None else [Path(), Path(DEFAULT), Path("..")]
    for one in tried:
        if (one / NAME).is_file():
            score = read_score(one)
            if score.hunts:
                return Place(one, score, len(score.hunts))
    where = str(folder) if folder is not None else "this folder, or in hunt/"
    raise FileError(f"there is no hunt in {where}. Start one with: byhand hunt start")


def is_place(place: Place, file: str, line: int) -> bool:
    """Return whether a line of a player's file is the planted mistake; it may have been edited.

    Raises:
        ArgumentError: there is no such file, or no such line.
    """
    bug, module = place.bug, Path(file).name.removesuffix(".py")
    if module not in MODULES:
        known = ", ".join(f"{name}.py" for name in MODULES)
        raise ArgumentError(f"{file!r} is not one of the hunt's files. Choose from: {known}.")
    path = place.path / f"{module}.py"
    try:
        own = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path} cannot be read: {error}.") from error
    if not 1 <= line <= len(own):
        raise ArgumentError(f"{path.name} has lines 1 to {len(own)}, not {line}.")
    if module != bug.module:
        return False
    written = bug.planted(program())[module].splitlines()
    blocks = difflib.SequenceMatcher(a=written, b=own, autojunk=False).get_opcodes()
    for tag, first, last, own_first, own_last in blocks:
        if own_first < line <= own_last:
            if tag == "equal":
                return first + line - own_first in bug.lines
            return any(first < one <= max(last, first + 1) for one in bug.lines)
    return False


def function_of(bug: Bug) -> str:
    """Return the name of the function that holds a mistake."""
    tree = ast.parse(bug.planted(program())[bug.module])
    return next(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.lineno <= bug.lines[0] <= (node.end_lineno or node.lineno)
    )


def _mark(bug: Bug, level: int, seed: int) -> str:
    return hashlib.sha256(f"{bug.name} {level} {seed}".encode()).hexdigest()[:16]


def _new_seed(score: Score, level: int) -> int:
    """Return a random seed whose mistake has not yet been hunted here, if possible."""
    hunted = {choose(hunt.level, hunt.seed).name for hunt in score.hunts}
    seeds = [int(seed) for seed in np.random.default_rng().integers(0, 100_000, 200)]
    return next((seed for seed in seeds if choose(level, seed).name not in hunted), seeds[0])
