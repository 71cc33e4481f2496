"""`export`: write a network as a file of another language or program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from byhand.arrays import Array
from byhand.atomic import write_whole
from byhand.errors import ArgumentError
from byhand.interop.export.formats import TARGETS, Job, target_of_ending
from byhand.interop.export.program import program_of
from byhand.interop.export.quantise import predict_int8, quantised
from byhand.interop.export.text import identifier
from byhand.interop.export.vectors import vectors_of
from byhand.network.network import Network
from byhand.user_path import user_path


def export(
    net: Network,
    path: str | Path,
    *,
    to: str | None = None,
    examples: Array | None = None,
    int8: bool = False,
) -> Path:
    """Write a network as a file that runs without byhand; return its path.

    The file takes raw inputs and contains the normalisation. It computes in the network's
    precision; export `net.copy(np.float64)` for one that computes in float64. It also contains test
    vectors, inputs with the outputs that byhand computed; `verify_export` replays them.

    Args:
        net: the trained network.
        path: the file; an older one is replaced completely or stays unchanged.
        to: "numpy", "npz", "c", "js", "rust", "onnx", "keras", "keras-weights", "torch" or
            "state-dict"; by default chosen by the extension of the file (.py is
            NumPy).
        examples: inputs to take test vectors from; by default random ones.
        int8: 8-bit weights, only for C; about a quarter of the size.

    Raises:
        ArgumentError: the extension is unknown, or the target cannot express the network.
    """
    path = user_path(path)
    name = choose_target(path, to)
    if int8 and name != "c":
        raise ArgumentError(f"int8 is only for C; {name} keeps the network's precision.")
    program = program_of(net)
    vectors = vectors_of(net, examples)
    if int8:
        program = quantised(program)
        vectors = replace(vectors, y=predict_int8(program, vectors.x))
    job = Job(net, program, vectors, identifier(path.stem))
    return write_whole(path, TARGETS[name].write(job))


def choose_target(path: Path, to: str | None) -> str:
    """Return the name of a target: the requested one, or the one for the file's extension."""
    if to is not None:
        TARGETS.find(to)
        return TARGETS.aliases.get(to.lower(), to.lower())
    name = target_of_ending(path.suffix)
    if name is None:
        endings = [ending for target in TARGETS.values() for ending in target.endings]
        raise ArgumentError(
            f"{path} has no extension of a known target; expected one of "
            f"{', '.join(endings)}, or name the target: {', '.join(TARGETS)}."
        )
    return name
