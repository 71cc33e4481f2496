"""The page about a network that was trained without a run folder."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from byhand.errors import ArgumentError
from byhand.evaluation.subject import Subject
from byhand.report.file import ReportFile
from byhand.report.write import write_report

if TYPE_CHECKING:
    from byhand.data import Dataset
    from byhand.network import Network


def report_of(
    network: Network,
    data: Dataset,
    history: Mapping[str, Sequence[float]] | None = None,
    path: str | Path | None = None,
) -> ReportFile:
    """Write the page about a network; `MultiLayerPerceptron.report` describes the arguments."""
    if data.test is None or data.test.labels is None:
        raise ArgumentError(
            f"a report needs examples that the network did not learn from, and {data.name} has no "
            "test part with labels. Make one with byhand.split_rows."
        )
    subject = Subject(
        network,
        data.test,
        name=data.name,
        train=data.train,
        history=history,
        class_names=data.class_names or None,
        column_names=data.column_names or None,
    )
    if path is None:
        path = Path(tempfile.mkdtemp(prefix="byhand-")) / "report.html"
    return write_report(path, subject)
