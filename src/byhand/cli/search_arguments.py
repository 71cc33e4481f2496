"""The command line of `byhand search`: every option."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from byhand.cli import printing, shell_completion
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, Seed, Threads
from byhand.cli.train_arguments import Epochs, RecipeName, Validation
from byhand.runs import TrainOptions
from byhand.runs.search.plan import MOST_SEEDS, MOST_TRIALS, TRIALS
from byhand.runs.search.sampler import TPE
from byhand.runs.split_dataset import DataSources

Grid = Annotated[
    list[str] | None,
    Option(
        "--grid",
        help="A setting and all its values: l2=0.001,0.0001. Repeat for combinations.",
        show_default=False,
    ),
]
Over = Annotated[
    list[str] | None,
    Option(
        "--over",
        help="A setting and the range of its values: learning_rate=1e-4..1e-1 log, "
        "layers=300,128-64. Repeat it.",
        show_default=False,
    ),
]
Trials = Annotated[
    int | None,
    Option(
        "--trials", help="Trials with --over.", min=1, max=MOST_TRIALS, show_default=str(TRIALS)
    ),
]
Sampler = Annotated[
    str | None,
    Option(
        "--sampler",
        help="With --over: tpe learns from earlier trials, random does not.",
        show_default=TPE,
    ),
]
Prune = Annotated[
    bool, Option("--prune/--no-prune", help="With --over: stop trials early if they fall behind.")
]
Seeds = Annotated[
    int, Option("--seeds", help="Number of seeds to train each trial with.", min=1, max=MOST_SEEDS)
]
Jobs = Annotated[
    int | None,
    Option(
        "--jobs",
        help="Worker processes. With --on: trainings at a time.",
        min=1,
        max=1024,
        show_default="one for each core",
    ),
]
On = Annotated[
    str | None,
    Option(
        "--on",
        help="Train on the workers of a Dask cluster: the address of its scheduler, such as "
        "tcp://host:8786.",
        show_default=False,
    ),
]
Storage = Annotated[
    str | None,
    Option(
        "--storage",
        help="A database shared by several machines: postgresql://user@host/name. "
        "BYHAND_STORAGE does the same.",
        show_default="search.db in the search's folder",
    ),
]
StudyName = Annotated[
    str | None,
    Option(
        "--study",
        help="Name of the search in a shared database.",
        show_default="the recipe's name",
    ),
]
Out = Annotated[
    Path | None,
    Option("--out", help="Folder for the search.", show_default="runs/<recipe>-search-<n>"),
]
ResumeSearch = Annotated[
    str | None,
    Option(
        "--resume",
        help='Continue this search, or the "latest" run.',
        show_default=False,
        autocompletion=shell_completion.runs,
    ),
]
Figures = Annotated[bool, Option("--figures/--no-figures", help="Draw the trials at the end.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Print only the result.")]


@dataclass(frozen=True)
class SearchArguments:
    """The command line of `byhand search`."""

    recipe: RecipeName = None
    grid: Grid = None
    over: Over = None
    trials: Trials = None
    sampler: Sampler = None
    prune: Prune = True
    seeds: Seeds = 1
    jobs: Jobs = None
    on: On = None
    dataset: DatasetName = None
    epochs: Epochs = None
    validation: Validation = None
    seed: Seed = 0
    threads: Threads = None
    data_dir: DataDir = None
    offline: Offline = False
    storage: Storage = None
    study: StudyName = None
    out: Out = None
    resume: ResumeSearch = None
    figures: Figures = True
    quiet: Quiet = False
    as_json: AsJson = False

    @property
    def is_quiet(self) -> bool:
        """Return whether to print only the result."""
        return self.quiet or self.as_json

    def options(self) -> TrainOptions:
        """Return how each trial is trained."""
        return TrainOptions(
            seed=self.seed,
            out=self.out,
            sources=DataSources(self.data_dir, self.offline or None),
            threads=self.threads,
            verbose=0,
            say=printing.note,
        )
