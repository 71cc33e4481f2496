"""Converts networks to and from PyTorch: `to_torch` and `from_torch`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.errors import ArgumentError
from byhand.extras import require
from byhand.interop.torch_layers import (
    ACTIVATIONS,
    module_lines,
    network_of,
    parse_module,
    state_of,
)
from byhand.mlp import MultiLayerPerceptron
from byhand.network.layers import InputLayer
from byhand.network.network import Network

if TYPE_CHECKING:
    from torch import nn


def _torch() -> Any:
    """Return PyTorch, which is loaded when it is first needed."""
    return require("torch", "torch", "to_torch and from_torch need")


def to_torch(net: Network) -> nn.Sequential:
    """Return an nn.Sequential with the same outputs, in evaluation mode.

    Its first module is the normalisation, so it takes the same raw inputs; the others are torch's
    own. Nothing is shared: training one does not change the other.

    Raises:
        ArgumentError: the network is untrained and its normalisation unknown; or a layer or an
            activation is the user's own.
    """
    if not net.input_layer.ready:
        raise ArgumentError(
            "the network is untrained: fit chooses its normalisation. Train it first, or give the "
            "input layer 'pixels' or 'none'."
        )
    torch = _torch()
    from byhand.interop.torch_normalise import Normalise

    dtype = torch.float64 if net.dtype == np.float64 else torch.float32
    layers = torch.nn.Sequential(*(_built(line) for line in module_lines(net))).to(dtype)
    layers.load_state_dict(
        {name: torch.from_numpy(array.copy()) for name, array in state_of(net).items()}
    )
    module: nn.Sequential = torch.nn.Sequential(Normalise(net.input_layer, dtype), *layers)
    return module.eval()


def _built(line: str) -> nn.Module:
    """Return the module that a line describes."""
    described = parse_module(line)
    module: nn.Module = getattr(_torch().nn, described.kind)(
        *described.arguments, **described.options
    )
    return module


def from_torch(
    module: nn.Module,
    *,
    output: str | None = None,
    normalisation: str = "none",
    class_names: Sequence[str] | None = None,
    seed: int = 0,
) -> MultiLayerPerceptron:
    """Return a network with the same layers and outputs as a torch module.

    Args:
        module: an nn.Sequential (nested ones count as their parts) of Flatten, Linear,
            BatchNorm1d, Dropout, Identity and activations that byhand has.
        output: activation to put after the last layer. Torch classifiers often end in plain
            numbers, because nn.CrossEntropyLoss contains the softmax; give "softmax" then.
        normalisation: normalisation of the inputs: "pixels" divides by 255, like ToTensor. A module
            made by `to_torch` knows its own.
        class_names: names of the classes, in the order of the outputs.
        seed: seed of later training.

    Raises:
        ArgumentError: a module that byhand does not have, or one without an order of its own.
    """
    _torch()
    from byhand.interop.torch_normalise import Normalise

    first: dict[str, Any] = {"normalisation": normalisation}
    lines: list[str] = []
    state: dict[str, Any] = {}
    for part in _parts(module):
        if isinstance(part, Normalise):
            first = _input_settings(part.input_layer)
            continue
        for name, tensor in part.state_dict().items():
            state[f"{len(lines)}.{name}"] = tensor.detach().cpu().numpy()
        lines.append(_line(part, state, len(lines)))
    if output is not None:
        lines.append(_activation(output))
    return network_of(lines, state, first, class_names=class_names, seed=seed)


def _parts(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the modules that compute, in their order."""
    nn = _torch().nn
    if isinstance(module, nn.Sequential):
        for child in module:
            yield from _parts(child)
    elif not isinstance(module, nn.Flatten | nn.Identity):
        if any(True for _ in module.children()):
            raise ArgumentError(
                f"expected an nn.Sequential; got {type(module).__name__}, whose forward may do "
                "anything. Give its layers as nn.Sequential(model.fc1, nn.ReLU(), model.fc2)."
            )
        yield module


def _input_settings(first: InputLayer) -> dict[str, Any]:
    names = ("normalisation", "factor", "mean", "offset", "input_range")
    return {name: getattr(first, name) for name in names}


def _line(module: nn.Module, state: dict[str, Any], number: int) -> str:
    """Return a module as text; a Linear without bias gets a bias of zeros."""
    nn = _torch().nn
    if isinstance(module, nn.Linear):
        zeros = np.zeros(module.out_features, state[f"{number}.weight"].dtype)
        state.setdefault(f"{number}.bias", zeros)
        return f"nn.Linear({module.in_features}, {module.out_features})"
    if isinstance(module, nn.BatchNorm1d):
        return _batch_norm(module)
    if isinstance(module, nn.LayerNorm):
        return _layer_norm(module)
    if isinstance(module, nn.Dropout):
        return f"nn.Dropout({module.p!r})"
    if isinstance(module, nn.LeakyReLU):
        return f"nn.LeakyReLU({module.negative_slope!r})"
    _check_settings(module)
    return f"nn.{type(module).__name__}()"


SAME_IN_BYHAND: dict[str, tuple[str, tuple[object, ...]]] = {
    "ELU": ("alpha", (1,)),
    "GELU": ("approximate", ("tanh",)),  # the exact form differs by up to 5e-4
    "Softplus": ("beta", (1,)),
    "Softmax": ("dim", (1, -1)),
}
"""Settings with which torch's activations equal byhand's."""


def _check_settings(module: nn.Module) -> None:
    """Raise if an activation has settings that byhand's does not have."""
    kind = type(module).__name__
    setting, wanted = SAME_IN_BYHAND.get(kind, ("", ()))
    value = getattr(module, setting, None)
    if wanted and value not in wanted:
        raise ArgumentError(
            f"this nn.{kind} has {setting}={value!r} and so other outputs than byhand's; expected "
            f"{setting}={wanted[0]!r}."
        )


def _batch_norm(module: nn.BatchNorm1d) -> str:
    if not module.affine or not module.track_running_stats or module.momentum is None:
        raise ArgumentError(
            "byhand's batch normalisation has scale, shift and running statistics; this "
            "nn.BatchNorm1d was made with affine=False, track_running_stats=False or momentum=None."
        )
    settings = f"eps={module.eps!r}, momentum={module.momentum!r}"
    return f"nn.BatchNorm1d({module.num_features}, {settings})"


def _layer_norm(module: nn.LayerNorm) -> str:
    if module.weight is None or module.bias is None or len(module.normalized_shape) != 1:
        raise ArgumentError(
            "byhand's layer normalisation has scale and shift over one axis; this nn.LayerNorm has "
            f"shape {tuple(module.normalized_shape)}, weight and bias of its own choice."
        )
    return f"nn.LayerNorm({module.normalized_shape[0]}, eps={module.eps!r})"


def _activation(name: str) -> str:
    if name not in ACTIVATIONS or name == "leaky_relu":
        known = ", ".join(one for one in ACTIVATIONS if one != "leaky_relu")
        raise ArgumentError(f"output must be one of {known}; got {name!r}.")
    return ACTIVATIONS[name]
