from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from byhand.data import FORMATS, Dataset, Part, ReadOptions, load_dataset, register_format
from byhand.errors import ArgumentError, FileError, FormatError


@pytest.fixture(autouse=True)
def same_formats_afterwards() -> Iterator[None]:
    before = dict(FORMATS)
    yield
    FORMATS.clear()
    FORMATS.update(before)


def read_json(path: Path, options: ReadOptions) -> Dataset:
    content = json.loads(path.read_text())
    part = Part(np.array(content["x"]), np.array(content[str(options.label)]))
    return Dataset(path.stem, part, None, ("no", "yes"), source=str(path))


def written(path: Path) -> Path:
    path.write_text(json.dumps({"x": [[1, 2], [3, 4]], "labels": [0, 1]}))
    return path


def test_a_users_own_format_is_loaded(tmp_path) -> None:
    register_format("json", read_json, suffixes=(".json",))

    dataset = load_dataset(written(tmp_path / "mine.json"), label="labels")

    assert dataset.name == "mine"
    assert dataset.train.images.tolist() == [[1, 2], [3, 4]]


def test_a_users_own_kind_of_folder_is_loaded(tmp_path) -> None:
    (tmp_path / "mine").mkdir()
    register_format(
        "json folder",
        lambda path, options: read_json(path / "data.json", options),
        recognises=lambda path: (path / "data.json").is_file(),
    )
    written(tmp_path / "mine" / "data.json")

    assert load_dataset(tmp_path / "mine", label="labels").name == "data"


def test_a_users_own_format_is_listed_in_messages(tmp_path) -> None:
    register_format("json", read_json, suffixes=(".json", ".jsn"))
    (tmp_path / "a.pkl").write_bytes(b"")

    with pytest.raises(FormatError, match=r"\.npz.*a file ending in \.json, \.jsn"):
        load_dataset(tmp_path / "a.pkl")
    with pytest.raises(FileError, match=r"IDX.*a file ending in \.json, \.jsn"):
        load_dataset(tmp_path)


def test_an_existing_format_is_replaced_only_on_request(tmp_path) -> None:
    with pytest.raises(ArgumentError, match="already a format 'npz'"):
        register_format("npz", read_json, suffixes=(".npz",))

    register_format("npz", read_json, suffixes=(".npz",), replace=True)

    assert load_dataset(written(tmp_path / "a.npz"), label="labels").class_names == ("no", "yes")


def test_a_format_needs_suffixes_or_a_function() -> None:
    with pytest.raises(ArgumentError, match="suffixes"):
        register_format("json", read_json)
