"""A network as one JavaScript module, for browsers, Node and Deno; it computes in float64."""

from __future__ import annotations

import json

import numpy as np

from byhand import __version__
from byhand.arrays import Array
from byhand.errors import ArgumentError
from byhand.interop.export.program import Dense, LayerNorm, Program, Step
from byhand.interop.export.text import base64_lines, identifier, quoted, remark
from byhand.interop.export.vectors import Vectors
from byhand.network.activations import Activation

BUILT_IN = frozenset({"relu", "elu", "gelu", "sigmoid", "tanh", "softplus", "swish", "exp"})
"""Activations whose names are those of functions in the module."""

TEMPLATE = """\
// {title}.
//
//     import {{ predict{classify_name} }} from "./{name}.js";
//
//     predict(x)    {units} outputs for one example, x: {inputs} raw inputs
{classify_line}// byhand {version} wrote it.

{names}// --- the network ----------------------------------------------------------------------

export function predict(x) {{
  if (x.length !== {inputs}) throw new RangeError(`expected {inputs} inputs; got ${{x.length}}`);
  let a = Float64Array.from(x, {scaled});
{calls}
  return a;
}}
{classify}
// --- layers ----------------------------------------------------------------------------------

{functions}
// --- the numbers that training found ---------------------------------------------------------

function numbers(kind, text) {{
  const bytes = Uint8Array.from(atob(text.replaceAll("\\n", "")), (letter) => letter.charCodeAt(0));
  return new kind(bytes.buffer); // little-endian, as on every common machine
}}

{arrays}

// --- inputs, and the outputs that byhand computed for them -----------------------------------

{vectors}

// The largest |predict(x) - y| over the test vectors, divided by the largest |y| above 1.
export function largestDifference() {{
  const count = TEST_X.length / {inputs};
  let largest = 0;
  let scale = 1;
  for (let n = 0; n < count; n++) {{
    const y = predict(TEST_X.subarray(n * {inputs}, (n + 1) * {inputs}));
    for (let k = 0; k < {units}; k++) {{
      const expected = TEST_Y[n * {units} + k];
      largest = Math.max(largest, Math.abs(y[k] - expected)); // NaN stays NaN
      scale = Math.max(scale, Math.abs(expected));
    }}
  }}
  return {{ count, difference: largest / scale }};
}}
"""

DENSE = """\
// z = x W + b, with W stored row by row, a row for each input.
function dense(x, W, b) {
  const z = Float64Array.from(b);
  for (let i = 0, w = 0; i < x.length; i++, w += z.length) {
    if (x[i] === 0) continue; // paper, and units that relu switched off
    for (let j = 0; j < z.length; j++) z[j] += x[i] * W[w + j];
  }
  return z;
}
"""

LAYER_NORM = """\
// Layer normalisation: gamma (x - mean) / sqrt(variance + epsilon) + beta.
function layerNorm(x, gamma, beta, epsilon) {
  const mean = x.reduce((total, value) => total + value, 0) / x.length;
  const variance = x.reduce((total, value) => total + (value - mean) ** 2, 0) / x.length;
  const deviation = Math.sqrt(variance + epsilon);
  return x.map((value, i) => (gamma[i] * (value - mean)) / deviation + beta[i]);
}
"""

SOFTMAX = """\
// exp(z_k) / sum_j exp(z_j); the maximum is subtracted first.
function softmax(z) {
  const largest = Math.max(...z);
  const e = z.map((one) => Math.exp(one - largest));
  const sum = e.reduce((total, one) => total + one, 0);
  return e.map((one) => one / sum);
}
"""

CLASSIFY = """
export function classify(x) {{
  const y = predict(x);
  return {choice};
}}
"""


def javascript_source(program: Program, vectors: Vectors, name: str) -> str:
    """Return the module.

    Args:
        program: the network.
        vectors: its test vectors.
        name: name of the file without its extension, for the comment.
    """
    first, is_classifier = program.input, program.task == "classification"
    learnt = {} if first.mean is None else {"mean": first.mean, "factor": first.factor}
    scaling = {k: np.asarray(v, np.float64) for k, v in learnt.items() if np.ndim(v)}
    return TEMPLATE.format(
        title=remark(program.title),
        name=name,
        version=__version__,
        inputs=first.units,
        units=program.units,
        classify_name=", classify" if is_classifier else "",
        classify_line="//     classify(x)   the class\n//\n" if is_classifier else "//\n",
        names=_names(program),
        scaled=_input(program),
        calls="\n".join(f"  a = {_call(step)};" for step in program.steps),
        classify=_classify(program) if is_classifier else "",
        functions="\n".join(_functions(program)),
        arrays="\n\n".join(_array(k, v) for k, v in (scaling | program.arrays).items()),
        vectors="\n\n".join([_array("TEST_X", vectors.x), _array("TEST_Y", vectors.y)]),
    )


def _names(program: Program) -> str:
    if program.class_names is None:
        return ""
    return f"export const classNames = [{', '.join(map(quoted, program.class_names))}];\n\n"


def _input(program: Program) -> str:
    """Return a function from a raw value to its entry of A0."""
    first = program.input
    if first.mean is not None:
        if np.ndim(first.factor):
            return "(value, i) => (value - mean[i]) * factor[i]"
        return f"(value) => (value - {first.mean}) * {first.factor}"
    return "(value) => value / 255" if first.normalisation == "pixels" else "Number"


def _call(step: Step) -> str:
    """Return the expression of one layer, in terms of the layer before, a."""
    l = step.number  # noqa: E741 - the l of Wl
    if isinstance(step, Dense):
        z = f"dense(a, W{l}, b{l})"
    elif isinstance(step, LayerNorm):
        z = f"layerNorm(a, gamma{l}, beta{l}, {step.epsilon!r})"
    else:
        z = f"a.map((value, i) => value * scale{l}[i] + shift{l}[i])"
    fn = step.activation
    if fn.name == "identity":
        return z
    if fn.name == "softmax":
        return f"softmax({z})"
    if fn.name == "leaky_relu":
        return f"{z}.map((value) => leaky_relu(value, {json.dumps(fn.slope)}))"
    return f"{z}.map((value) => {_name(fn)}(value))"


def _name(fn: Activation) -> str:
    """Return the name of an activation's function; those of a user's own get a prefix."""
    return fn.name if fn.name in BUILT_IN else identifier(f"own_{fn.name}")


def _functions(program: Program) -> list[str]:
    texts = [DENSE]
    if any(isinstance(step, LayerNorm) for step in program.steps):
        texts.append(LAYER_NORM)
    for name, fn in program.activations.items():
        if name == "softmax":
            texts.append(SOFTMAX)
        elif name == "leaky_relu":
            texts.append("const leaky_relu = (z, slope) => Math.max(z, slope * z);\n")
        elif name != "identity":
            texts.append(_elementwise(fn))
    return texts


def _elementwise(fn: Activation) -> str:
    if fn.javascript is None:
        raise ArgumentError(
            f"the activation {fn.name!r} is your own and has no JavaScript; register an Activation "
            "with javascript=(f, f') to export it."
        )
    return f"// {remark(fn.formula)}\nconst {_name(fn)} = (z) => {fn.javascript[0]};\n"


def _array(name: str, array: Array) -> str:
    kinds = {"f4": "Float32Array", "f8": "Float64Array", "u1": "Uint8Array"}
    kind = kinds[array.dtype.str[1:]]
    return f"const {name} = numbers({kind}, `\n{base64_lines(array)}\n`);"


def _classify(program: Program) -> str:
    if program.units == 1:
        return CLASSIFY.format(choice="Number(y[0] > 0.5)")
    return CLASSIFY.format(choice="y.indexOf(Math.max(...y))")
