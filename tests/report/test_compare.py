"""The page that compares two runs."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from byhand.cli.app import run as command
from byhand.evaluation.significance import mcnemar_p
from byhand.report.rivals import first_where_they_disagree
from byhand.runs import Run

from .test_page import payload_of, unpacked


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Two runs on the digits, and the page that compares them."""
    folder = tmp_path_factory.mktemp("compare")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        common = ["train", "--dataset", "digits", "--quiet", "--no-report"]
        assert command([*common, "--epochs", "30", "--out", "runs/wide"]) == 0
        assert command([*common, "--layers", "6", "--epochs", "8", "--out", "runs/narrow"]) == 0
        assert command(["report", "wide", "narrow"]) == 0
        runs = Run("wide"), Run("narrow")
        yield folder / "runs" / "wide" / "compare-with-narrow.html", *runs


def test_the_page_tells_what_differs_and_where(compared, open_page):
    path, wide, narrow = compared
    header, arrays = unpacked(payload_of(path))
    content = header["contents"]["compare"]
    assert content["names"] == ["wide", "narrow"]
    assert {"training.epochs", "network.layers"} <= {name for name, *_ in content["differences"]}
    labels = wide.subject.predictions.labels
    first = wide.subject.predictions.predicted
    second = narrow.net.predict(wide.subject.images)
    np.testing.assert_array_equal(arrays["rival_predictions"], second)
    assert content["both"]["only"] == [
        int(((first == labels) & (second != labels)).sum()),
        int(((first != labels) & (second == labels)).sum()),
    ]
    page = open_page(path)
    shown = page.locator("#disagreements .thumb").count()
    assert shown == min((first != second).sum(), 36)
    page.locator("#by-rival").select_option("second")
    assert page.locator("#disagreements .thumb").count() == min(content["both"]["only"][1], 36)
    assert page.locator("#curves path.dashed").count() >= 3


def test_a_single_run_has_no_such_section(digits_report):
    assert unpacked(payload_of(digits_report.path))[0]["contents"]["compare"] is None


def test_a_run_is_not_compared_with_itself(compared, capsys):
    assert command(["report", "wide", "wide"]) != 0
    assert "the same run" in capsys.readouterr().err


def test_chance_is_that_of_a_fair_coin():
    assert mcnemar_p(0, 0) == 1.0
    assert mcnemar_p(6, 0) == pytest.approx(2 / 2**6)
    assert mcnemar_p(7, 3) == pytest.approx(2 * sum(comb(10, k) for k in range(4)) / 2**10)
    assert mcnemar_p(620, 380) < 1e-9
    assert mcnemar_p(505, 495) == pytest.approx(0.776, abs=0.01)


def test_those_on_which_they_disagree_come_first():
    order = np.array([4, 2, 0, 1, 3])
    disagree = np.array([True, False, False, True, False])
    assert first_where_they_disagree(order, disagree).tolist() == [0, 3, 4, 2, 1]
