"""Finds which of a learner's functions may be the forward pass, the loss, ..., by the usual names.

`find_network.py` tries them, the likeliest first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from byhand.examine.array_names import matches

_WHOLE = r"(network|net|nn|model|full|mlp|l_model|all|my)"
PIECES: dict[str, tuple[str, ...]] = {
    "init": (
        rf"init(iali[sz]e)?(_?{_WHOLE})?(_?(param\w*|weights?\w*|network|net|model|layers))?",
        r"(create|make|build|new|setup|set_up|get|random|gen(erate)?)_?\w*(param|weight|net|model|nn|mlp|layers)\w*",
        r"(param\w*|weights?\w*)_?init\w*", r"init(iali[sz]e)?_\w+", r"reset\w*",
    ),
    "biases": (r"(create|make|build|new|get|random|gen(erate)?|init\w*)_?\w*bias(es)?", r"bias(es)?_?init\w*"),
    "forward": (
        r"forward", r"(forward|fwd)_?(pass|prop\w*)?", r"feed_?forward", r"fprop", r"propagate",
        rf"{_WHOLE}_forward\w*", r"forward_\w+", r"feed", r"run", r"call", r"compute_outputs?",
        r"predict_prob\w*", r"probs?|probabilities", r"predict\w*", r"think", r"query", r"infer\w*",
    ),
    "backward": (
        r"backward", r"back_?(ward)?_?(pass|prop\w*)?", r"bprop",
        rf"{_WHOLE}_back\w*", r"(compute_|calc\w*_|get_)?grad(ient)?s?", r"backward_\w+",
        r"(compute_|calc\w*_|get_)?grad(ient)?s?_(of_)?(params|parameters|weights|all|loss)",
        r"loss_and_grad\w*", r"derivatives|derivs", r"back\w*", r"(loss|cost)_grad(ient)?s?",
    ),
    "update": (
        r"update", r"update_\w+", r"apply_\w*(grad|update)\w*", r"(gradient_|descent_|gd_|sgd_)?step",
        r"(sgd|gd)(_update)?", r"optimi[sz]er?(_step)?", r"adjust\w*", r"descend", r"descent",
        r"gradient_descent(_step|_update)?", r"learn_from\w*", r"apply",
    ),
    "train_step": (
        r"train_?(one)?_?(step|batch|on_batch|minibatch)\w*", r"fit_batch", r"learn_batch",
        r"partial_fit", r"update_mini_?batch", r"(one_)?step", r"learn", r"train_one\w*",
        r"gradient_step",
    ),
    "train": (
        r"train", r"fit", r"train_?(network|net|nn|model|loop|mlp|it)?", r"learn", r"gradient_descent",
        r"(run_)?training", r"sgd", r"optimi[sz]e", r"train_\w+", r"fit_\w+", rf"{_WHOLE}", r"minimi[sz]e",
    ),
    "loss": (
        r"loss", r"(compute_|calc\w*_|get_|evaluate_)?(loss|cost|error)(_?f(unctio)?n)?",
        r"(categorical_|softmax_|binary_|mean_)?(cross_?entropy|xent)(_loss|_cost|_error)?",
        r"(ce|mse|nll|bce|cce|log)_?(loss|cost)?", r"(mean_)?squared?_error(_loss)?",
        r"\w*_?(loss|cost|entropy)", r"(loss|cost)_\w+", r"objective", r"criterion",
    ),
    "accuracy": (r"(compute_|get_|calc\w*_|measure_|test_)?acc(uracy)?(_\w+)?", r"score", r"evaluate\w*"),
    "predict": (r"predict(ions?)?", r"get_pred\w*", r"(make_)?pred\w*", r"classify", r"infer\w*"),
    "prepare": (r"normali[sz]e\w*", r"scale\w*", r"rescale\w*", r"prepare\w*", r"preprocess\w*", r"to_input\w*"),
}  # fmt: skip
"""Patterns of the names of each piece, the surest first."""

_NOT = {
    "forward": ("back", "relu", "sigmoid", "softmax", "tanh", "activation", "grad", "class"),
    "backward": ("check", "numeric", "descent", "relu", "sigmoid", "softmax", "tanh", "clip", "activ"),
    "update": ("check", "lr", "learning"),
    "loss": ("grad", "deriv", "prime", "back", "delta", "plot", "d_"),
    "train": ("check", "step", "batch", "load", "test", "data"),
    "accuracy": ("plot", "print"),
    "init": ("print", "data"),
}  # fmt: skip


_BOTH = re.compile(r"_?(forward|fwd)_?(and_?)?back", re.IGNORECASE)
"""Name of a function that does both passes."""


def candidates(names: Sequence[str], prefix: str = "") -> dict[str, list[str]]:
    """Return the names that may be each piece, the likeliest first.

    Args:
        names: names of the functions or methods.
        prefix: prefix for each returned name.
    """
    found: dict[str, list[str]] = {}
    both = [prefix + name for name in names if _BOTH.match(name)]
    for piece, patterns in PIECES.items():
        placed = []
        for name in names:
            place = matches(name, patterns)
            if place is not None and not any(part in name.lower() for part in _NOT.get(piece, ())):
                placed.append((place, name))
        found[piece] = [prefix + name for _, name in sorted(placed, key=lambda one: one[0])]
        if piece in ("forward", "backward"):
            found[piece] += [name for name in both if name not in found[piece]]
    return found
