"""`report.html`: everything worth looking at after training, in one file that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byhand.atomic import write_whole
from byhand.network import MultiLayerPerceptron
from byhand.report.bundle import assemble, script, source
from byhand.report.collect import collect
from byhand.report.payload import pack

if TYPE_CHECKING:
    from byhand.data import Preparation
    from byhand.data.dataset import Part
    from byhand.training.history import History
    from byhand.training.optimizers import Optimizer

BUDGET = 2_950_000
"""Bytes that the page may take: images are left out to stay below, weights and mistakes last."""


def write_report(
    path: str | Path,
    *,
    network: MultiLayerPerceptron,
    train: Part,
    test: Part,
    name: str,
    judged_on: str = "test",
    chose_epoch: bool = False,
    columns: Sequence[str] = (),
    history: History | None = None,
    facts: Mapping[str, object] | None = None,
    recipe: str = "",
    optimizer: Optimizer | Mapping[str, Any] | None = None,
    findings: Sequence[object] | None = None,
    preparation: Preparation | None = None,
    title: str | None = None,
    budget: int = BUDGET,
    seed: int = 0,
) -> Path:
    """Write the one-file page of a trained network and return its path.

    Args:
        path: the file, or a folder in which `report.html` is written.
        network: trained.
        train: what it learnt from; a sample travels in the page.
        test: what it is judged by, with labels.
        name: of the data, as in "mnist".
        judged_on: what the page calls that part: "test", or "held-out".
        chose_epoch: whether the part also chose the best epoch, which flatters its figures.
        columns: names of a table's columns.
        history: of the training.
        facts: what else to tell of the run, in order: seed, split, time, versions, ...
        recipe: its text.
        optimizer: that trained it; the trace takes a step with it.
        findings: the doctor's: objects or dictionaries with name, severity, evidence, meaning and
            fix. None if it was not asked; empty if it found nothing.
        preparation: how a drawing or a picture becomes an input; the one that is stored with the
            network unless given, or chosen from the training images.
        title: heading of the page.
        budget: bytes that the page may take.
        seed: of the sample of images.

    Raises:
        ArgumentError: a test part without labels, or labels beyond the network's outputs.
        FileError: a path that cannot be written.
    """
    header, arrays = collect(
        network=network,
        train=train,
        test=test,
        name=name,
        judged_on=judged_on,
        chose_epoch=chose_epoch,
        columns=columns,
        history=history,
        facts=facts or {},
        recipe=recipe,
        optimizer=optimizer,
        findings=findings,
        preparation=preparation,
        title=title,
        room=budget - _fixed_size(),
        seed=seed,
    )
    page = assemble(header["title"], pack(header, arrays))
    path = Path(path) / "report.html" if Path(path).is_dir() else path
    return write_whole(path, page.encode())


def _fixed_size() -> int:
    """What the page takes without its numbers."""
    return sum(len(text.encode()) for text in (source("page.css"), source("page.html"), script()))
