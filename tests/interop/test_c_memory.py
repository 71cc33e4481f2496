"""The C export under AddressSanitizer and the sanitizer of undefined behaviour, on odd inputs."""

from __future__ import annotations

import os
import shutil
import subprocess

import numpy as np
import pytest
from tests.interop.networks import NETWORKS

from byhand.interop.export import export
from byhand.interop.export.program import program_of
from byhand.interop.export.quantise import predict_int8, quantised

SANITIZERS = ["-g", "-O1", "-fsanitize=address,undefined,float-cast-overflow",
              "-fno-sanitize-recover=all"]  # fmt: skip

MAIN = """
#include <stdio.h>
typedef {input} input;
typedef {real} real;
void net_predict(const input x[{inputs}], real y[{units}]);

int main(void) {{
    input x[{inputs}];
    real y[{units}];
    while (fread(x, sizeof x, 1, stdin) == 1) {{
        net_predict(x, y);
        fwrite(y, sizeof y, 1, stdout);
    }}
    return 0;
}}
"""

ODD = [0, -0.0, 1, -1, 255, 1e-45, 5e-324, 3.4e38, -3.4e38, 1e308, np.inf, -np.inf, np.nan]


def odd_rows(inputs, dtype):
    """Return rows with one odd number in every place, and rows full of each odd number."""
    numbers = np.array(ODD).astype(dtype)
    rows = np.full((len(numbers), inputs, inputs), 0.5, dtype)
    for number, block in zip(numbers, rows, strict=True):
        np.fill_diagonal(block, number)
    return np.concatenate([rows.reshape(-1, inputs), np.repeat(numbers[:, None], inputs, axis=1)])


@pytest.fixture(scope="module")
def compiler(tmp_path_factory):
    """Return the compiler, if it has the sanitizers."""
    found = shutil.which("cc")
    if found is None:
        pytest.skip("cc is not installed")
    folder = tmp_path_factory.mktemp("probe")
    (folder / "a.c").write_text("int main(void) { return 0; }\n")
    command = [found, *SANITIZERS, "a.c", "-o", "a"]
    if subprocess.run(command, cwd=folder, capture_output=True).returncode:
        pytest.skip("the compiler has no sanitizers")
    return found


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
@pytest.mark.parametrize("int8", [False, True], ids=["float", "int8"])
@pytest.mark.parametrize("name", ["every activation", "batch norm and dropout", "layer norm",
                                  "standardised columns"])  # fmt: skip
def test_no_access_is_out_of_bounds_and_nothing_is_undefined(name, int8, compiler, tmp_path):
    net, _ = NETWORKS[name]()
    export(net, tmp_path / "net.c", int8=int8)
    kind = "double" if net.input_layer.mean is not None else "float"
    about = {"input": kind, "real": "float", "inputs": 12, "units": net.output_layer.units}
    (tmp_path / "main.c").write_text(MAIN.format(**about))
    command = [compiler, *SANITIZERS, "net.c", "main.c", "-o", "net", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    rows = odd_rows(12, np.float64 if kind == "double" else np.float32)

    result = subprocess.run(
        [str(tmp_path / "net")], input=rows.tobytes(), capture_output=True,
        env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"},
    )  # fmt: skip

    assert (result.returncode, result.stderr.decode()[:2000]) == (0, "")
    outputs = np.frombuffer(result.stdout, np.float32).reshape(len(rows), -1)
    is_plain = ((rows >= 0) & (rows <= 255)).all(axis=1)  # pixels, which every network takes
    plain = rows[is_plain]
    expected = predict_int8(quantised(program_of(net)), plain) if int8 else net.predict_proba(plain)
    np.testing.assert_allclose(outputs[is_plain], expected, atol=1e-5)
    if int8 and name != "every activation":  # relu of NaN is 0 in C
        assert np.isnan(outputs[np.isnan(rows).any(axis=1)]).all()
