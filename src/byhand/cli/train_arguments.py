"""The command line of `byhand train`: every option, and what it becomes.

`recipes/from_options.py` reads the texts, such as `--layers 300,100`, and makes a recipe of them.
An option that is left out keeps the recipe's value. Without a recipe that is `recipes/basic.toml`;
the defaults of its fields are in `recipes/fields_and_defaults.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from byhand.cli import printing, shell_completion
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, Seed, Threads
from byhand.distributed import MOST_SHARDS
from byhand.runs import TrainOptions
from byhand.runs.split_dataset import DataSources
from byhand.training.progress import PlainLines
from byhand.training.snapshots import SNAPSHOTS

CHANGES = (
    "dataset",
    "layers",
    "activation",
    "epochs",
    "iterations",
    "batch_size",
    "learning_rate",
    "optimizer",
    "schedule",
    "l2",
    "validation",
    "label",
    "size",
    "test",
    "augment",
    "dropout",
    "patience",
    "loss",
    "max_norm",
    "ema",
    "mixup",
    "adversarial",
    "memory_map",
)
"""Arguments that change the recipe, by their names in `recipe_from_options`."""

RecipeName = Annotated[
    str | None,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe by name (see byhand recipes) or the path of your own.",
        autocompletion=shell_completion.recipes,
        show_default="basic",
    ),
]
Layers = Annotated[
    str | None,
    Option("--layers", help="Units of the hidden layers: 300, or 128,64.", show_default=False),
]
Activation = Annotated[
    str | None,
    Option(
        "--activation", help="Activation of the hidden layers: relu, tanh, ...", show_default=False
    ),
]
Epochs = Annotated[
    int | None, Option("--epochs", "-e", help="Passes through the data.", show_default=False)
]
Iterations = Annotated[
    int | None,
    Option(
        "--iterations",
        "-i",
        help="Full-batch steps instead of epochs; the default recipe is then full-batch.",
        show_default=False,
    ),
]
BatchSize = Annotated[
    str | None,
    Option("--batch-size", "-b", help='Images per step, or "all".', show_default=False),
]
LearningRate = Annotated[
    float | None,
    Option(
        "--learning-rate",
        "--lr",
        "-lr",
        "--learning_rate",
        help="Learning rate of the optimizer.",
        show_default=False,
    ),
]
Optimizer = Annotated[
    str | None,
    Option("--optimizer", help="sgd, momentum, adam, ...", show_default=False),
]
Schedule = Annotated[
    str | None,
    Option("--schedule", help="constant, cosine, one_cycle, ...", show_default=False),
]
L2 = Annotated[float | None, Option("--l2", help="Penalty on large weights.", show_default=False)]
Validation = Annotated[
    str | None,
    Option("--validation", help="Fraction or number of images for validation.", show_default=False),
]
Test = Annotated[
    str | None,
    Option(
        "--test",
        help="Fraction or number of images for testing, if the data have no test part.",
        show_default=False,
    ),
]
Augment = Annotated[
    str | None,
    Option(
        "--augment",
        help="Change each training image a little: affine (the default), elastic, or fields "
        "such as shift=2,rotate=10,noise=0.05.",
        metavar="[TEXT]",
        autocompletion=shell_completion.augmentations,
        show_default=False,
    ),
]
Dropout = Annotated[
    float | None,
    Option("--dropout", help="Dropout rate after each hidden layer.", show_default=False),
]
Patience = Annotated[
    int | None,
    Option(
        "--patience", help="Stop after this many epochs without improvement.", show_default=False
    ),
]
Loss = Annotated[
    str | None,
    Option("--loss", help="categorical_cross_entropy, squared_error, ...", show_default=False),
]
MaxNorm = Annotated[
    float | None,
    Option(
        "--max-norm",
        help="Largest length of the weights into a unit, such as 3.",
        show_default=False,
    ),
]
Ema = Annotated[
    float | None,
    Option(
        "--ema",
        help="Average the weights over the steps with this decay, such as 0.999.",
        show_default=False,
    ),
]
Mixup = Annotated[
    float | None,
    Option(
        "--mixup",
        help="Mix each example with another, in proportions drawn from Beta(M, M).",
        metavar="M",
        show_default=False,
    ),
]
Adversarial = Annotated[
    float | None,
    Option(
        "--adversarial",
        help="Train also on inputs moved by this much to raise the loss, such as 0.1 for pixels.",
        metavar="E",
        show_default=False,
    ),
]
Label = Annotated[
    str | None, Option("--label", help="The label column of a table.", show_default=False)
]
Size = Annotated[
    int | None,
    Option(
        "--size",
        help="Fit a folder's images into squares with this side in pixels; ink is cut out of "
        "pictures of handwriting.",
        min=4,
        max=1024,
        show_default=False,
    ),
]
MemoryMap = Annotated[
    bool,
    Option(
        "--memory-map",
        help="Leave uncompressed IDX or NPY images on disk, for data larger than memory.",
    ),
]
Shards = Annotated[
    int | None,
    Option(
        "--shards",
        help="Parts of each batch that the ranks of mpirun share, a power of two; the bits depend "
        "on it.",
        min=1,
        max=MOST_SHARDS,
        show_default="8 with mpirun",
    ),
]
Out = Annotated[
    Path | None,
    Option("--out", help="The run's folder, new or empty.", show_default="runs/<recipe>-<n>"),
]
Resume = Annotated[
    str | None,
    Option(
        "--resume",
        help='Continue this run, or the "latest".',
        show_default=False,
        autocompletion=shell_completion.runs,
    ),
]
NumberOfSnapshots = Annotated[
    int,
    Option(
        "--snapshots",
        min=0,
        max=1000,
        help="Number of epochs whose weights are kept for the report's slider; 0 for none.",
    ),
]
FindRate = Annotated[
    bool,
    Option(
        "--find-rate",
        help="Do not train; try growing learning rates on a copy, and suggest one.",
    ),
]
Report = Annotated[bool, Option("--report/--no-report", help="Write report.html at the end.")]
Doubt = Annotated[
    bool,
    Option(
        "--doubt/--no-doubt",
        help="Learn at the end which predictions to doubt, with a second network; takes seconds.",
    ),
]
Every = Annotated[
    int | None,
    Option(
        "--every",
        help="Print a line every N epochs instead of a progress bar.",
        min=1,
        show_default="a bar, or about 25 lines",
    ),
]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Print only the result.")]


@dataclass(frozen=True)
class TrainArguments:
    """The command line of `byhand train`."""

    recipe: RecipeName = None
    dataset: DatasetName = None
    layers: Layers = None
    activation: Activation = None
    epochs: Epochs = None
    iterations: Iterations = None
    batch_size: BatchSize = None
    learning_rate: LearningRate = None
    optimizer: Optimizer = None
    schedule: Schedule = None
    l2: L2 = None
    validation: Validation = None
    label: Label = None
    size: Size = None
    test: Test = None
    augment: Augment = None
    dropout: Dropout = None
    patience: Patience = None
    loss: Loss = None
    max_norm: MaxNorm = None
    ema: Ema = None
    mixup: Mixup = None
    adversarial: Adversarial = None
    memory_map: MemoryMap = False
    seed: Seed = 0
    data_dir: DataDir = None
    offline: Offline = False
    threads: Threads = None
    shards: Shards = None
    out: Out = None
    resume: Resume = None
    snapshots: NumberOfSnapshots = SNAPSHOTS
    find_rate: FindRate = False
    report: Report = True
    doubt: Doubt = True
    every: Every = None
    quiet: Quiet = False
    as_json: AsJson = False

    def changes(self) -> dict[str, Any]:
        """Return the arguments that change the recipe, with their values."""
        given = {name: getattr(self, name) for name in CHANGES}
        return {
            name: value for name, value in given.items() if value is not None and value is not False
        }

    @property
    def is_quiet(self) -> bool:
        """Whether standard output receives the result only."""
        return self.quiet or self.as_json

    def options(self) -> TrainOptions:
        """Return the training settings that are not part of the recipe."""
        has_lines = self.every is not None and not self.is_quiet
        return TrainOptions(
            seed=self.seed,
            out=self.out,
            sources=DataSources(self.data_dir, self.offline or None),
            threads=self.threads,
            verbose=0 if self.is_quiet or has_lines else 1,
            say=printing.note if self.is_quiet else printing.line,
            callbacks=[PlainLines(self.every)] if has_lines else [],
            snapshots=self.snapshots,
            doubt=self.doubt,
        )
