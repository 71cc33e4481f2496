"""A network as one Rust file: no allocation, no dependencies, no unsafe code."""

from __future__ import annotations

import numpy as np

from byhand import __version__
from byhand.arrays import Array
from byhand.interop.export.program import Dense, LayerNorm, Program, Scale
from byhand.interop.export.text import known_activations, number_lines, remark
from byhand.interop.export.vectors import Vectors
from byhand.network.activations import GELU_CUBIC, GELU_SCALE

ACTIVATIONS = {
    "identity": "",
    "relu": "if z > 0.0 { z } else { 0.0 }",
    "leaky_relu": "if z > 0.0 { z } else { slope * z }",
    "elu": "if z > 0.0 { z } else { z.exp_m1() }",
    "gelu": "0.5 * z * (1.0 + (SCALE * z * (1.0 + CUBIC * z * z)).tanh())",
    "sigmoid": "0.5 * (1.0 + (0.5 * z).tanh())",
    "tanh": "z.tanh()",
    "softplus": "(if z > 0.0 { z } else { 0.0 }) + (-z.abs()).exp().ln_1p()",
    "swish": "z * (0.5 * (1.0 + (0.5 * z).tanh()))",
    "exp": "(if z < 80.0 { z } else { 80.0 }).exp()",
    "softmax": "",  # it mixes the units of a row; see SOFTMAX
}
"""f(z) for each activation."""

TEMPLATE = """\
//! {title}.
//!
//!     mod {name};
//!     let y = {name}::predict(&x);    // outputs for the raw inputs of one example
{classify_line}//!
//! Nothing is allocated. `cargo test`, or `rustc --test` with this file, compares it with the
//! numbers that byhand computed. byhand {version} wrote it.

#![allow(dead_code, clippy::excessive_precision, clippy::unreadable_literal)]

pub const INPUTS: usize = {inputs};
pub const OUTPUTS: usize = {units};
{names}
// --- the network -----------------------------------------------------------------------------

/// The outputs for the raw inputs of one example.
pub fn predict(x: &[{input}; INPUTS]) -> [{real}; OUTPUTS] {{
    let a: [R; INPUTS] = std::array::from_fn(|i| {scaled});
{calls}
}}
{classify}
// --- layers ----------------------------------------------------------------------------------

{functions}
// --- the numbers that training found ---------------------------------------------------------

{arrays}

// --- inputs, and the outputs that byhand computed for them -----------------------------------

#[cfg(test)]
mod tests {{
    use super::*;

    #[test]
    fn outputs_are_those_of_byhand() {{
        let (mut largest, mut scale) = (0.0_f64, 1.0_f64);
        for (x, expected) in TEST_X.chunks_exact(INPUTS).zip(TEST_Y.chunks_exact(OUTPUTS)) {{
            let y = predict(x.try_into().unwrap());
            for (got, want) in y.iter().zip(expected) {{
                let error = (*got as f64 - *want as f64).abs();
                largest = if error.is_nan() {{ f64::INFINITY }} else {{ largest.max(error) }};
                scale = scale.max((*want as f64).abs());
            }}
        }}
        println!("{count} test vectors, largest difference {{:.3e}}", largest / scale);
        assert!(largest / scale < 1e-4);
    }}

{vectors}
}}
"""

DENSE = """\
/// z = x W + b, with W stored row by row, a row for each input.
fn dense<const N: usize, const M: usize>(x: &[R; N], w: &[R], b: &[R; M]) -> [R; M] {
    let mut z = *b;
    for (xi, row) in x.iter().zip(w.chunks_exact(M)) {
        if *xi == 0.0 {
            continue; // paper, and units that relu switched off
        }
        for (zj, wij) in z.iter_mut().zip(row) {
            *zj += xi * wij;
        }
    }
    z
}
"""

SCALE = """\
/// Batch normalisation after training: a = a * scale + shift.
fn scale_shift<const N: usize>(mut a: [R; N], scale: &[R; N], shift: &[R; N]) -> [R; N] {
    for i in 0..N {
        a[i] = a[i] * scale[i] + shift[i];
    }
    a
}
"""

LAYER_NORM = """\
/// Layer normalisation: a = gamma (a - mean) / sqrt(variance + epsilon) + beta.
fn layer_norm<const N: usize>(a: [R; N], gamma: &[R; N], beta: &[R; N], epsilon: R) -> [R; N] {
    let mean = a.iter().sum::<R>() / N as R;
    let variance = a.iter().map(|x| (x - mean) * (x - mean)).sum::<R>() / N as R;
    let deviation = (variance + epsilon).sqrt();
    std::array::from_fn(|i| gamma[i] * ((a[i] - mean) / deviation) + beta[i])
}
"""

SOFTMAX = """\
/// exp(z_k) / sum_j exp(z_j); the maximum is subtracted first.
fn softmax<const N: usize>(z: [R; N]) -> [R; N] {
    let largest = z.iter().copied().fold(R::NEG_INFINITY, R::max);
    let e = z.map(|zk| (zk - largest).exp());
    let sum: R = e.iter().sum();
    e.map(|ek| ek / sum)
}
"""

CLASSIFY = """
/// The class of one example.
pub fn classify(x: &[{input}; INPUTS]) -> usize {{
    let y = predict(x);
    {choice}
}}
"""


def rust_source(program: Program, vectors: Vectors, name: str) -> str:
    """Return the file.

    Args:
        program: the network.
        vectors: its test vectors.
        name: name of the file without its extension.
    """
    known_activations("Rust", program.activations, ACTIVATIONS)
    real = "f32" if program.dtype == np.float32 else "f64"
    first, is_classifier = program.input, program.task == "classification"
    wide = first.mean is not None or real == "f64"
    words = {"input": "f64" if wide else "f32", "real": real, "name": name}
    line = f"//!     let class = {name}::classify(&x);\n"
    return TEMPLATE.format(
        **words,
        title=remark(program.title),
        version=__version__,
        inputs=first.units,
        units=program.units,
        classify_line=line if is_classifier else "",
        names=_names(program),
        scaled=_input(program, real),
        calls=_calls(program),
        classify=_classify(program, words) if is_classifier else "",
        functions="\n".join(_functions(program, real)),
        arrays="\n\n".join(_arrays(program, real)),
        vectors="\n\n".join(_vectors(vectors, words["input"], real)),
        count=len(vectors.x),
    )


def _names(program: Program) -> str:
    if program.class_names is None:
        return ""
    names = ", ".join(_string(one) for one in program.class_names)
    return f"pub const CLASS_NAMES: [&str; {len(program.class_names)}] = [{names}];\n"


def _string(text: str) -> str:
    """Return a string of Rust, in ASCII."""
    plain = "".join(
        one if 32 <= ord(one) < 127 and one not in '"\\' else f"\\u{{{ord(one):x}}}"
        for one in text.encode("utf-8", "replace").decode()
    )
    return f'"{plain}"'


def _input(program: Program, real: str) -> str:
    """Return A0 from one raw value."""
    first = program.input
    if first.mean is not None:
        each = np.ndim(first.factor) > 0
        mean, factor = ("MEAN[i]", "FACTOR[i]") if each else (first.mean, first.factor)
        return f"((x[i] - {mean}) * {factor}) as {real}"
    return f"x[i] * {1 / 255!r}" if first.normalisation == "pixels" else "x[i]"


def _calls(program: Program) -> str:
    lines = []
    for step in program.steps:
        names = [f"&{name.upper()}" for name in step.arrays]
        arguments = ", ".join(names)
        if isinstance(step, Dense):
            lines.append(f"    let a: [R; {step.units}] = dense(&a, {arguments});")
        elif isinstance(step, LayerNorm):
            lines.append(f"    let a = layer_norm(a, {arguments}, {step.epsilon!r});")
        else:
            lines.append(f"    let a = scale_shift(a, {arguments});")
        fn = step.activation
        if fn.name == "softmax":
            lines.append("    let a = softmax(a);")
        elif fn.name == "leaky_relu":
            lines.append(f"    let a = a.map(|z| leaky_relu(z, {float(fn.slope or 0)!r}));")
        elif fn.name != "identity":
            lines.append(f"    let a = a.map({fn.name});")
    return "\n".join([*lines, "    a"])


def _functions(program: Program, real: str) -> list[str]:
    texts = [f"type R = {real};\n", DENSE]
    for kind, text in ((Scale, SCALE), (LayerNorm, LAYER_NORM)):
        if any(isinstance(step, kind) for step in program.steps):
            texts.append(text)
    for name, fn in program.activations.items():
        if name == "softmax":
            texts.append(SOFTMAX)
        elif ACTIVATIONS[name]:
            slope = ", slope: R" if name == "leaky_relu" else ""
            body = ACTIVATIONS[name].replace("SCALE", repr(GELU_SCALE))
            body = body.replace("CUBIC", repr(GELU_CUBIC))
            formula = "max(z, slope z)" if slope else fn.formula
            texts.append(f"/// {formula}\nfn {name}(z: R{slope}) -> R {{\n    {body}\n}}\n")
    return texts


def _arrays(program: Program, real: str) -> list[str]:
    first = program.input
    learnt = {"MEAN": first.mean, "FACTOR": first.factor} if first.mean is not None else {}
    texts = [
        _array(name, "f64", np.asarray(value, np.float64))
        for name, value in learnt.items()
        if np.ndim(value)
    ]
    return texts + [_array(name.upper(), real, array) for name, array in program.arrays.items()]


def _vectors(vectors: Vectors, kind: str, real: str) -> list[str]:
    x = vectors.x.astype(np.float32 if kind == "f32" else np.float64)
    return [_array("TEST_X", kind, x), _array("TEST_Y", real, vectors.y)]


def _array(name: str, kind: str, values: Array) -> str:
    return (
        f"#[rustfmt::skip]\nstatic {name}: [{kind}; {values.size}] = [\n{number_lines(values)}\n];"
    )


def _classify(program: Program, words: dict[str, str]) -> str:
    if program.units == 1:
        return CLASSIFY.format(**words, choice="(y[0] > 0.5) as usize")
    choice = "(1..OUTPUTS).fold(0, |best, k| if y[k] > y[best] { k } else { best })"
    return CLASSIFY.format(**words, choice=choice)
