"""`run.json`: the origin of a run, the machine it ran on, and how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from byhand.atomic import replacing
from byhand.errors import DivergedError, FormatError
from byhand.runs.environment import machine, versions
from byhand.untrusted_files import is_plain_name, parse_json, read_bytes
from byhand.user_path import user_path

if TYPE_CHECKING:
    from byhand.mlp import MultiLayerPerceptron
    from byhand.recipes.recipe import Recipe
    from byhand.runs.split_dataset import DataSources, SplitDataset

DIVERGED = "training left the finite numbers"
"""Beginning of `stopped` for diverged runs of byhand 0.1.0, whose run.json has no `diverged`."""

MOST_BYTES = 16 << 20
"""Largest size in bytes of a run.json; that of a search lists all its trials."""

MOST_THREADS = 4096

LARGEST_INTEGER = 1 << 63
"""Integers in results lie below this, so that sums of them can become floats."""

SCORED = ("train", "validation", "test")
"""Parts of the data whose scores are in `results`."""

Status = Literal["running", "finished", "interrupted", "failed"]


def _plain_file_name(name: str) -> str:
    if not is_plain_name(name):
        raise ValueError("expected the name of a file in the run's folder")
    return name


def _is_number(value: object) -> bool:
    """Return whether this is None, a float, or an integer that any float can hold."""
    if isinstance(value, int):
        return abs(value) < LARGEST_INTEGER
    return isinstance(value, float | None)


def _results(results: dict[str, Any]) -> dict[str, Any]:
    """Check the scores of each part, {"test": {"accuracy": 0.98, ...}}, and single numbers."""
    for name, value in results.items():
        numbers = [value] if name not in SCORED else getattr(value, "values", lambda: [""])()
        if not all(_is_number(number) for number in numbers):
            raise ValueError(f"expected numbers in {name[:80]!r}")
    return results


def _conditions(training: dict[str, Any]) -> dict[str, Any]:
    """Check the number of threads, {"threads": 4}, with which a resumed run continues."""
    threads = training.get("threads")
    if threads is not None and not (type(threads) is int and 1 <= threads <= MOST_THREADS):
        raise ValueError(f"expected a number of threads from 1 to {MOST_THREADS:,}")
    return training


def _trial(row: dict[str, Any]) -> dict[str, Any]:
    """Check a trial of a search: its folder, and its seconds."""
    if not is_plain_name(str(row.get("folder", ""))):
        raise ValueError("expected the name of a trial's folder")
    if not _is_number(row.get("seconds")):
        raise ValueError("expected a number of seconds")
    return row


def _only(kind: type) -> BeforeValidator:
    """Return a check that stops at the first entry of another kind; pydantic describes each."""

    def checked(entries: Any) -> Any:
        inside = entries.values() if isinstance(entries, dict) else entries
        if isinstance(entries, dict | list) and not all(isinstance(one, kind) for one in inside):
            raise ValueError(f"expected only entries of the type {kind.__name__}")
        return entries

    return BeforeValidator(checked)


def _trials(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Check the trials of a search, up to the first that is wrong."""
    return [_trial(row) for row in rows]


class DatasetFacts(BaseModel):
    """The data of a run.

    Args:
        name: name of the data set.
        asked: the data that the recipe names.
        fallback: whether other data were used because those were missing.
        source: file or folder that the data were read from.
        data_dir: folder of data sets that was searched first.
        sha256: checksum of the content.
        rows: number of rows in each part of the split.
    """

    model_config = ConfigDict(extra="allow")

    name: str
    asked: str = ""
    fallback: bool = False
    source: str = ""
    data_dir: str | None = None
    sha256: str = ""
    rows: Annotated[dict[str, int], _only(int)] = Field(default_factory=dict)


class RunFacts(BaseModel):
    """The content of run.json; fields that older versions did not write have defaults.

    Args:
        recipe: name of the recipe.
        title: its title.
        started: time when training began, UTC.
        ended: time when training ended, UTC.
        seed: seed of all random numbers.
        network: units of each dense layer, such as "784-300-10".
        parameters: number of parameters.
        dataset: the data.
        versions: versions of byhand, Python and packages.
        machine: platform, processor, cores, instruction sets, BLAS, target of compiled kernels.
        status: "running", "finished", "interrupted" or "failed".
        stopped: why training ended.
        diverged: whether training reached NaN or infinity.
        model: file name of the final weights.
        epochs: number of epochs.
        best_epoch: epoch with the best monitored value, counted from 1.
        seconds: time that the run took, evaluation included.
        training: settings of the training, as its history records them.
        settings: those of the recipe when the run began, or was resumed last.
        results: scores of each part, and everything else that is measured.
        search: for a search: values, folder and scores of each trial.
        searched: for a search: whether all its trials are done.
        chosen: for a search: the values of the best trial.
        asked: for a search: the requested number of threads.
        resumed: one entry for each time the run was resumed: when, and what differed.
    """

    model_config = ConfigDict(extra="allow")

    recipe: str = ""
    title: str = ""
    started: str = ""
    ended: str = ""
    seed: Annotated[int, Field(ge=0)] = 0
    network: str = ""
    parameters: int = 0
    dataset: DatasetFacts
    versions: Annotated[dict[str, str], _only(str)] = Field(default_factory=dict)
    machine: dict[str, Any] = Field(default_factory=dict)
    status: Status = "running"
    stopped: str = ""
    diverged: bool | None = None
    model: Annotated[str, AfterValidator(_plain_file_name)] = "best.safetensors"
    epochs: int = 0
    best_epoch: int | None = None
    seconds: float = 0.0
    training: Annotated[dict[str, Any], AfterValidator(_conditions)] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    results: Annotated[dict[str, Any], AfterValidator(_results)] = Field(default_factory=dict)
    search: Annotated[list[dict[str, Any]], _only(dict), AfterValidator(_trials)] = Field(
        default_factory=list
    )
    searched: bool = False
    chosen: dict[str, Any] = Field(default_factory=dict)
    asked: Annotated[dict[str, Any], AfterValidator(_conditions)] = Field(default_factory=dict)
    resumed: Annotated[list[dict[str, Any]], _only(dict)] = Field(default_factory=list)

    @property
    def did_diverge(self) -> bool:
        """Whether training reached NaN or infinity, including runs of byhand 0.1.0."""
        if self.diverged is None:
            return self.stopped.startswith(DIVERGED)
        return self.diverged

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that are known as plain values."""
        return self.model_dump(exclude_unset=True)


def read_facts(path: Path) -> RunFacts:
    """Read a run.json.

    Raises:
        FileError: the file cannot be read.
        FormatError: it is not JSON, or not that of a run.
    """
    try:
        return RunFacts.model_validate(parse_json(read_bytes(path, MOST_BYTES, "the run's file")))
    except ValidationError as error:
        raise FormatError(f"{path} is not the run.json of a run: {_problem(error)}.") from None
    except FormatError:
        raise
    except ValueError as error:
        raise FormatError(f"{path} is not the run.json of a run: {error}.") from None


def write_facts(path: Path, facts: RunFacts) -> None:
    """Replace a run.json atomically."""
    text = json.dumps(facts.as_dict(), indent=2, ensure_ascii=False, default=str) + "\n"
    with replacing(path) as temporary:
        temporary.write_text(text, "utf-8")


def _problem(error: ValidationError) -> str:
    """Return the first problem in one line."""
    first = error.errors()[0]
    field = ".".join(str(step) for step in first["loc"])
    return f"{field}: {first['msg']}" if field else first["msg"]


# --- what is known before training --------------------------------------------------------------


def first_facts(
    recipe: Recipe,
    data: SplitDataset,
    net: MultiLayerPerceptron,
    sources: DataSources,
) -> RunFacts:
    """Return the facts known before training."""
    return RunFacts(
        recipe=recipe.name,
        title=recipe.spec.title,
        started=now(),
        seed=net.seed,
        network=net.shape_text,
        parameters=int(net.parameters.vector.size),
        dataset=dataset_facts(data, sources),
        versions=versions(),
        machine=machine(),
    )


def dataset_facts(data: SplitDataset, sources: DataSources) -> DatasetFacts:
    """Return the requested data, the data used, and their split."""
    data_dir = sources.data_dir or os.environ.get("BYHAND_DATA")
    return DatasetFacts(
        name=data.dataset.name,
        asked=data.asked,
        fallback=data.is_fallback,
        source=data.dataset.source,
        data_dir=str(user_path(data_dir).resolve()) if data_dir else None,
        sha256=data.dataset.sha256,
        rows={name: len(rows) for name, rows in data.rows.items()},
    )


def now() -> str:
    """Return the time in UTC to the microsecond, so that runs can be put in order."""
    return datetime.now(UTC).isoformat()


# --- while training -----------------------------------------------------------------------------


@contextlib.contextmanager
def recorded(path: Path, facts: RunFacts) -> Iterator[None]:
    """Keep run.json correct: "running" inside the block, and afterwards how the block ended."""
    began = time.perf_counter()
    facts.status, facts.stopped, facts.diverged = "running", "", False
    write_facts(path, facts)
    try:
        yield
    except BaseException as error:
        is_interrupt = isinstance(error, KeyboardInterrupt)
        facts.status = "interrupted" if is_interrupt else "failed"
        facts.stopped = str(error) or type(error).__name__
        facts.diverged = isinstance(error, DivergedError)
        with contextlib.suppress(OSError):  # a full disk must not hide its own cause
            write_facts(path, facts)
        raise
    try:
        facts.ended = now()
        facts.seconds = round(facts.seconds + time.perf_counter() - began, 3)
        write_facts(path, facts)
    except KeyboardInterrupt:  # a second Ctrl-C, while the first one is being written down
        write_facts(path, facts)
        raise
