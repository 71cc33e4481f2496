"""The score, kept as a JSON file: a player's hunts, their costs and the points won."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from byhand.atomic import write_whole
from byhand.errors import FileError, FormatError

NAME = "score.json"

WORTH = 100
"""Points for a mistake of level 1; level 2 gives twice as many, and so on."""

HINT, WRONG_ANSWER = 0.2, 0.1
"""Fraction of the points that a hint or a wrong answer costs."""


class Hunt(BaseModel):
    """One hunt, open or finished.

    Args:
        level: 1 to 4.
        seed: together with the level it determines the mistake.
        mark: identifies the mistake for byhand without revealing it.
        hints: number of hints taken.
        wrong: number of wrong answers.
        state: "open", "found" or "revealed".
    """

    model_config = ConfigDict(extra="forbid")

    level: int = Field(ge=1, le=4)
    seed: int = Field(ge=0)
    mark: str
    hints: int = Field(default=0, ge=0, le=3)
    wrong: int = Field(default=0, ge=0)
    state: Literal["open", "found", "revealed"] = "open"

    @property
    def worth(self) -> int:
        """Points for finding it without hints and wrong answers."""
        return WORTH * self.level

    @property
    def points(self) -> int:
        """Points that it has earned, or would earn now."""
        if self.state == "revealed":
            return 0
        return max(0, round(self.worth * (1 - HINT * self.hints - WRONG_ANSWER * self.wrong)))


class Score(BaseModel):
    """All hunts of a folder, in their order; the last one may be open."""

    model_config = ConfigDict(extra="forbid")

    hunts: list[Hunt] = []

    @property
    def total(self) -> int:
        """Points of all mistakes found."""
        return sum(hunt.points for hunt in self.hunts if hunt.state == "found")


def read_score(folder: Path) -> Score:
    """Return the score of a folder; one without hunts if there is none.

    Raises:
        FileError: the file cannot be read.
        FormatError: the file is not a score.
    """
    path = folder / NAME
    try:
        return Score.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Score()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise FormatError(
            f"{path} is not a valid score file: {first['msg']}. Restore the file, or "
            "start in another folder with: byhand hunt start FOLDER"
        ) from error


def write_score(folder: Path, score: Score) -> None:
    """Write the score of a folder."""
    write_whole(folder / NAME, (score.model_dump_json(indent=1) + "\n").encode("utf-8"))
