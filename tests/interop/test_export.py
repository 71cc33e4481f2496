"""Networks as NumPy, npz, C, JavaScript, Rust, ONNX and PyTorch files, run by the real targets."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.interop.networks import NETWORKS, PIXELS, network

import byhand
from byhand import ArgumentError, DenseLayer, FileError, FormatError, InputLayer, load_npz
from byhand.interop.export import TARGETS, export, int8_accuracy, verify_export
from byhand.interop.export.formats import Job
from byhand.interop.export.program import program_of
from byhand.interop.export.quantise import MOST_INPUTS, predict_int8, quantised
from byhand.interop.export.vectors import vectors_of

FILES = {
    "numpy": "net.py",
    "c": "net.c",
    "js": "net.js",
    "rust": "net.rs",
    "onnx": "net.onnx",
    "torch": "net_torch.py",
    "state-dict": "net.safetensors",
}
TOOLS = {"c": "cc", "js": "node", "rust": "rustc"}
LIBRARIES = {"onnx": "onnxruntime", "torch": "torch", "state-dict": "torch"}


def needs(target):
    if target in TOOLS and shutil.which(TOOLS[target]) is None:
        pytest.skip(f"{TOOLS[target]} is not installed")
    if target in LIBRARIES:
        pytest.importorskip(LIBRARIES[target])


SOME = {
    "rust": (
        "every activation",
        "batch norm and dropout",
        "standardised columns",
        "layer norm",
        "counts",
    ),
    "torch": ("batch norm and dropout",),  # importing its library takes seconds
}

PAIRS = [
    pytest.param(target, name, id=f"{target}, {name}")
    for target in FILES
    for name in SOME.get(target, NETWORKS)
    if (target, name) != ("state-dict", "counts")  # torch has no module for exp(z)
]


@pytest.mark.parametrize(("target", "name"), PAIRS)
def test_each_target_computes_the_outputs_of_byhand(target, name, tmp_path):
    needs(target)
    net, x = NETWORKS[name]()

    path = export(net, tmp_path / FILES[target], to=target, examples=x)
    verified = verify_export(path)

    assert verified.passed
    assert verified.count == 16
    assert verified.difference < 5e-6


@pytest.mark.parametrize("target", [name for name in FILES if name != "torch"])
def test_a_network_that_differs_from_its_test_vectors_is_found(target, tmp_path):
    needs(target)
    net, x = NETWORKS["one sigmoid"]()
    vectors = vectors_of(net, x)
    net.parameters["W1"][0, 0] += 0.5
    path = tmp_path / FILES[target]
    path.write_bytes(TARGETS[target].write(Job(net, program_of(net), vectors, "net")))

    verified = verify_export(path)

    assert not verified.passed
    assert verified.difference == pytest.approx(
        vectors.difference(net.predict_proba(vectors.x)), rel=0.01
    )


# --- NumPy --------------------------------------------------------------------------------------


def outputs_of_python(path, x, expression="module.predict(x)"):
    """Run a file in a fresh interpreter that cannot see byhand, on all inputs."""
    np.save(path.parent / "x.npy", x)
    code = (
        "import sys, importlib.util, numpy as np\n"
        f"spec = importlib.util.spec_from_file_location('net', {str(path)!r})\n"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "assert 'byhand' not in sys.modules\n"
        f"x = np.load({str(path.parent / 'x.npy')!r})\n"
        f"np.save({str(path.parent / 'y.npy')!r}, np.asarray({expression}))\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    return np.load(path.parent / "y.npy")


def test_the_numpy_file_gives_outputs_and_classes_without_byhand(digits, tmp_path):
    images, _ = digits
    net = byhand.MultiLayerPerceptron(
        [InputLayer(64, "pixels"), DenseLayer(20, "relu"), DenseLayer(10, "softmax")], seed=0
    )
    path = export(net, tmp_path / "digits.py")

    np.testing.assert_allclose(
        outputs_of_python(path, images), net.predict_proba(images), atol=1e-6
    )
    np.testing.assert_array_equal(
        outputs_of_python(path, images, "module.classify(x)"), net.predict(images)
    )


def test_the_numpy_file_reads_like_a_textbook(tmp_path):
    net, _ = NETWORKS["batch norm and dropout"]()

    text = export(net, tmp_path / "net.py").read_text()

    assert "A = leaky_relu(A * scale1 + shift1, 0.2)" in text
    assert "A = softmax(A @ W3 + b3)" in text
    assert text.index("def predict") < text.index("def numbers")
    assert "import byhand" not in text


# --- npz ----------------------------------------------------------------------------------------


def test_the_npz_holds_what_fun_mnist_holds_and_nothing_else(tmp_path):
    net = network(DenseLayer(5, "relu"))

    path = export(net, tmp_path / "nn_parameters.npz")

    with np.load(path) as file:
        assert sorted(file.files) == ["W1", "W2", "b1", "b2"]
    np.testing.assert_array_equal(load_npz(path).predict_proba(PIXELS), net.predict_proba(PIXELS))
    assert verify_export(path, net).difference == 0
    with pytest.raises(ArgumentError, match="carries no test vectors"):
        verify_export(path)


# --- C ------------------------------------------------------------------------------------------

DRIVER = """
#include <stdio.h>
{prototypes}
int main(void) {{
    {kind} x[{inputs}];
    while (fread(x, sizeof x, 1, stdin) == 1) {{
        {real} y[{units}];
        int i;
        net_predict(x, y);
        for (i = 0; i < {units}; i++) printf("%.17g ", (double)y[i]);
        printf("%d\\n", {classify});
    }}
    return 0;
}}
"""


def run_c(path, x, kind, real, units, classify="net_classify(x)"):
    """Compile the file beside a program that uses it, and return outputs and classes."""
    needs("c")
    inputs = x.reshape(len(x), -1).shape[1]
    text = path.read_text()
    prototypes = f"void net_predict(const {kind} x[{inputs}], {real} y[{units}]);\n"
    if classify != "0":
        prototypes += f"int net_classify(const {kind} x[{inputs}]);\n"
    assert all(one in text for one in prototypes.splitlines())
    driver = path.parent / "driver.c"
    driver.write_text(
        DRIVER.format(
            prototypes=prototypes,
            kind=kind,
            real=real,
            units=units,
            inputs=inputs,
            classify=classify,
        )
    )
    program = path.parent / "driver"
    flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wshadow"]
    subprocess.run(["cc", *flags, str(path), str(driver), "-o", str(program), "-lm"], check=True)
    dtype = np.float32 if kind == "float" else np.float64
    result = subprocess.run(
        [str(program)], input=x.astype(dtype).tobytes(), capture_output=True, check=True
    )
    rows = np.array([line.split() for line in result.stdout.decode().splitlines()], float)
    return rows[:, :units], rows[:, units].astype(int)


def test_a_c_program_that_uses_the_file_gets_outputs_and_classes(tmp_path):
    net, x = NETWORKS["every activation"]()
    path = export(net, tmp_path / "net.c")

    y, classes = run_c(path, x, "float", "float", 4)

    np.testing.assert_allclose(y, net.predict_proba(x), atol=1e-6)
    np.testing.assert_array_equal(classes, net.predict(x))


def test_c_takes_timestamps_as_double(tmp_path):
    net, x = NETWORKS["standardised columns"]()
    path = export(net, tmp_path / "net.c")

    y, _ = run_c(path, x, "double", "float", 4)

    np.testing.assert_allclose(y, net.predict_proba(x), atol=1e-6)


def test_the_c_file_allocates_nothing_and_calls_the_mathematics_library_only(tmp_path):
    needs("c")
    net, _ = NETWORKS["every activation"]()
    path = export(net, tmp_path / "net.c")
    compiled = tmp_path / "net.o"
    subprocess.run(["cc", "-std=c99", "-c", str(path), "-o", str(compiled)], check=True)

    symbols = subprocess.run(
        ["nm", "-u", str(compiled)], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "malloc" not in symbols
    assert {name for name in symbols if len(name) > 1} <= {
        "expf", "expm1f", "log1pf", "tanhf", "fabsf", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["standardised images", "batch norm and dropout", "layer norm"])
def test_c_with_8_bits_computes_what_numpy_computes_with_8_bits(name, tmp_path):
    net, x = NETWORKS[name]()
    path = export(net, tmp_path / "net.c", int8=True)
    kind = "double" if net.input_layer.mean is not None else "float"

    y, _ = run_c(path, x, kind, "float", 4)

    expected = predict_int8(quantised(program_of(net)), x)
    np.testing.assert_allclose(y, expected, atol=2e-6)
    assert np.abs(y - net.predict_proba(x)).max() > 1e-4  # 8 bits do cost something


def compiled_size(path):
    needs("c")
    compiled = path.with_suffix(".o")
    subprocess.run(["cc", "-std=c99", "-Os", "-c", str(path), "-o", str(compiled)], check=True)
    return compiled.stat().st_size


def test_8_bits_make_the_file_smaller_and_keep_the_accuracy(digits, tmp_path):
    images, labels = digits
    net = byhand.MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(64, "relu"), DenseLayer(10, "softmax")], seed=0
    )
    net.fit(images, labels, epochs=10, verbose=0)

    whole = compiled_size(export(net, tmp_path / "whole.c"))
    small = compiled_size(export(net, tmp_path / "small.c", int8=True))
    measured = int8_accuracy(net, images, labels)

    assert small < whole / 2
    assert measured["accuracy"] > 0.9
    assert measured["accuracy_int8"] > measured["accuracy"] - 0.01
    assert measured["examples"] == len(images)


def test_8_bits_belong_to_c_and_to_sums_of_32_bits(tmp_path):
    net = network(DenseLayer(5, "relu"))
    with pytest.raises(ArgumentError, match="int8 is only for C; js"):
        export(net, tmp_path / "net.js", int8=True)
    wide = byhand.MultiLayerPerceptron([InputLayer(MOST_INPUTS + 1, "none"), DenseLayer(2)], seed=0)
    with pytest.raises(ArgumentError, match="can exceed 32 bits"):
        export(wide, tmp_path / "net.c", int8=True)


def test_a_layer_of_zeros_has_8_bits_too():
    net = network(DenseLayer(5, "relu"))
    net.parameters["W1"] = np.zeros((12, 5))

    y = predict_int8(quantised(program_of(net)), PIXELS)

    np.testing.assert_allclose(y, net.predict_proba(PIXELS), atol=0.02)


# --- JavaScript ---------------------------------------------------------------------------------


def test_a_javascript_program_that_imports_the_file_gets_outputs_and_classes(tmp_path):
    needs("js")
    net, x = NETWORKS["every activation"]()
    export(net, tmp_path / "net.mjs")
    (tmp_path / "x.json").write_text(json.dumps(x.reshape(len(x), -1).tolist()))
    (tmp_path / "driver.mjs").write_text(
        'import { readFileSync } from "node:fs";\n'
        'import { predict, classify } from "./net.mjs";\n'
        'const rows = JSON.parse(readFileSync("x.json", "utf8"));\n'
        "console.log(JSON.stringify(rows.map((x) => [[...predict(x)], classify(x)])));\n"
    )

    result = subprocess.run(
        ["node", "driver.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    y, classes = zip(*json.loads(result.stdout), strict=True)

    np.testing.assert_allclose(np.array(y), net.predict_proba(x), atol=1e-6)
    np.testing.assert_array_equal(classes, net.predict(x))


SQUARE_PLUS = byhand.Activation(
    "square_plus",
    lambda z: z * z + z,
    lambda z, a: 2 * z + 1,
    javascript=("z * z + z", "2 * z + 1"),
)


def test_javascript_takes_a_custom_activation_that_brings_its_javascript(tmp_path):
    needs("js")
    net = network(DenseLayer(5, SQUARE_PLUS))

    assert verify_export(export(net, tmp_path / "net.js")).passed
    with pytest.raises(ArgumentError, match="has no JavaScript"):
        export(network(DenseLayer(5, replace(SQUARE_PLUS, javascript=None))), tmp_path / "net.js")


@pytest.mark.parametrize("ending", ["c", "rs", "onnx", "py", "safetensors"])
def test_other_targets_refuse_a_custom_activation(ending, tmp_path):
    if ending == "onnx":
        pytest.importorskip("onnx")

    with pytest.raises(ArgumentError, match="square_plus"):
        export(network(DenseLayer(5, SQUARE_PLUS)), tmp_path / f"net.{ending}")


# --- ONNX ---------------------------------------------------------------------------------------


def test_onnx_passes_the_full_check_and_takes_any_number_of_rows(tmp_path):
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    net, x = NETWORKS["every activation"]()
    path = export(net, tmp_path / "net.onnx")

    model = onnx.load(str(path))
    onnx.checker.check_model(model, full_check=True)
    session = runtime.InferenceSession(str(path))

    assert [one.name for one in session.get_inputs()] == ["x"]
    assert session.get_inputs()[0].shape == ["n", 12]
    for rows in (x[:1], x):
        (y,) = session.run(["y"], {"x": rows.reshape(len(rows), -1).astype(np.float32)})
        np.testing.assert_allclose(y, net.predict_proba(rows), atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx_computes_in_float64_if_the_network_does(name, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    net, x = NETWORKS[name]()
    net = net.copy(np.float64)
    rows = x.reshape(len(x), -1).astype(np.float64)
    session = runtime.InferenceSession(str(export(net, tmp_path / "net.onnx")))

    (y,) = session.run(None, {"x": rows})

    assert y.dtype == np.float64
    single = program_of(net).activations.keys() & {"elu", "leaky_relu", "softplus"}
    tolerance = 1e-5 if single else 1e-9  # ONNX keeps the epsilon of layer norm in float32
    np.testing.assert_allclose(y, net.predict_proba(x), rtol=tolerance)
    assert verify_export(tmp_path / "net.onnx").difference < tolerance


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("BYHAND_DATA"), reason="needs MNIST; set BYHAND_DATA")
def test_onnx_runtime_agrees_on_all_test_images_of_mnist(tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    mnist = byhand.load_dataset("mnist")
    net = byhand.MultiLayerPerceptron(
        [InputLayer(784), DenseLayer(100, "relu"), DenseLayer(10, "softmax")], seed=0
    )
    net.fit(mnist.train.images[:5000], mnist.train.labels[:5000], epochs=3, verbose=0)
    session = runtime.InferenceSession(str(export(net, tmp_path / "net.onnx")))
    x = mnist.test.images

    (y,) = session.run(["y"], {"x": x.reshape(len(x), 784).astype(np.float32)})

    np.testing.assert_allclose(y, net.predict_proba(x), atol=1e-6)
    np.testing.assert_array_equal(y.argmax(axis=1), net.predict(x))
    wide = net.copy(np.float64)
    session = runtime.InferenceSession(str(export(wide, tmp_path / "wide.onnx")))
    (y,) = session.run(["y"], {"x": x.reshape(len(x), 784).astype(np.float64)})
    np.testing.assert_allclose(y, wide.predict_proba(x), atol=1e-13)


def test_onnx_says_what_the_classes_are(tmp_path):
    onnx = pytest.importorskip("onnx")
    net, _ = NETWORKS["no hidden layer, class names"]()

    model = onnx.load(str(export(net, tmp_path / "net.onnx")))

    facts = {one.key: one.value for one in model.metadata_props}
    assert json.loads(facts["class_names"]) == net.class_names
    assert facts["task"] == "classification"


# --- what cannot be exported --------------------------------------------------------------------


def test_an_untrained_network_without_a_known_scale_is_refused(tmp_path):
    net = byhand.MultiLayerPerceptron([InputLayer(4), DenseLayer(2)], seed=0)

    with pytest.raises(ArgumentError, match="the network is untrained"):
        export(net, tmp_path / "net.c")


def test_a_custom_layer_is_refused_by_every_target(tmp_path):
    class Own(byhand.DropoutLayer):
        kind = "own"

    net = network(DenseLayer(5, "relu"), Own(0.5))

    for ending in ("py", "c", "js", "rs", "onnx", "safetensors"):
        with pytest.raises(ArgumentError, match="kind 'own'"):
            export(net, tmp_path / f"net.{ending}")
    assert list(tmp_path.iterdir()) == []


def test_an_ensemble_is_not_one_network(tmp_path):
    both = byhand.Ensemble([network(DenseLayer(5, "relu")), network(DenseLayer(4, "relu"))])

    for ending in ("py", "npz", "c", "onnx", "safetensors"):
        with pytest.raises(ArgumentError, match="class Ensemble are averages"):
            export(both, tmp_path / f"net.{ending}")
    with pytest.raises(ArgumentError, match="class Ensemble are averages"):
        byhand.save_state_dict(both, tmp_path / "net.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_extension_or_target_gets_the_known_ones(tmp_path):
    net = network(DenseLayer(5, "relu"))

    with pytest.raises(ArgumentError, match=r"net\.cob has no extension of a known target.*\.onnx"):
        export(net, tmp_path / "net.cob")
    with pytest.raises(ArgumentError, match="unknown export target 'cobol'"):
        export(net, tmp_path / "net.c", to="cobol")
    (tmp_path / "net.txt").write_text("")
    with pytest.raises(ArgumentError, match="does not have the extension of an exported file"):
        verify_export(tmp_path / "net.txt")
    with pytest.raises(FileError, match="there is no file"):
        verify_export(tmp_path / "none.c")


@pytest.mark.parametrize("target", [name for name in FILES if name != "torch"])
def test_a_file_without_test_vectors_is_named(target, tmp_path):
    needs(target)
    path = tmp_path / FILES[target]
    path.write_text("int main(void) { return 0; }\n" if target == "c" else "")

    with pytest.raises(FormatError, match=path.name):
        verify_export(path)


def test_every_target_can_be_chosen_and_has_words_for_it():
    assert set(TARGETS) == {*FILES, "npz", "keras", "keras-weights"}
    for target in TARGETS.values():
        assert target.title


def test_the_name_of_the_recipe_cannot_end_a_comment(tmp_path):
    net = network(DenseLayer(5, "relu"))
    net.facts |= {"recipe": 'evil"""\n*/ int x; //', "dataset": "\x1b[2J\\"}

    for target in ("numpy", "c", "js", "rust"):
        needs(target)
        assert verify_export(export(net, tmp_path / FILES[target], to=target)).passed


# --- test vectors -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_random_test_vectors_are_in_the_range_of_training(name):
    net, x = NETWORKS[name]()

    vectors = vectors_of(net)

    assert vectors.x.shape == (16, 12)
    assert vectors.x.dtype == (
        np.uint8 if net.input_layer.normalisation == "pixels" else np.float64
    )
    assert vectors.x.min() >= x.min() - 4 * x.std()
    assert vectors.x.max() <= x.max() + 4 * x.std()
    assert vectors.difference(net.predict_proba(vectors.x)) == 0


def test_nan_and_another_shape_are_infinitely_far():
    vectors = vectors_of(network(DenseLayer(5, "relu")))

    assert vectors.difference(vectors.y[:, :2]) == np.inf
    assert vectors.difference(np.where(vectors.y == vectors.y.max(), np.nan, vectors.y)) == np.inf
