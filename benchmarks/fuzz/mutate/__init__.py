"""Mutations, with a module for each format; the extension of a file selects it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

from benchmarks.fuzz.mutate.arrays import mutate_npy, mutate_npz
from benchmarks.fuzz.mutate.databases import mutate_database
from benchmarks.fuzz.mutate.gzipped import in_gzip
from benchmarks.fuzz.mutate.idx import mutate_idx
from benchmarks.fuzz.mutate.json_text import mutate_json
from benchmarks.fuzz.mutate.keras_files import mutate_hdf5, mutate_keras
from benchmarks.fuzz.mutate.octets import mutate_octets
from benchmarks.fuzz.mutate.onnx_models import mutate_onnx
from benchmarks.fuzz.mutate.pictures import mutate_picture
from benchmarks.fuzz.mutate.recipes import mutate_recipe
from benchmarks.fuzz.mutate.tables import mutate_table
from benchmarks.fuzz.mutate.tensors import mutate_tensors

Mutation = Callable[[bytes, Random], bytes]

PICTURES = (
    ".png", ".jpg", ".tif", ".gif", ".bmp", ".webp", ".ppm", ".jp2", ".avif", ".mpo",
)  # fmt: skip

MUTATIONS: dict[str, Mutation] = {
    "ubyte": mutate_idx,
    "ubyte.gz": in_gzip(mutate_idx),
    ".csv": mutate_table,
    ".csv.gz": in_gzip(mutate_table),
    ".tsv": mutate_table,
    ".npy": mutate_npy,
    ".npz": mutate_npz,
    **dict.fromkeys(PICTURES, mutate_picture),
    ".safetensors": mutate_tensors,
    ".onnx": mutate_onnx,
    ".keras": mutate_keras,
    ".h5": mutate_hdf5,
    ".toml": mutate_recipe,
    ".json": mutate_json,
    ".db": mutate_database,
}
"""Extension -> mutation of such files."""


@cache
def mutation_of(name: str) -> Mutation:
    """Return the mutation for a file; for an unknown format, one that changes bytes."""
    found = [ending for ending in MUTATIONS if name.endswith(ending)]
    return MUTATIONS[max(found, key=len)] if found else mutate_octets
