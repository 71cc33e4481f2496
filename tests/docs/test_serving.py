"""The page about serving describes the service as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text("utf-8")


def test_the_limits_of_the_page_are_those_of_the_service():
    pytest.importorskip("uvicorn")
    from byhand.serve.limits import MOST_CONNECTIONS, Limits
    from byhand.serve.server import DRAIN_SECONDS

    limits = Limits()
    numbers = [
        float(cell.replace(",", ""))
        for cell in re.findall(r"^\| [^|]+ \| ([\d,]+) \| \d{3}", PAGE, re.MULTILINE)
    ]

    assert numbers == [
        limits.body_bytes, limits.rows, limits.rate, limits.waiting_rows, MOST_CONNECTIONS,
        limits.body_seconds,
    ]  # fmt: skip
    assert DRAIN_SECONDS == 1


def test_the_paths_of_the_page_are_those_of_the_service():
    pytest.importorskip("starlette")
    pytest.importorskip("prometheus_client")
    from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
    from byhand.serve.endpoints import Service

    net = MultiLayerPerceptron([InputLayer(2, "none"), DenseLayer(2, "softmax")], seed=0)
    routes = {route.path for route in Service(net).app.routes}

    assert set(re.findall(r"^\| `(?:GET|POST) (/\w*)`", PAGE, re.MULTILINE)) == routes
