"""Neural networks written by hand, for digits written by hand.

    from byhand import MultiLayerPerceptron, InputLayer, DenseLayer, load_dataset

Every name here is loaded when it is first used, so `import byhand` costs almost nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

_HOMES = {
    "byhand.network": (
        "ACTIVATIONS",
        "INITIALIZERS",
        "LOSSES",
        "AbsoluteError",
        "Activation",
        "BatchNormLayer",
        "BinaryCrossEntropy",
        "CategoricalCrossEntropy",
        "DenseLayer",
        "DropoutLayer",
        "Focal",
        "Huber",
        "InputLayer",
        "LAYERS",
        "Layer",
        "LayerNormLayer",
        "Loss",
        "Network",
        "NoiseLayer",
        "PoissonDeviance",
        "SquaredError",
        "leaky_relu",
    ),
    "byhand.mlp": ("MultiLayerPerceptron",),
    "byhand.ensemble": ("Ensemble", "WithCopies"),
    "byhand.extend": ("register",),
    "byhand.network.gradient_check": ("gradient_check",),
    "byhand.training": (
        "OPTIMIZERS",
        "SCHEDULES",
        "SGD",
        "Adagrad",
        "Adam",
        "AdamW",
        "Callback",
        "Constant",
        "Cosine",
        "EarlyStopping",
        "Exponential",
        "History",
        "HistoryToCSV",
        "HistoryToJSONLines",
        "HistoryToMLflow",
        "HistoryToTensorBoard",
        "InverseTime",
        "Lion",
        "ModelCheckpoint",
        "Momentum",
        "Nesterov",
        "OneCycle",
        "Optimizer",
        "RMSProp",
        "ReduceOnPlateau",
        "Schedule",
        "Step",
        "TrainingRun",
        "Warmup",
        "split_rows",
    ),
    "byhand.data": ("Augmentation", "Dataset", "load_dataset"),
    "byhand.evaluation": ("Doubt", "read_sheet"),
    "byhand.frames": ("frame_columns",),
    "byhand.interop.export": ("export", "verify_export"),
    "byhand.interop.onnx_import": ("load_onnx",),
    "byhand.interop.npz": ("load_npz", "save_npz"),
    "byhand.interop.state_dict": ("load_state_dict", "save_state_dict"),
    "byhand.interop.torch_module": ("from_torch", "to_torch"),
    "byhand.runs": ("Run", "train"),
    "byhand.widget": ("DrawingBox",),
    "byhand.errors": (
        "ArgumentError",
        "ByhandError",
        "DataError",
        "DivergedError",
        "FileError",
        "FormatError",
        "MissingPackageError",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME_OF, "__version__"])

if TYPE_CHECKING:  # the same, for editors and type checkers
    from byhand.data import Augmentation as Augmentation
    from byhand.data import Dataset as Dataset
    from byhand.data import load_dataset as load_dataset
    from byhand.ensemble import Ensemble as Ensemble
    from byhand.ensemble import WithCopies as WithCopies
    from byhand.errors import *  # noqa: F403
    from byhand.evaluation import Doubt as Doubt
    from byhand.evaluation import read_sheet as read_sheet
    from byhand.extend import register as register
    from byhand.frames import frame_columns as frame_columns
    from byhand.interop.export import export as export
    from byhand.interop.export import verify_export as verify_export
    from byhand.interop.npz import load_npz as load_npz
    from byhand.interop.npz import save_npz as save_npz
    from byhand.interop.onnx_import import load_onnx as load_onnx
    from byhand.interop.state_dict import load_state_dict as load_state_dict
    from byhand.interop.state_dict import save_state_dict as save_state_dict
    from byhand.interop.torch_module import from_torch as from_torch
    from byhand.interop.torch_module import to_torch as to_torch
    from byhand.mlp import MultiLayerPerceptron as MultiLayerPerceptron
    from byhand.network import *  # noqa: F403
    from byhand.network.gradient_check import gradient_check as gradient_check
    from byhand.runs import Run as Run
    from byhand.runs import train as train
    from byhand.training import *  # noqa: F403
    from byhand.widget import DrawingBox as DrawingBox


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'byhand' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
