"""Count the code between `net.fit` and the first update, and the size of functions.

    python -m benchmarks.size

Code lines leave out docstrings, comments and blank lines. The path is measured, not chosen: a
network is trained with the plain formulas until the optimizer's first update returns. For each file
of `byhand/mlp.py`, `network/` and `training/` in which a function ran, the first figure counts the
functions and classes that ran (what a reader follows), the second the whole file. Services are
listed below: files that are not about the mathematics or the loop.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

import byhand
from byhand import Adam, DenseLayer, InputLayer, MultiLayerPerceptron, backend

ROOT = Path(byhand.__file__).parent
MOST_LINES, MOST_FILES, MOST_ADAM, MOST_POSITIONAL = 1_200, 10, 30, 7
MATHEMATICS = ("mlp.py", "network/", "training/")
SERVICES = ("training/history.py", "training/interrupt.py", "training/progress.py")
LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


def code_lines(source: str) -> set[int]:
    """Return the numbers of the lines that hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (*LAYOUT, tokenize.ENDMARKER):
            lines |= set(range(token.start[0], token.end[0] + 1))
    return lines - set(_docstring_lines(ast.parse(source)))


def _docstring_lines(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


def lines_until_first_update() -> dict[str, set[int]]:
    """Return, by file of byhand, the first lines of functions that ran before the first update."""
    backend.use("plain")
    x = np.random.default_rng(0).integers(0, 256, (128, 64), dtype=np.uint8)
    y = np.arange(128) % 10
    layers = [InputLayer(64), DenseLayer(16, "relu"), DenseLayer(10, "softmax")]
    net = MultiLayerPerceptron(layers, seed=0)
    found: dict[str, set[int]] = {}
    is_open = True

    def watch(frame: FrameType, event: str, argument: Any) -> None:  # noqa: ARG001
        nonlocal is_open
        file = Path(frame.f_code.co_filename)
        if not file.is_relative_to(ROOT) or frame.f_code.co_name == "<module>":
            return
        if is_open and event == "call":
            lines = found.setdefault(str(file.relative_to(ROOT)), set())
            lines.add(frame.f_code.co_firstlineno)
        if event == "return" and frame.f_code.co_name == "update":
            is_open = False

    sys.setprofile(watch)
    try:
        net.fit(x, y, epochs=1, batch_size=64, optimizer=Adam(), verbose=0)
    finally:
        sys.setprofile(None)
    return found


def followed(path: Path, ran: set[int]) -> int:
    """Return the code lines of the top-level functions, and the methods of classes, that ran."""
    source = path.read_text()
    code, chosen = code_lines(source), set[int]()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            if first in ran:
                chosen |= set(range(first, (node.end_lineno or first) + 1))
    return len(code & chosen)


def longest_argument_lists() -> list[tuple[int, str]]:
    """Return functions of the mathematics with more than the allowed positional parameters."""
    found = []
    for path in [ROOT / "mlp.py", *ROOT.glob("network/**/*.py"), *ROOT.glob("training/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                names = [arg.arg for arg in node.args.args if arg.arg not in ("self", "cls")]
                if len(names) > MOST_POSITIONAL:
                    found.append((len(names), f"{path.relative_to(ROOT)}:{node.name}"))
    return found


def lines_of_class(path: Path, name: str) -> int:
    """Return the code lines of a class."""
    source = path.read_text()
    found = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == name
    )
    first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
    return len(code_lines(source) & set(range(first, (found.end_lineno or 0) + 1)))


def main() -> int:
    """Print the counts; return 1 if one of them is over its limit."""
    ran = lines_until_first_update()
    on_path = [f for f in sorted(ran) if f.startswith(MATHEMATICS) and f not in SERVICES]
    whole = {file: len(code_lines((ROOT / file).read_text())) for file in ran}
    read = {file: followed(ROOT / file, ran[file]) for file in ran}
    print("code lines from net.fit to the first update, plain formulas: followed, whole file")
    for file in on_path:
        print(f"{read[file]:6} {whole[file]:6}  {file}")
    total = sum(read[file] for file in on_path)
    files = f"in {len(on_path)} files (wanted: at most {MOST_LINES:,} in {MOST_FILES})"
    print(f"{total:6} {sum(whole[file] for file in on_path):6}  {files}")
    print("services that ran as well")
    for file in sorted(ran):
        if file not in on_path:
            print(f"{read[file]:6} {whole[file]:6}  {file}")
    adam = lines_of_class(ROOT / "training" / "optimizers.py", "Adam")
    print(f"{adam:6}  code lines of Adam (at most {MOST_ADAM})")
    long = longest_argument_lists()
    print(f"{len(long):6}  functions with more than {MOST_POSITIONAL} positional parameters {long}")
    met = total <= MOST_LINES and len(on_path) <= MOST_FILES and adam <= MOST_ADAM and not long
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
