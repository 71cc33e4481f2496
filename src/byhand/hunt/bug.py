"""The mistakes that can be planted into the program, and its text with and without them.

`folder.py` hides which one was planted.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

MODULES = ("data", "network", "train", "evaluate")
"""The program's modules, in the order in which they import each other."""

KINDS = {
    "mathematics": "network",
    "data": "data",
    "training": "train",
    "evaluation": "evaluate",
}
"""The module that each kind of mistake is planted into."""


@dataclass(frozen=True)
class Bug:
    """One mistake.

    Args:
        name: unique, in words joined by hyphens.
        kind: mathematics, data, training or evaluation.
        level: 1 is obvious; 2 shows in the output; 3 needs a tool or careful reading; 4 hides
            behind results that look right.
        module: the file that is changed, without its extension.
        changes: (right text, wrong text); each right text occurs once in the file.
        hint: where to look, without naming the place.
        explanation: what is wrong, and its effect.
        case: where this happened, or of which mistakes it is an example.
    """

    name: str
    kind: str
    level: int
    module: str
    changes: tuple[tuple[str, str], ...]
    hint: str
    explanation: str
    case: str

    def planted(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Return the program's texts with this mistake."""
        text = texts[self.module]
        for right, wrong in self.changes:
            if text.count(right) != 1:
                raise ValueError(f"{self.name}: the text to change must occur once: {right!r}")
            text = text.replace(right, wrong)
        return {**texts, self.module: text}

    @property
    def lines(self) -> tuple[int, ...]:
        """The numbers of the lines that are wrong, in the file with the mistake."""
        changed: list[int] = []
        for first, last in self._changed("wrong"):
            changed += range(first + 1, max(last, first + 1) + 1)
        return tuple(changed)

    @property
    def wrong_lines(self) -> list[str]:
        """The lines that are wrong."""
        text = self.planted(program())[self.module].splitlines()
        return [text[number - 1].strip() for number in self.lines]

    @property
    def right_lines(self) -> list[str]:
        """The same lines in the correct program."""
        text = program()[self.module].splitlines()
        return [line.strip() for first, last in self._changed("right") for line in text[first:last]]

    def _changed(self, side: Literal["right", "wrong"]) -> list[tuple[int, int]]:
        """Return the blocks of lines that differ, in the right or in the wrong file."""
        right = program()
        matcher = difflib.SequenceMatcher(
            a=right[self.module].splitlines(),
            b=self.planted(right)[self.module].splitlines(),
            autojunk=False,
        )
        blocks = [block for block in matcher.get_opcodes() if block[0] != "equal"]
        return [block[1:3] if side == "right" else block[3:5] for block in blocks]


def program() -> dict[str, str]:
    """Return the text of each module of the program without a mistake."""
    folder = resources.files("byhand.hunt").joinpath("program")
    return {name: folder.joinpath(f"{name}.py").read_text("utf-8") for name in MODULES}


def _read(kind: str, module: str) -> Iterator[Bug]:
    """Read the mistakes of a kind from its TOML file in the folder `bugs`."""
    text = resources.files("byhand.hunt.bugs").joinpath(f"{kind}.toml").read_text("utf-8")
    for name, entry in tomllib.loads(text).items():
        words = {key: _joined(entry[key]) for key in ("hint", "explanation", "case")}
        changes = tuple((right, wrong) for right, wrong in entry["changes"])
        yield Bug(name, kind, entry["level"], module, changes, **words)


def _joined(text: Any) -> str:
    """Return a text of several lines as one."""
    return " ".join(str(text).split())


BUGS: dict[str, Bug] = {
    bug.name: bug for kind, module in KINDS.items() for bug in _read(kind, module)
}
"""Every mistake by its name."""
