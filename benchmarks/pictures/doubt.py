"""Count how often a network doubts: test images, wrong predictions, and unknown kinds of image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.pictures import strangers
from byhand.data import Part, Preparation, load_dataset
from byhand.evaluation.doubt import Doubt
from byhand.runs.models import find_model


def count_doubts(run: Path, test: Part, rng: np.random.Generator, fonts: Path) -> None:
    """Print a row of a table for a trained run."""
    net = find_model(str(run)).net
    doubt = Doubt.of(net)
    if doubt is None:
        raise SystemExit(f"{run} does not say what to doubt.")
    way = Preparation.of(net)
    kinds = {
        "garments": strangers.garments(load_dataset("fashion-mnist").test.images, 2000, rng),
        "letters": strangers.letters(fonts, way),
        "letters of new fonts": strangers.letters(fonts, way, strangers.NEW_FONTS),
        "of the newest fonts": strangers.letters(fonts, way, strangers.NEWEST_FONTS),
        "signs": strangers.signs(way, rng),
        "scribbles": strangers.scribbles(way, rng),
    }
    doubted = np.array(doubt.about(net, test.images)) != ""
    wrong = net.predict(test.images) != test.labels
    rates = {"test images": doubted, "wrong answers": doubted[wrong]}
    rates |= {kind: np.array(doubt.about(net, x)) != "" for kind, x in kinds.items() if len(x)}
    cells = " | ".join(f"{100 * rate.mean():.1f} %" for rate in rates.values())
    print("| run |", " | ".join(rates), "|")
    print(f"| {run.name} | {cells} |", flush=True)
