"""Network: every unit for the chosen example, and one unit in depth."""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, IntArray
from byhand.evaluation.units import UnitFacts, extremes, unit_facts
from byhand.report.all_sections import ONE_ANSWER, Contents, Section, Values
from byhand.report.tasks import predicts_values

EXAMPLES = 10_000
"""Largest number of test examples that the numbers about units are computed from."""


def _content(contents: Contents) -> Values:
    subject = contents.subject
    is_class = not predicts_values(subject)
    count = min(len(subject.test), EXAMPLES)
    labels = subject.predictions.labels[:count] if is_class else np.zeros(count, np.intp)
    rows = unit_facts(subject.network, subject.images[:count], labels, ablate=is_class)
    return {
        "images": len(labels),
        "silence": [_silence(row) for row in rows],
        "ablated": [row.ablated for row in rows],
        "arrays": _arrays(rows, contents.shown, is_class),
    }


def _arrays(rows: list[UnitFacts], shown: IntArray, is_class: bool) -> dict[str, Array]:
    """Return facts about units; `top` and `bottom` are indices of examples in the page."""
    arrays: dict[str, Array] = {}
    known = np.flatnonzero(shown < EXAMPLES)
    for number, row in enumerate(rows, start=1):
        top, bottom = extremes(row.activations[shown[known]])
        arrays[f"top{number}"] = known[top].astype(np.uint16)
        arrays[f"bottom{number}"] = known[bottom].astype(np.uint16)
        if is_class:
            arrays[f"mean_by_class{number}"] = np.nan_to_num(row.class_means).astype(np.float32)
        arrays[f"silent{number}"] = row.silent.astype(np.float32)
        if row.accuracy_lost is not None:
            arrays[f"lost{number}"] = row.accuracy_lost.astype(np.float32)
    return arrays


def _silence(row: UnitFacts) -> str:
    """Describe when a unit counts as silent."""
    if row.row.activation.slope == 0:
        return "activation exactly 0"
    return "activation under 1\u202f% of the layer's largest"


def _help(contents: Contents) -> str:
    return (
        "Every unit is a square, coloured by its activation for the chosen "
        f"{contents.subject.one}. Choose one to see its strongest connections and the "
        f"{contents.subject.many} that activate it most."
    )


SECTION = Section(
    name="network",
    place=50,
    title="Network",
    help=_help,
    content=_content,
    computes=True,
    tasks=ONE_ANSWER,
)
