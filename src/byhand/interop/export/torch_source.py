"""A network as one readable PyTorch file, which needs torch and NumPy and nothing of byhand."""

from __future__ import annotations

import numpy as np

from byhand import __version__
from byhand.arrays import Array
from byhand.interop.export.numpy_source import array_text
from byhand.interop.export.program import Program
from byhand.interop.export.text import quoted, remark
from byhand.interop.export.vectors import Vectors
from byhand.interop.torch_layers import module_lines, state_of
from byhand.network.network import Network

TEMPLATE = '''\
"""{title}. It needs torch and NumPy, and nothing else.

    from {module} import model, predict

    predict(x)    outputs (n, {units}) for raw inputs (n, {inputs}), a tensor or an array
    model         the layers, an nn.Sequential of torch's own modules, which can be trained further

Run this file to compare it with the numbers that byhand computed. byhand {version} wrote it.
"""

import base64

import numpy as np
import torch
from torch import nn
{names}
model = nn.Sequential(
{layers}
){double}


def scale(x):
    """Return A0 from raw inputs."""
    x = torch.as_tensor(x).reshape(len(x), {inputs})
    return {scaled}


def predict(x):
    """Return the outputs in inference, without gradients."""
    model.eval()
    with torch.no_grad():
        return model(scale(x))


def numbers(text, dtype, *shape):
    """Return a tensor from its bytes, which are written as base64."""
    array = np.frombuffer(base64.b64decode(text), dtype).reshape(shape)
    return torch.from_numpy(array.copy())


# --- the numbers that training found: torch stores weights as (outputs, inputs) ---------------

{scaling}state = {{}}
{arrays}

model.load_state_dict(state)
model.eval()

# --- inputs, and the outputs that byhand computed for them ------------------------------------

{vectors}


def largest_difference():
    """Return the largest |predict(TEST_X) - TEST_Y|, divided by the largest |TEST_Y| above 1."""
    error = (predict(TEST_X) - TEST_Y).abs().max() / max(1, TEST_Y.abs().max())
    return float(error)


if __name__ == "__main__":
    print(f"{{len(TEST_X)}} test vectors, largest difference {{largest_difference():.3g}}")
'''


def torch_source(net: Network, program: Program, vectors: Vectors, module: str) -> str:
    """Return the file.

    Args:
        net: the network.
        program: its steps.
        vectors: its test vectors.
        module: name of the file without its extension.
    """
    return TEMPLATE.format(
        title=remark(program.title),
        module=module,
        version=__version__,
        units=program.units,
        inputs=program.input.units,
        names=_names(program),
        layers="\n".join(f"    {line}," for line in module_lines(net)),
        double=".double()" if program.dtype == np.float64 else "",
        scaled=_input(program),
        scaling=_scaling(program),
        arrays="\n".join(_entry(name, array) for name, array in state_of(net).items()),
        vectors="\n\n".join([array_text("TEST_X", vectors.x), array_text("TEST_Y", vectors.y)]),
    )


def _entry(name: str, array: Array) -> str:
    if not array.ndim:  # the counter of batch normalisation
        return f'state["{name}"] = torch.tensor({int(array)})'
    return array_text(f'state["{name}"]', array)


def _names(program: Program) -> str:
    if program.class_names is None:
        return ""
    return f"\nCLASS_NAMES = [{', '.join(map(quoted, program.class_names))}]\n"


def _input(program: Program) -> str:
    kind = f"torch.{program.dtype.name}"
    if program.input.mean is not None:
        return f"((x.double() - mean) * factor).to({kind})"
    if program.input.normalisation == "pixels":
        return f"x.to({kind}) * (1 / 255)"
    return f"x.to({kind})"


def _scaling(program: Program) -> str:
    first = program.input
    if first.mean is None:
        return ""
    values = {"mean": first.mean, "factor": first.factor}
    texts = [array_text(name, np.asarray(value, np.float64)) for name, value in values.items()]
    return "\n".join(texts) + "\n"
