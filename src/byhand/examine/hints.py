"""Hints in a source text about the network that its author had in mind."""

from __future__ import annotations

import ast
import re

ACTIVATION_WORDS = {
    "leaky_relu": r"leaky",
    "relu": r"relu|maximum\(0|maximum\([\w\[\].]+, 0|> 0",
    "tanh": r"tanh",
    "sigmoid": r"sigmoid|logistic|1(\.0)? / \(1(\.0)? \+ np\.exp\(-|expit",
    "elu": r"\belu|_elu",
    "gelu": r"gelu",
    "swish": r"swish|silu",
    "softplus": r"softplus",
}
OUTPUT_WORDS = {"softmax": r"softmax", "sigmoid": ACTIVATION_WORDS["sigmoid"]}
LOSS_WORDS = {
    "squared_error": r"mse|squared?|\*\* 2|quadratic",
    "categorical_cross_entropy": r"cross_?entropy|xent|nll|log\(",
    "binary_cross_entropy": r"binary|bce|1 - [\w.]+\) \* np\.log",
}
SHUFFLES = r"shuffle\(|permutation\(|\.choice\(|randint|integers\(|sample\("
READS_PIXELS = (
    r"read_csv|loadtxt|genfromtxt|idx[13]|fetch_openml|load_digits|frombuffer|mnist\.load_data"
)
"""Words of code that reads pixels itself; a loader of the learner's own may have scaled them."""
VARIES = (
    r"adam|momentum|velocity|rmsprop|adagrad|nesterov|decay|schedule|\bbeta_?\d?\b"
    r"|(prev|previous|last|old)_?(d|delta|update|change|step|grad)"
)
"""Words of methods whose training differs from plain descent without being wrong."""

SCALES = (
    r"/=? ?\(?(2\d\d|16|127)|/=? ?\(?[\w.]*\.max\(|/=? ?\(?\w*max_?\w*|std\(|minmax|scale"
    r"|mnist\.pkl"  # the usual file of this name has pixels from 0 to 1
)


def hints_of(tree: ast.Module) -> dict[str, list[str] | bool]:
    """Return the activations, outputs and losses named in a source, and its habits."""
    text = ast.unparse(_without_docstrings(tree)).lower()

    def named(words: dict[str, str]) -> list[str]:
        return [name for name, pattern in words.items() if re.search(pattern, text)]

    outputs = named(OUTPUT_WORDS)
    if "softmax" not in outputs and re.search(r"np\.exp\((?!-)", text) and "sum(" in text:
        outputs.insert(0, "softmax")
    return {
        "hidden": named(ACTIVATION_WORDS),
        "output": outputs,
        "loss": named(LOSS_WORDS),
        "shuffles": bool(re.search(SHUFFLES, text)),
        "reads": bool(re.search(READS_PIXELS, text)),
        "scales": bool(re.search(SCALES, text)),
        "varies": bool(re.search(VARIES, text)),
    }


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """Return the tree without strings that stand alone: prose names what the code may not do."""

    class Strip(ast.NodeTransformer):
        def visit_Expr(self, node: ast.Expr) -> ast.AST:
            is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            return ast.Pass() if is_text else node

    copied = ast.parse(ast.unparse(tree))
    Strip().visit(copied)
    return ast.fix_missing_locations(copied)
