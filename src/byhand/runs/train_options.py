"""Options of a training that are not part of the recipe: seed, folder, threads, messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from byhand.distributed import Ranks
from byhand.runs.split_dataset import PARTS, DataSources
from byhand.terminal import Say
from byhand.training import Callback
from byhand.training.snapshots import SNAPSHOTS


@dataclass(frozen=True)
class TrainOptions:
    """Options of a training that are not part of the recipe.

    Args:
        seed: seed of all random numbers.
        out: folder of the run; by default runs/<recipe>-<n>.
        sources: where to look for data.
        threads: threads for matrix products; by default chosen by the network's size.
        verbose: 0 is silent.
        say: receives messages.
        callbacks: more callbacks for the training.
        snapshots: number of epochs whose weights are kept for the report; 0 for none.
        scored: parts that the network is scored on when training has ended.
        ranks: processes that share each batch; None trains whole batches in this one.
        doubt: whether to learn, after the training, which predictions to doubt.
    """

    seed: int = 0
    out: str | Path | None = None
    sources: DataSources = field(default_factory=DataSources)
    threads: int | None = None
    verbose: int = 1
    say: Say = print
    callbacks: Sequence[Callback] = ()
    snapshots: int = SNAPSHOTS
    scored: Sequence[str] = PARTS
    ranks: Ranks | None = None
    doubt: bool = True
