"""A network as one readable Python file that needs NumPy and nothing of byhand."""

from __future__ import annotations

import numpy as np

from byhand import __version__
from byhand.arrays import Array
from byhand.interop.export.program import Dense, LayerNorm, Program, Step
from byhand.interop.export.text import base64_lines, known_activations, quoted, remark
from byhand.interop.export.vectors import Vectors

ACTIVATIONS = {
    "identity": "",
    "relu": '''\
def relu(z):
    """f(z) = max(z, 0)."""
    return np.maximum(z, 0)
''',
    "leaky_relu": '''\
def leaky_relu(z, slope):
    """f(z) = max(z, slope z)."""
    return np.maximum(z, z.dtype.type(slope) * z)
''',
    "elu": '''\
def elu(z):
    """f(z) = z where z > 0, else exp(z) - 1."""
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))
''',
    "gelu": '''\
def gelu(z):
    """f(z) = z (1 + t) / 2, t = tanh(sqrt(2/pi) (z + 0.044715 z^3))."""
    t = np.tanh(0.7978845608028654 * z * (1 + 0.044715 * z * z))
    return 0.5 * z * (1 + t)
''',
    "sigmoid": '''\
def sigmoid(z):
    """f(z) = 1 / (1 + exp(-z)) = (1 + tanh(z/2)) / 2; the second form cannot overflow."""
    return 0.5 * (1 + np.tanh(0.5 * z))
''',
    "tanh": '''\
def tanh(z):
    """f(z) = tanh(z)."""
    return np.tanh(z)
''',
    "softplus": '''\
def softplus(z):
    """f(z) = log(1 + exp(z))."""
    return np.logaddexp(z, 0)
''',
    "swish": '''\
def swish(z):
    """f(z) = z / (1 + exp(-z)), written with tanh, which cannot overflow."""
    return z * (0.5 * (1 + np.tanh(0.5 * z)))
''',
    "exp": '''\
def exp(z):
    """f(z) = exp(min(z, 80)); exp(80) is near the largest number of float32."""
    return np.exp(np.minimum(z, 80))
''',
    "softmax": '''\
def softmax(z):
    """f(z)_k = exp(z_k) / sum_j exp(z_j); the maximum of each row is subtracted first."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
''',
}

LAYER_NORM = '''\
def layer_norm(x, gamma, beta, epsilon):
    """Return gamma (x - mean) / sqrt(variance + epsilon) + beta, by the mean of each row."""
    centred = x - x.mean(axis=1, keepdims=True)
    variance = (centred * centred).mean(axis=1, keepdims=True)
    return gamma * (centred / np.sqrt(variance + x.dtype.type(epsilon))) + beta
'''

TEMPLATE = '''\
"""{title}. It needs NumPy and nothing else.

    from {module} import predict{classify_name}

    predict(x)    {outputs}
{classify_line}
Run this file to compare it with the numbers that byhand computed. byhand {version} wrote it.
"""

import base64

import numpy as np
{names}

def predict(x):
    """Return the outputs (n, {units}) for raw inputs x, (n, {inputs}) or (n, height, width)."""
    x = np.asarray(x).reshape(len(x), {inputs})
{forward}
    return A

{classify}
{activations}

def numbers(text, dtype, *shape):
    """Return an array from its bytes, which are written as base64."""
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape)


# --- the numbers that training found ----------------------------------------------------------
# Wl (inputs, outputs) and bl of layer l, as the bytes of little-endian {dtype}.

{arrays}

# --- inputs, and the outputs that byhand computed for them ------------------------------------

{vectors}


def largest_difference():
    """Return the largest |predict(TEST_X) - TEST_Y|, divided by the largest |TEST_Y| above 1."""
    return float(np.abs(predict(TEST_X) - TEST_Y).max() / max(1, np.abs(TEST_Y).max()))


if __name__ == "__main__":
    print(f"{{len(TEST_X)}} test vectors, largest difference {{largest_difference():.3g}}")
'''

CLASSIFY = '''
def classify(x):
    """Return the class of each row of x: {rule}."""
    y = predict(x)
    return {choice}

'''


def numpy_source(program: Program, vectors: Vectors, module: str) -> str:
    """Return the file.

    Args:
        program: the network.
        vectors: its test vectors.
        module: name of the file without its extension.
    """
    known_activations("the NumPy file", program.activations, ACTIVATIONS)
    is_classifier = program.task == "classification"
    return TEMPLATE.format(
        title=remark(program.title),
        module=module,
        version=__version__,
        classify_name=", classify" if is_classifier else "",
        classify_line="    classify(x)   the class of each row\n" if is_classifier else "",
        outputs=_outputs_in_words(program),
        units=program.units,
        inputs=program.input.units,
        dtype=program.dtype.name,
        names=_names(program),
        forward="\n".join(f"    {line}" for line in forward_lines(program)),
        classify=_classify(program) if is_classifier else "",
        activations="\n\n".join(_functions(program)),
        arrays="\n\n".join(numbers_of(program)),
        vectors="\n\n".join([array_text("TEST_X", vectors.x), array_text("TEST_Y", vectors.y)]),
    )


def _functions(program: Program) -> list[str]:
    """Return the functions that this network needs, each once."""
    has_layer_norm = any(isinstance(step, LayerNorm) for step in program.steps)
    activations = [ACTIVATIONS[name] for name in program.activations if ACTIVATIONS[name]]
    return [*([LAYER_NORM] if has_layer_norm else []), *activations]


def forward_lines(program: Program) -> list[str]:
    """Return the forward pass, a line for each layer, with the shape of its result."""
    first, dtype = program.input, program.dtype.name
    if first.mean is not None:
        start = f"A = ((x.astype(np.float64) - mean) * factor).astype(np.{dtype})"
    elif first.normalisation == "pixels":
        start = f"A = x.astype(np.{dtype}) * np.{dtype}(1 / 255)"
    else:
        start = f"A = x.astype(np.{dtype})"
    lines = [(start, f"(n, {first.units})")]
    lines += [(_line(step), f"(n, {step.units})") for step in program.steps]
    width = max(len(code) for code, _ in lines)
    return [f"{code:<{width}}  # {shape}" for code, shape in lines]


def _line(step: Step) -> str:
    l = step.number  # noqa: E741 - the l of Wl
    if isinstance(step, LayerNorm):
        z = f"layer_norm(A, gamma{l}, beta{l}, {step.epsilon!r})"
    elif isinstance(step, Dense):
        z = f"A @ W{l} + b{l}"
    else:
        z = f"A * scale{l} + shift{l}"
    fn = step.activation
    if fn.name == "identity":
        return f"A = {z}"
    slope = f", {fn.slope!r}" if fn.name == "leaky_relu" else ""
    return f"A = {fn.name}({z}{slope})"


def numbers_of(program: Program) -> list[str]:
    """Return the assignments of all arrays: normalisation, weights, biases."""
    first = program.input
    learnt = {} if first.mean is None else {"mean": first.mean, "factor": first.factor}
    arrays = {name: np.asarray(value, np.float64) for name, value in learnt.items()}
    return [array_text(name, array) for name, array in (arrays | program.arrays).items()]


def array_text(name: str, array: Array) -> str:
    """Return the assignment of one array."""
    if not array.ndim:
        return f"{name} = {float(array)!r}"
    kind = array.dtype.newbyteorder("<").str
    shape = ", ".join(map(str, array.shape))
    return f'{name} = numbers("""\n{base64_lines(array)}\n""", "{kind}", {shape})'


def _outputs_in_words(program: Program) -> str:
    last = program.steps[-1].activation.name
    what = "probabilities" if last in {"softmax", "sigmoid"} else "outputs"
    return f"{what} (n, {program.units}) for raw inputs (n, {program.input.units})"


def _names(program: Program) -> str:
    if program.class_names is None:
        return ""
    return f"\nCLASS_NAMES = [{', '.join(map(quoted, program.class_names))}]\n"


def _classify(program: Program) -> str:
    if program.units == 1:
        return CLASSIFY.format(
            rule="1 if the output exceeds 1/2, else 0", choice="(y[:, 0] > 0.5).astype(int)"
        )
    return CLASSIFY.format(rule="the index of the largest output", choice="y.argmax(axis=1)")
