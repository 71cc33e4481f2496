"""Networks as learners write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from byhand.examine.examine import examine_file

IMPLEMENTATIONS = Path(__file__).parents[2] / "benchmarks" / "examine" / "implementations"


def source_of(name):
    """The source of a correct implementation of the benchmark."""
    return (IMPLEMENTATIONS / f"{name}.py").read_text("utf-8")


@pytest.fixture
def examined(tmp_path):
    """Examine a text as a file of its own; (old, new) pairs are replaced first."""

    def examine(text, *changes, name="my_network", **options):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / f"{name}.py"
        path.write_text(text, "utf-8")
        return examine_file(path, **options)

    return examine
