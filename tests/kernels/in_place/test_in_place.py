"""The formulas without temporary arrays give the numbers of the formulas."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from tests.kernels.cases import assert_equal_to_the_formula, cases_of, dtypes, seeds, shapes

from byhand.kernels.in_place import OVERRIDES

quickly = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("case", cases_of(OVERRIDES), ids=str)
@quickly
@given(shapes, dtypes, seeds)
def test_an_override_equals_its_formula(case, shape, dtype, seed):
    assert_equal_to_the_formula(case, OVERRIDES[case.entry], seed, dtype, shape)
