"""The command of a fuzzer whose inputs take long, so that they are not part of the campaigns."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable

ESCAPE = "ESCAPE"
"""First word of the answer of an input that escaped."""

TryInputs = Callable[[int, int], Counter[str]]
"""Takes a number of inputs and a seed, and returns the number of inputs with each answer."""


def count_answers(
    module: str, about: str | None, try_inputs: TryInputs, inputs: int, words: list[str] | None
) -> None:
    """Try inputs, print how many had each answer, and exit with 1 if one escaped.

    Args:
        module: name of the fuzzer, such as "hdf5".
        about: its description.
        try_inputs: the fuzzer.
        inputs: number of inputs by default.
        words: the options; None for those of the command line.
    """
    parser = argparse.ArgumentParser(f"python -m benchmarks.fuzz.{module}", description=about)
    parser.add_argument("--inputs", type=int, default=inputs, help=f"number of inputs ({inputs})")
    parser.add_argument("--seed", type=int, default=0, help="seed of all random choices (0)")
    arguments = parser.parse_args(words)
    answers = try_inputs(arguments.inputs, arguments.seed)
    for answer, count in answers.most_common():
        print(f"{count:>8,}  {answer}")
    sys.exit(1 if any(answer.startswith(ESCAPE) for answer in answers) else 0)
