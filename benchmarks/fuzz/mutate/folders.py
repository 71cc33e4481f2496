"""Change an input of one or many files: the contents of a file, or the set of files."""

from __future__ import annotations

from random import Random

from benchmarks.fuzz.files import MOST_BYTES, Files, Link, Pipe, size_of
from benchmarks.fuzz.mutate import mutation_of
from benchmarks.fuzz.mutate.octets import mutate_octets

TARGETS = ("/dev/zero", "/dev/null", "/etc/passwd", "..", ".", "nowhere", "../elsewhere")


def mutate_files(files: Files, rng: Random) -> Files:
    """Return an input with one to three changes."""
    changed = dict(files)
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        name = rng.choice(list(changed))
        content = changed[name]
        chance = rng.random()
        if chance < 0.003:
            changed[name] = Pipe()
        elif chance < 0.006:
            changed[name] = Link(rng.choice((*TARGETS, name)))
        elif chance < 0.01 and len(changed) > 1:
            del changed[name]
        elif chance < 0.02:
            changed[name] = changed[rng.choice(list(changed))]
        elif isinstance(content, bytes):
            try:
                changed[name] = mutation_of(name)(content, rng)
            except Exception:  # after earlier changes, the file no longer has this format
                changed[name] = mutate_octets(content, rng)
    return changed if size_of(changed) <= MOST_BYTES else files
