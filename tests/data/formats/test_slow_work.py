from __future__ import annotations

from types import SimpleNamespace

import pytest

from byhand.data.formats import image_folder, slow_work
from byhand.data.formats.slow_work import counted


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock on which every look takes one second."""
    seconds = iter(range(1000))
    clock = SimpleNamespace(monotonic=lambda: float(next(seconds)))
    monkeypatch.setattr(slow_work, "time", clock)  # other threads need the true time


@pytest.mark.usefixtures("clock")
def test_slow_work_is_counted_every_few_seconds():
    said: list[str] = []
    assert list(counted(range(10), "reading images", said.append)) == list(range(10))
    assert said == ["reading images: 3 of 10", "reading images: 7 of 10"]


def test_fast_work_says_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slow_work, "time", SimpleNamespace(monotonic=lambda: 0.0))
    said: list[str] = []
    assert list(counted(range(10), "reading images", said.append)) == list(range(10))
    assert not said


@pytest.mark.usefixtures("clock")
def test_a_folder_says_how_far_reading_and_preparing_have_come(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(4):
            image.new("L", (20, 20), 50 * number).save(tmp_path / name / f"{number}.png")
    said: list[str] = []
    image_folder.read_image_folder(tmp_path, say=said.append)
    assert said == [
        "reading images: 3 of 8",
        "reading images: 7 of 8",
        "preparing images: 3 of 8",
        "preparing images: 7 of 8",
    ]
