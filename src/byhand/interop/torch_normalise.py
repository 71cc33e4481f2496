"""byhand's input layer as a PyTorch module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.extras import require
from byhand.network.layers import InputLayer

if TYPE_CHECKING:
    import torch
    from torch import nn
else:
    torch = require("torch", "torch", "to_torch and from_torch need")
    nn = torch.nn


class Normalise(nn.Module):
    """byhand's input layer: A0 = (x - mean) * factor, for x (n, units) or (n, height, width).

    With pixels it has no state, so that the state dict of the layers is that of an nn.Sequential
    that begins with nn.Flatten().

    Args:
        input_layer: the layer, with a normalisation that is known.
        dtype: precision of A0.
    """

    mean: torch.Tensor
    factor: torch.Tensor

    def __init__(self, input_layer: InputLayer, dtype: torch.dtype) -> None:
        super().__init__()
        self.input_layer, self.dtype = input_layer, dtype
        mean = input_layer.mean
        if mean is not None:
            factor = input_layer.factor
            self.register_buffer("mean", torch.from_numpy(np.array(mean, np.float64)))
            self.register_buffer("factor", torch.from_numpy(np.array(factor, np.float64)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return A0 (n, units)."""
        rows = x.reshape(len(x), -1)
        first = self.input_layer
        if first.mean is not None:
            return ((rows.double() - self.mean) * self.factor).to(self.dtype)
        offset = 0 if first.offset is None else torch.as_tensor(first.offset, dtype=self.dtype)
        return rows.to(self.dtype) * torch.as_tensor(first.factor, dtype=self.dtype) - offset

    def extra_repr(self) -> str:
        """Return the normalisation for print(module)."""
        return f"{self.input_layer.normalisation}, units={self.input_layer.units}"
