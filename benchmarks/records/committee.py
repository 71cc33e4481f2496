"""Score the average of several finished runs on the test images.

    python -m benchmarks.records committee runs/records/ciresan-... runs/records/simard-...

The same as `byhand evaluate RUN --with RUN ...`, with the result stored in committee.json.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.records.results import keep
from byhand.ensemble import Ensemble
from byhand.runs.folder import RunFolder
from byhand.runs.run import Run

COMMITTEES = Path(__file__).with_name("committee.json")


def score_committee(folders: Sequence[Path]) -> None:
    """Average the probabilities of the runs, and store members and test error."""
    runs = [Run(RunFolder(folder)) for folder in folders]
    test = runs[0].data.test
    if test is None or test.labels is None:
        raise SystemExit(f"{folders[0]} has no test images.")
    predicted = Ensemble([run.net for run in runs]).predict(test.images)
    result = {
        "members": [{"recipe": run.recipe.name, "seed": run.facts.seed} for run in runs],
        "test_error": round(float(np.mean(predicted != test.labels)), 6),
        "date": time.strftime("%Y-%m-%d"),
    }
    keep(result, COMMITTEES)
