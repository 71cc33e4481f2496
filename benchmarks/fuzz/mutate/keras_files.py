"""Change files of Keras: the JSON and the arrays in a `.keras` archive, and HDF5 files."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from random import Random
from typing import Any

import numpy as np

from benchmarks.fuzz.mutate.json_text import broken_text, mutate_json, mutate_value
from benchmarks.fuzz.mutate.octets import mutate_octets
from benchmarks.fuzz.mutate.words import a_cell, a_text
from benchmarks.fuzz.mutate.zipped import Members, mutate_archive

CONFIG = "model_config"
"""The attribute in which an older file describes its layers."""

SHAPES = ((), (0,), (1,), (2,), (3,), (4,), (3, 4), (4, 3), (2, 2, 2), (1,) * 20)
KINDS = ("<f4", ">f8", "<f2", "<i8", "|u1", "<c8", "|b1", "|S3")
FILLS = (0, -1, np.nan, np.inf, 1e300)


def mutate_keras(data: bytes, rng: Random) -> bytes:
    """Return an archive with changed, missing or further files, or with changed bytes."""
    return mutate_archive(data, rng, _change_members)


def _change_members(members: Members, rng: Random) -> None:
    place = rng.randrange(len(members)) if members else 0
    if not members or rng.random() < 0.03:
        members.insert(place, (a_text(rng)[:1000], bytes(rng.choice((0, 10, 1 << 16)))))
    elif rng.random() < 0.03:
        del members[place]
    else:
        name, content = members[place]
        mutate = mutate_json if name.endswith(".json") else mutate_hdf5
        members[place] = name, mutate(content, rng)


def mutate_hdf5(data: bytes, rng: Random) -> bytes:
    """Return an HDF5 file with other arrays, links or attributes, or with changed bytes."""
    if rng.random() < 0.7:  # much faster than to write a file
        return mutate_octets(data, rng)
    import h5py

    stream = BytesIO(data)
    try:
        with h5py.File(stream, "r+") as file:
            for _ in range(rng.choice((1, 1, 2))):
                rng.choice(_STEPS)(file, rng)
    except Exception:  # damaged by an earlier change, or a name that HDF5 refuses
        return mutate_octets(data, rng)
    return stream.getvalue()


def _arrays(file: Any) -> list[str]:
    """Return the paths of all arrays."""
    found: list[str] = []
    file.visititems(lambda name, one: found.append(name) if hasattr(one, "shape") else None)
    return found


def _other_array(file: Any, rng: Random) -> None:
    """Put an array of another shape or type in the place of one."""
    name = rng.choice(_arrays(file))
    before = file[name]
    shape = rng.choice((before.shape, *SHAPES))
    kind = rng.choice(("<f4", *KINDS))
    del file[name]
    if kind == "|S3":
        file[name] = np.full(shape, b"abc")
    else:
        with np.errstate(all="ignore"):
            file[name] = np.full(shape, rng.choice(FILLS)).astype(kind)


def _packed_array(file: Any, rng: Random) -> None:
    """Put a large array of few bytes in the place of one: compressed, or never written."""
    name = rng.choice(_arrays(file))
    shape = rng.choice(((4, 3), (1 << 12, 1 << 10), (1 << 30, 4)))
    options: dict[str, Any] = rng.choice(({"chunks": True}, {"compression": "gzip"}, {}))
    del file[name]
    file.create_dataset(name, shape, "<f4", **options)


def _linked(file: Any, rng: Random) -> None:
    """Put a link in the place of an array or a group."""
    import h5py

    name = rng.choice(_arrays(file)).rsplit("/", rng.choice((0, 1, 2)))[0]
    link = rng.choice((h5py.ExternalLink("/etc/other.h5", "/a"), h5py.SoftLink("/layers")))
    del file[name]
    file[name] = link


def _removed(file: Any, rng: Random) -> None:
    name = rng.choice(_arrays(file)).rsplit("/", rng.choice((0, 1, 2)))[0]
    del file[name]


def _renamed(file: Any, rng: Random) -> None:
    name = rng.choice(_arrays(file)).rsplit("/", rng.choice((0, 1, 2)))[0]
    file.move(name, f"layers/{rng.choice(('dense', 'dense_9', 'dense_x', a_text(rng)[:100]))}")


def _described(file: Any, rng: Random) -> None:
    """Change the description of the layers, or an attribute of a group."""
    if CONFIG in file.attrs and rng.random() < 0.8:
        value = mutate_value(json.loads(file.attrs[CONFIG]), rng)
        file.attrs[CONFIG] = broken_text(json.dumps(value), rng)
        return
    named: list[Any] = [file]
    file.visititems(lambda _, one: named.append(one))
    one = rng.choice(named)
    key = rng.choice((*one.attrs, CONFIG, "weight_names"))
    one.attrs[key] = rng.choice((a_cell(rng), [b"a", b"\xff"], 1.5, np.zeros((2, 2))))


_STEPS: tuple[Callable[[Any, Random], None], ...] = (
    _other_array, _other_array, _packed_array, _linked, _removed, _renamed, _described, _described,
)  # fmt: skip
