"""Every check of scikit-learn passes, and so do its tests of its own MLP, run on ours."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from byhand.sklearn import MLPClassifier, MLPRegressor


@pytest.mark.filterwarnings("ignore")  # the checks also fit data on which estimators may warn
@parametrize_with_checks([MLPClassifier(), MLPRegressor()])
def test_the_checks_of_scikit_learn_pass(estimator, check):
    check(estimator)


ON_OURS = """
import sys, pytest
import sklearn.neural_network as theirs, byhand.sklearn as ours
theirs.MLPClassifier, theirs.MLPRegressor = ours.MLPClassifier, ours.MLPRegressor
sys.exit(pytest.main(sys.argv[1:]))
"""

PRIVATE = "test_gradient"
"""It calls a private method; `tests/network/test_gradients.py` checks our gradients."""


@pytest.mark.slow  # fits a hundred networks, some of them for 3,000 epochs
def test_the_tests_of_scikit_learns_own_mlp_pass(tmp_path):
    folder = find_spec("sklearn").submodule_search_locations[0]
    tests = Path(folder) / "neural_network" / "tests" / "test_mlp.py"
    if not tests.is_file():
        pytest.skip("scikit-learn is installed without its tests")
    options = ["-q", "-c", "/dev/null", "--rootdir", tmp_path, "--import-mode=importlib"]
    options += ["-p", "no:cacheprovider", "-W", "ignore", "--deselect", f"{tests}::{PRIVATE}"]

    run = subprocess.run(
        [sys.executable, "-c", ON_OURS, tests, *options, "-k", f"not {PRIVATE}"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip

    passed = re.search(r"(\d+) passed, 1 deselected", run.stdout)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    assert int(passed[1]) > 40
