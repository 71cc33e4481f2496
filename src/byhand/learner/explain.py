"""Errors in a learner's code in one sentence, with the line they come from."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from pathlib import Path


def explain(error: BaseException, is_own: Callable[[Path], bool]) -> str:
    """Return the kind of an error, its message, and the line of the learner's file it came from.

    Args:
        error: the error that was raised.
        is_own: whether a file is the learner's.
    """
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if is_own(Path(frame.filename))
    ]
    where = f"line {frames[-1].lineno}, `{frames[-1].line}`: " if frames else ""
    if len(frames) > 1 and frames[0].name != "<module>":
        where = f"in {frames[-1].name}, {where}"
    if isinstance(error, SyntaxError):
        line = (error.text or "").strip()
        where = f"line {error.lineno}, `{line}`: " if line else f"line {error.lineno}: "
    message = error.msg if isinstance(error, SyntaxError) else plain(str(error))
    return f"{where}{type(error).__name__}: {message}".rstrip(": ")


def plain(message: str) -> str:
    """Return NumPy's message about shapes in plain words with the sizes; keep other messages."""
    if message.startswith(
        ("only 0-dimensional arrays", "only length-1 arrays", "only size-1 arrays")
    ):
        return (
            "this function takes one number and got a whole array. NumPy's functions take arrays: "
            "np.exp instead of math.exp, np.log instead of math.log."
        )
    if "File too large" in message:
        return "a file or the printed text became too large. Does it print within a long loop?"
    product = re.search(r"matmul.*size (\d+) is different from (\d+)", message)
    if product:
        rows, columns = product.groups()
        return (
            f"the shapes do not fit: in A @ B, A has {columns} columns and B has {rows} rows. "
            "Does one of them need to be transposed (.T)?"
        )
    dot = re.search(r"shapes (\(.*?\)) and (\(.*?\)) not aligned", message)
    if dot:
        return (
            f"the shapes {dot[1]} and {dot[2]} do not fit into a matrix product: the columns of "
            "the first must be the rows of the second. Does one of them need to be transposed (.T)?"
        )
    shapes = re.search(r"could not be broadcast together with shapes (\S+) (\S+)", message)
    if shapes:
        return (
            f"the shapes {shapes[1]} and {shapes[2]} do not line up: counted from the right, sizes "
            f"must be equal, or one of them 1. {_remedy(shapes[1], shapes[2])}"
        )
    return message


def _remedy(first: str, second: str) -> str:
    """Ask for the likely intention of an operation on two shapes, such as "(11,3)" and "(11,)"."""
    rows = re.fullmatch(r"\((\d+),\d+\)", first)
    if rows and second == f"({rows[1]},)":
        return (
            "The second has one number for each row of the first. If it is a sum, mean or maximum "
            "along the rows, add keepdims=True, or take that of the columns (axis=0); if it is "
            "labels, turn them into one-hot rows."
        )
    return "Did you mean a matrix product (@), or another axis?"
