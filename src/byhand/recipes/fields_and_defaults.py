"""The fields of a recipe with their defaults, table by table; `recipe.py` reads them.

`byhand train` without a recipe trains `basic.toml`, which sets layers, epochs, batch size and
learning rate. In a recipe that leaves out the learning rate it is the optimizer's own, in
`training/optimizers.py`; other defaults of a training are those of `MultiLayerPerceptron.fit`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from byhand.errors import ArgumentError, unknown_name
from byhand.recipes.field_schema import describe_table
from byhand.recipes.field_types import (
    AugmentationChoice,
    BatchSize,
    Fraction,
    InitializerName,
    LayerChoice,
    LossChoice,
    MonitorName,
    OptimizerChoice,
    ScheduleChoice,
    StoppingChoice,
    one_of,
)
from byhand.recipes.search_space import HIDDEN, Space, read_dimension

MEASURES = (
    "train_accuracy",
    "validation_accuracy",
    "test_accuracy",
    "mean_epoch_accuracy",
    "seconds",
)
"""Figures that a source may publish; `byhand.reproduction.measures` defines each."""

MeasureName = Annotated[str, one_of("measure", MEASURES)]


class Table(BaseModel):
    """A table of a recipe; unknown fields and other types are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the schema, with the texts of the docstring for editors."""
        return describe_table(handler.resolve_ref_schema(handler(core)), cls.__doc__ or "")


class DataSpec(Table):
    """The data and their split.

    Args:
        dataset: a name, or a file or folder of your own.
        instead: data to use if those are missing; a message and run.json report it.
        pool: the rows to split: the training images, or these followed by the test images.
        rows: use only this many rows, from the beginning of the pool.
        validation: fraction or number of rows for validation; 0 for none.
        test: fraction or number of rows for testing; by default the data's own test part.
        label: the label column of a table.
        invert: for a folder of images: whether they are dark ink on light paper; "auto" decides by
            looking at them, and the recipe of the run then contains the result.
        size: for a folder of images: side of the squares into which they are fitted; images of
            different sizes are fitted anyway, and the recipe of the run then contains the size.
        memory_map: leave the images of uncompressed IDX and NPY files on disk, for data larger
            than memory.
    """

    dataset: str
    instead: str | None = None
    pool: Literal["train", "train+test"] = "train"
    rows: Annotated[int, Field(ge=2)] | None = None
    validation: Fraction = 0
    test: Fraction | None = None
    label: str | int = "auto"
    invert: bool | Literal["auto"] = "auto"
    size: Annotated[int, Field(ge=4, le=1024)] | None = None
    memory_map: bool = False

    @model_validator(mode="after")
    def _a_test_is_left(self) -> DataSpec:
        if self.pool == "train+test" and not self.test:
            raise ArgumentError(
                'pool = "train+test" leaves nothing to test with; set some aside: test = 0.1'
            )
        return self


class NetworkSpec(Table):
    """The layers after the input layer, which follows from the data.

    Args:
        layers: `{ units = 300, fn = "relu" }`, `{ kind = "dropout", rate = 0.2 }`,
            `{ kind = "batch_norm" }`, `{ kind = "layer_norm" }` or
            `{ kind = "noise", deviation = 0.1 }`; units = "classes" for one unit for each class.
        weight_init: initialiser of the weights.
        bias_init: initialiser of the biases.
        loss: a name or a table; by default it follows from the last layer.
        normalisation: how the input layer scales the numbers.
    """

    layers: Annotated[list[LayerChoice], Field(min_length=1)]
    weight_init: InitializerName = "he_initialization"
    bias_init: InitializerName = "zeros"
    loss: LossChoice | None = None
    normalisation: Literal["auto", "pixels", "standardise", "none"] = "auto"


class TrainingSpec(Table):
    """The training: arguments of `MultiLayerPerceptron.fit`, and four more.

    Args:
        learning_rate: by default the optimizer's own.
        least_steps: minimum number of steps; small data sets get more epochs to reach it.
        augmentation: `{ shift = 2, rotate = 10, scale = 0.1, elastic = 36 }`, of training images.
        early_stopping: `{ patience = 30 }`, optionally with min_delta.
        keep: the final weights of the run: those of the last epoch or of the best.
    """

    epochs: Annotated[int, Field(ge=1, le=1_000_000_000)]
    least_steps: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    batch_size: BatchSize = 64
    drop_last: bool = False
    shuffle: bool | Literal["blocks"] = True
    optimizer: OptimizerChoice
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    schedule: ScheduleChoice | None = None
    l1: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    l2: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    clip_norm: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    clip_value: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    max_norm: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    mixup: Annotated[float, Field(ge=0, le=1000)] = 0.0
    adversarial: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    class_weight: Literal["balanced"] | None = None
    augmentation: AugmentationChoice | None = None
    early_stopping: StoppingChoice | None = None
    monitor: MonitorName | None = None
    keep: Literal["best", "last"] = "last"


class RecipeSpec(Table):
    """A whole recipe.

    Args:
        title: what is trained, in one line.
        order: its place in the list of recipes; those without one come last.
        teaches: what you can learn from it.
        source: the published work that it reproduces.
        long: whether it takes hours, so that `byhand reproduce` trains it only when it is named.
        data: which data, and how they are split.
        network: the layers.
        training: how the network is trained.
        published: the figures of the source, by measure; fractions, not per cent.
        measures: the measures in a table of results; by default the published ones.
        search: settings with several values each, or a range; see `byhand.recipes.search_space`.
    """

    title: str
    order: int = 1000
    teaches: str = ""
    source: str = ""
    long: bool = False
    data: DataSpec
    network: NetworkSpec
    training: TrainingSpec
    published: dict[MeasureName, float] = Field(default_factory=dict)
    measures: list[MeasureName] = Field(default_factory=list)
    search: dict[str, list[Any] | str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _search_has_a_space(self) -> RecipeSpec:
        for name in self.space:
            _check_setting(name)
        if self.search and not self.data.validation:
            raise ArgumentError(
                "a search needs a validation part to choose by; write validation = 0.1 in [data]"
            )
        return self

    @property
    def space(self) -> Space:
        """The settings that the search varies, with their values."""
        return {name: read_dimension(name, values) for name, values in self.search.items()}

    @property
    def shown(self) -> list[str]:
        """The measures in a table of results."""
        return list(dict.fromkeys([*self.published, *self.measures])) or ["test_accuracy"]


def _check_setting(name: str) -> None:
    """Raise unless a search can vary this setting."""
    tables = {"training": TrainingSpec.model_fields, "network": NetworkSpec.model_fields}
    table, dot, field = name.partition(".")
    if table == "data":
        raise ArgumentError(
            f"search.{name}: trials are compared on the same data, so no field of data can be "
            "searched"
        )
    if dot and table in tables:
        if field.partition(".")[0] not in tables[table]:
            raise unknown_name(f"field of {table} to search", field, tables[table])
        return
    known = [*tables["training"], *HIDDEN, *(one for one in tables["network"] if one != "layers")]
    if name not in known:
        raise unknown_name("setting to search", name, known)
