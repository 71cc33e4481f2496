"""The formulas without temporary arrays give the numbers of the formulas."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from tests.kernels.cases import assert_equal_to_the_formula, cases_of, dtypes, seeds, shapes

from byhand.kernels.in_place import OVERRIDES

quickly = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])


SMALL = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 2)]
"""One and two rows or columns, where a formula may have a case of its own."""


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("case", cases_of(OVERRIDES), ids=str)
@quickly
@given(shapes, dtypes, seeds)
def test_an_override_equals_its_formula(case, shape, dtype, seed):
    assert_equal_to_the_formula(case, OVERRIDES[case.entry], seed, dtype, shape)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("shape", SMALL, ids=str)
@pytest.mark.parametrize("case", cases_of(OVERRIDES), ids=str)
def test_an_override_equals_its_formula_on_few_rows_and_columns(case, shape):
    for seed in range(3):
        assert_equal_to_the_formula(case, OVERRIDES[case.entry], seed, "float64", shape)
