"""A network as one C99 file: no allocation, no state, nothing but the mathematics library.

With int8 the weights are stored as whole numbers from -127 to 127, and so are the inputs of each
dense layer while it computes; `quantise.py` has the formulas.
"""

from __future__ import annotations

import numpy as np

from byhand import __version__
from byhand.arrays import Array
from byhand.interop.export.program import Dense, Int8Dense, LayerNorm, Program, Scale
from byhand.interop.export.text import known_activations, number_lines, remark
from byhand.interop.export.vectors import Vectors
from byhand.network.activations import GELU_CUBIC, GELU_SCALE

ACTIVATIONS = {
    "identity": "",
    "relu": "a[i] > 0 ? a[i] : 0",
    "leaky_relu": "a[i] > 0 ? a[i] : slope * a[i]",
    "elu": "a[i] > 0 ? a[i] : expm1@(a[i])",
    "gelu": "HALF * a[i] * (1 + tanh@(SCALE * a[i] * (1 + CUBIC * a[i] * a[i])))",
    "sigmoid": "HALF * (1 + tanh@(HALF * a[i]))",
    "tanh": "tanh@(a[i])",
    "softplus": "(a[i] > 0 ? a[i] : 0) + log1p@(exp@(-fabs@(a[i])))",
    "swish": "a[i] * (HALF * (1 + tanh@(HALF * a[i])))",
    "exp": "exp@(a[i] < 80 ? a[i] : 80)",
    "softmax": "",  # it mixes the units of a row; see SOFTMAX
}
"""The new value of a[i]; @ stands for the f at the end of C's functions for floats."""

TEMPLATE = """\
/* {title}.

   void {name}_predict(const {input} x[{inputs}], {real} y[{units}]);   outputs for raw inputs
{prototype}
   Copy these lines into your program, and compile this file with it:  cc -std=c99 -O2 ... -lm
   Nothing is allocated and nothing is kept between calls, so threads may call it at once; the
   stack holds {stack:,} numbers. Compiled with -DBYHAND_TEST, this file is a program that compares
   itself with the numbers that byhand computed. byhand {version} wrote it. */

#include <math.h>
{includes}
typedef {real} real;

void {name}_predict(const {input} x[{inputs}], real y[{units}]);
{declaration}{names}
/* --- the numbers that training found ----------------------------------------------------- */

{arrays}

/* --- layers ------------------------------------------------------------------------------ */

{functions}
/* --- the network ------------------------------------------------------------------------- */

{predict}
{classify}
#ifdef BYHAND_TEST
#include <stdio.h>

{vectors}

int main(void) {{
    double largest = 0, scale = 1;
    int n, i;
    for (n = 0; n < {count}; n++) {{
        real y[{units}];
        {name}_predict(TEST_X + n * {inputs}, y);
        for (i = 0; i < {units}; i++) {{
            double expected = TEST_Y[n * {units} + i], error = fabs(y[i] - expected);
            if (!(error <= largest)) largest = error == error ? error : HUGE_VAL;
            if (fabs(expected) > scale) scale = fabs(expected);
        }}
    }}
    printf("{count} test vectors, largest difference %.3g\\n", largest / scale);
    return 0;
}}
#endif
"""

DENSE = """\
/* z = x W + b, with W stored row by row, a row for each input. */
static void dense(const real *x, int inputs, const real *W, const real *b, int units, real *z) {
    int i, j;
    for (j = 0; j < units; j++) z[j] = b[j];
    for (i = 0; i < inputs; i++) {
        const real xi = x[i], *row = W + (long)i * units;
        if (xi == 0) continue; /* paper, and units that relu switched off */
        for (j = 0; j < units; j++) z[j] += xi * row[j];
    }
}
"""

DENSE_INT8 = """\
/* z = x W + b in whole numbers, with W stored unit by unit: q = round(127 x / max |x|), and
   z[j] = (sum of q W[j]) * (max |x| / 127) * step[j] + b[j]. */
static void dense(const real *x, int inputs, const signed char *W, const real *step, const real *b,
                  int units, real *z) {
    signed char q[WIDEST];
    real largest = 0, unit;
    int i, j;
    for (i = 0; i < inputs; i++)
        if (fabs@(x[i]) > largest || x[i] != x[i]) largest = fabs@(x[i]);
    if (largest - largest != 0) { /* an input is NaN or infinite */
        for (j = 0; j < units; j++) z[j] = largest - largest;
        return;
    }
    unit = largest / 127;
    if (unit < (real)1.2e-38) unit = 1; /* inputs of 0, or so small that floats lose their digits */
    for (i = 0; i < inputs; i++) q[i] = (signed char)rint@(x[i] / unit);
    for (j = 0; j < units; j++) {
        const signed char *row = W + (long)j * inputs;
        int_least32_t sum = 0;
        for (i = 0; i < inputs; i++) sum += q[i] * row[i];
        z[j] = (real)sum * (unit * step[j]) + b[j];
    }
}
"""

SCALE = """\
/* Batch normalisation after training: a = a * scale + shift. */
static void scale_shift(real *a, int units, const real *scale, const real *shift) {
    int i;
    for (i = 0; i < units; i++) a[i] = a[i] * scale[i] + shift[i];
}
"""

LAYER_NORM = """\
/* Layer normalisation: a = gamma (a - mean) / sqrt(variance + epsilon) + beta. */
static void layer_norm(real *a, int units, const real *gamma, const real *beta, real epsilon) {
    real mean = 0, variance = 0;
    int i;
    for (i = 0; i < units; i++) mean += a[i] / units;
    for (i = 0; i < units; i++) a[i] -= mean;
    for (i = 0; i < units; i++) variance += a[i] * a[i] / units;
    for (i = 0; i < units; i++)
        a[i] = gamma[i] * (a[i] / sqrt@(variance + epsilon)) + beta[i];
}
"""

ELEMENTWISE = """\
/* {formula} */
static void apply_{name}(real *a, int units{slope}) {{
    int i;
    for (i = 0; i < units; i++)
        a[i] = {expression};
}}
"""

SOFTMAX = """\
/* exp(z_k) / sum_j exp(z_j); the maximum is subtracted first. */
static void apply_softmax(real *a, int units) {
    real largest = a[0], sum = 0;
    int i;
    for (i = 1; i < units; i++)
        if (a[i] > largest) largest = a[i];
    for (i = 0; i < units; i++) sum += a[i] = exp@(a[i] - largest);
    for (i = 0; i < units; i++) a[i] /= sum;
}
"""

PREDICT = """\
void {name}_predict(const {input} x[{inputs}], real y[{units}]) {{
    real {arrays};
    int i;
    for (i = 0; i < {inputs}; i++) a0[i] = {scaled};
    {calls}
}}
"""

CLASSIFY = """\
int {name}_classify(const {input} x[{inputs}]) {{
    real y[{units}];
    int k, best = 0;
    {name}_predict(x, y);
    {choice}
    return best;
}}
"""


def c_source(program: Program, vectors: Vectors, name: str) -> str:
    """Return the file.

    Args:
        program: the network; its dense layers may be `Int8Dense`.
        vectors: its test vectors.
        name: prefix of the names of its functions.
    """
    known_activations("C", program.activations, ACTIVATIONS)
    is_single = program.dtype == np.float32
    ending = "f" if is_single else ""
    first, units = program.input, program.units
    is_classifier = program.task == "classification"
    words = {
        "name": name,
        "inputs": first.units,
        "units": units,
        "input": "double" if first.mean is not None else "float" if is_single else "double",
        "real": "float" if is_single else "double",
    }
    is_int8 = any(isinstance(step, Int8Dense) for step in program.steps)
    widest = max([first.units, *(step.units for step in program.steps)])
    return TEMPLATE.format(
        **words,
        title=remark(program.title) + (", with weights of 8 bits" if is_int8 else ""),
        version=__version__,
        stack=first.units + 2 * widest,
        includes="#include <stdint.h>\n" if is_int8 else "",
        prototype=_prototype(words, "   ", "   the class\n") if is_classifier else "",
        declaration=_prototype(words, "", "\n") if is_classifier else "",
        names=_names(program, name),
        arrays="\n\n".join(_arrays(program, ending)),
        functions="\n".join(_functions(program, ending, widest)),
        predict=_predict(program, words, ending),
        classify=_classify(program, words) if is_classifier else "",
        vectors="\n\n".join(_vectors(vectors, words, ending)),
        count=len(vectors.x),
    )


def _prototype(words: dict[str, object], before: str, after: str) -> str:
    return (
        f"{before}int {words['name']}_classify(const {words['input']} x[{words['inputs']}]);{after}"
    )


def _names(program: Program, name: str) -> str:
    if program.class_names is None:
        return ""
    names = ", ".join(_c_string(one) for one in program.class_names)
    declared = f"const char *const {name}_names[]"
    return f"extern {declared};\n{declared} = {{{names}}};\n"


def _c_string(text: str) -> str:
    """Return UTF-8 text as a C string; octal escapes end after three digits, hexadecimal do not."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "replace")
    )
    return f'"{plain}"'


# --- numbers ----------------------------------------------------------------------------------


def _arrays(program: Program, ending: str) -> list[str]:
    first = program.input
    learnt = {"mean": first.mean, "factor": first.factor}
    is_learnt = first.mean is not None and np.ndim(first.factor)
    scaling = {name: np.asarray(value, np.float64) for name, value in learnt.items() if is_learnt}
    return [
        *(_array(name, "double", value, "") for name, value in scaling.items()),
        *(
            _array(name, "signed char", array, "")
            if array.dtype == np.int8
            else _array(name, "real", array, ending)
            for name, array in program.arrays.items()
        ),
    ]


def _array(name: str, kind: str, values: Array, ending: str) -> str:
    return f"static const {kind} {name}[{values.size}] = {{\n{number_lines(values, ending)}\n}};"


def _vectors(vectors: Vectors, words: dict[str, object], ending: str) -> list[str]:
    kind = str(words["input"])
    x = vectors.x.astype(np.float32 if kind == "float" else np.float64)
    y = vectors.y
    return [
        _array("TEST_X", kind, x, "f" if kind == "float" else ""),
        _array("TEST_Y", "real", y, ending),
    ]


# --- functions --------------------------------------------------------------------------------


def _functions(program: Program, ending: str, widest: int) -> list[str]:
    """Return the functions that this network needs, each once."""
    kinds = {type(step) for step in program.steps}
    texts = {Dense: DENSE, Int8Dense: DENSE_INT8, Scale: SCALE, LayerNorm: LAYER_NORM}
    needed = [text for kind, text in texts.items() if kind in kinds]
    for name, activation in program.activations.items():
        if name == "softmax":
            needed.append(SOFTMAX)
        elif ACTIVATIONS[name]:
            slope = ", real slope" if name == "leaky_relu" else ""
            formula = "max(z, slope z)" if slope else activation.formula
            needed.append(
                ELEMENTWISE.format(
                    name=name, expression=ACTIVATIONS[name], formula=formula, slope=slope
                )
            )
    constants = {"@": ending, "HALF": f"0.5{ending}", "WIDEST": str(widest)}
    constants |= {"SCALE": f"{GELU_SCALE!r}{ending}", "CUBIC": f"{GELU_CUBIC!r}{ending}"}
    return [_replaced(text, constants) for text in needed]


def _replaced(text: str, constants: dict[str, str]) -> str:
    for word, value in constants.items():
        text = text.replace(word, value)
    return text


def _predict(program: Program, words: dict[str, object], ending: str) -> str:
    """Return the function that computes the outputs: an array on the stack for each layer."""
    last_dense = len(program.steps) - 1  # networks end with a dense layer
    arrays, calls = [f"a0[{program.input.units}]"], []
    current, n_in = "a0", program.input.units
    for index, step in enumerate(program.steps):
        names = ", ".join(step.arrays)
        if isinstance(step, Scale):
            calls.append(f"scale_shift({current}, {step.units}, {names});")
        elif isinstance(step, LayerNorm):
            epsilon = f"{step.epsilon!r}{ending}"
            calls.append(f"layer_norm({current}, {step.units}, {names}, {epsilon});")
        else:
            result = "y" if index == last_dense else f"a{step.number}"
            calls.append(f"dense({current}, {n_in}, {names}, {step.units}, {result});")
            if result != "y":
                arrays.append(f"{result}[{step.units}]")
            current, n_in = result, step.units
        fn = step.activation
        if fn.name != "identity":
            slope = f", {float(fn.slope or 0)!r}{ending}" if fn.name == "leaky_relu" else ""
            calls.append(f"apply_{fn.name}({current}, {step.units}{slope});")
    return PREDICT.format(
        **words,
        arrays=", ".join(arrays),
        scaled=_input(program, ending),
        calls="\n    ".join(calls),
    )


def _input(program: Program, ending: str) -> str:
    """Return A0 from one raw value."""
    first = program.input
    if first.mean is not None:
        each = np.ndim(first.factor) > 0
        mean, factor = ("mean[i]", "factor[i]") if each else (first.mean, first.factor)
        return f"(real)((x[i] - {mean}) * {factor})"
    if first.normalisation == "pixels":
        return f"x[i] * {1 / 255!r}{ending}"
    return "(real)x[i]"


def _classify(program: Program, words: dict[str, object]) -> str:
    units = program.units
    choice = (
        "k = 0;\n    best = y[k] > 0.5;"
        if units == 1
        else f"for (k = 1; k < {units}; k++)\n        if (y[k] > y[best]) best = k;"
    )
    return CLASSIFY.format(**words, choice=choice)
