"""The meaning of names in people's networks: which argument is X, which array is dW2.

Two tables: `ROLES` for the arguments of functions, `QUANTITIES` for the arrays that they compute.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

Token: TypeAlias = str | tuple[int, int]
"""A step on the way to an array: a name, or an index with the length of its list."""

Path: TypeAlias = tuple[Token, ...]

ROLES: dict[str, str] = {
    "X": r"(mini_?)?batch_(x|images?|inputs?|data|features|a)|x|xs|inputs?|input_(data|batch)|data|batch|images?|imgs?|pixels|features|samples|examples"
    r"|a_?0|x_?(batch|b|train|tr|data|in|input|n|i)|data_(train|batch)|batch_x|xb|train_(x|images|data)|obs|a_prev"
    r"|(inputs?|x|images?|data)_(list|vec(tor)?|array|matrix|values?)|training_(values?|images?|inputs?|x|data|set)",
    "y": r"(mini_?)?batch_(y|labels?|targets?)|y|ys|t|ts|targets?|labels?|y_?(batch|b|train|tr|true|data|onehot|one_hot|hot|enc|oh|n|i|act(ual)?)"
    r"|batch_y|yb|train_(y|labels)|truth|expected(_?(values?|outputs?|results?|labels?|y))?|ground_truth|gt|answers?|digits?|one_?hot(_?(y|labels?))?"
    r"|(targets?|labels?|y)_(list|vec(tor)?|array)|training_(labels?|targets?|y)"
    r"|labels_onehot|target_(batch|values?|outputs?)|desired_(outputs?|values?)|t_batch|desired|classes_true"
    r"|(true|actual|correct)_(labels?|classes|y|values)|labels_(train|batch)",
    "params": r"params?|parameters|p|ps|theta|weights_and_biases|net|network|model|nn|layers|wb|prm",
    "weights": r"weights?|ws|w",
    "biases": r"bias(es)?|bs|b",
    "cache": r"caches?|mem(ory)?|activations?|acts|intermediates?|stor(ed?|age)|state|values|tape"
    r"|fwd|forward_(cache|values|out)|ctx|context|trace|saved|history|record",
    "logits": r"logits?|z_?(out|last|final|l)",
    "output": r"y_?hat|y_?pred(icted)?|pred(s|iction|ictions)?|outputs?|out|probs?|probabilit(y|ies)"
    r"|al|a_?(out|last|final|l)|p_?hat|scores|logits|guess(es)?|o|y_prob",
    "grads": r"grads?|gradients?|g|gs|dparams|deltas|derivs?|dp|d_params|updates?",
    "rate": r"lr|learning_?rate|alpha|eta|rate|step_?size|l_rate|speed",
    "epochs": r"(n|num|max)?_?(epochs?|iterations?|iters?|steps|rounds)|n_iter|itera\w*",
    "batch_size": r"batch_?size|bs|mini_?batch(_size)?|batch|bsz",
    "n": r"m|n|num_?examples|n_samples|size|m_train",
    "sizes": r"(layer_?)?(sizes?|dims?|dimensions)|layers(_?(dims?|sizes?|units))?|units|arch(itecture)?"
    r"|shapes?|nodes|topology|structure|widths|neurons|layer_(dims|sizes|units|widths)",
    "n_in": r"in(put)?(s|_?(size|dim|units|nodes|features|neurons|layer|len))?|n_?x|n_?in(puts?)?|d(_in)?"
    r"|n_features|num_(inputs?|features)|nin|in_(features|dim|size|units)|fan_in|pixels",
    "n_hidden": r"h(idden)?\d?(s|_?(size|sizes|dims?|units|nodes|neurons|layers?))?\d?|n_?h(idden)?\d?"
    r"|h(idden)?_?layer_?\d?_?(len|size|dim|units)|num_hidden\d?|hidden_?\d|hidden\d?_(size|units)",
    "n_out": r"out(put)?(s|_?(size|dim|units|nodes|features|neurons|layer|len))?|n_?y|n_?out(puts?)?"
    r"|(n_?|num_?)?classes|k|num_(outputs?|labels)|nout|out_(features|dim|size|units)|fan_out|c",
    "path": r"((data|file|model|save|load|weights?|param\w*|checkpoint)_?)?(path|file|dir|folder|filename)",
    "seed": r"seed|random_(state|seed)",
    "rng": r"rng|generator|random|gen|rs",
    "penalty": r"lambd?a?_?|lam|lmbda|lambd|l2|l1|l[12]_\w+|reg(ulari[sz]ation)?(_\w+)?|weight_decay|decay|wd",
    "dropout": r"dropout(_rate)?|p_drop|drop(_rate)?",
    "keep": r"keep_?prob|p_keep",
    "training": r"(is_?)?train(ing)?(_mode)?|mode",
    "quiet": r"verbose|print_\w+|log_\w+|plot\w*|show\w*",
    "activation": r"(hidden_)?activation(_fn|_function)?|act(_fn)?|hidden_act\w*",
    "output_activation": r"(out(put)?|final|last)_act\w*",
    "activations": r"activations|acts|activation_functions",
    "X_val": r"x_?(val|valid|validation|dev|test|te|cv)|(val|test|dev)_(x|images|data)",
    "y_val": r"y_?(val|valid|validation|dev|test|te|cv)|(val|test|dev)_(y|labels)",
    "grad_out": r"d_?out(put)?|d_?a_?l|grad_(out|output)|loss_grad(ient)?|d_?loss|d_?y|error"
    r"|d_?z|d[jlce]_?d?_?(a|z|y|out\w*)|d_?(z|a)_?(out|last|final)|upstream\w*|grad_y",
}
_ROLES = {role: re.compile(rf"(?:{pattern})\Z", re.IGNORECASE) for role, pattern in ROLES.items()}

QUANTITIES: dict[str, str] = {
    "Z": r"zs?|z_?(list|values?|cache)|pre_?act(ivation)?s?|net_?inputs?|pre|lin(ear)?(_out(put)?s?)?",
    "A": r"as?|acts?|activations?(_?outputs?)?|a_?(list|values?|cache)|h|hidden|outs?|outputs?|post",
    "dW": r"d_?ws?|grads?_?ws?|ws?_?grads?|d_?weights?|weights?_?grad(ient)?s?|grad(ient)?s?_?weights?"
    r"|nabla_?w|delta_?ws?|gw|w_?g|delta_weights?|g_w|d_?w_?(list|out)|updates?_?ws?",
    "db": r"d_?bs?|grads?_?bs?|bs?_?grads?|d_?bias(es)?|bias(es)?_?grad(ient)?s?|grad(ient)?s?_?bias(es)?"
    r"|nabla_?b|delta_?bs?|gb|b_?g|delta_bias(es)?|g_b|updates?_?bs?",
    "W": r"ws?|weights?|kernel",
    "b": r"bs?|bias(es)?",
}
_QUANTITIES = {
    kind: re.compile(rf"(?:{pattern})\Z", re.IGNORECASE) for kind, pattern in QUANTITIES.items()
}
_PLACES = {
    ("Z", False): re.compile(r"hidden_?(layer_?)?(in(put)?s?|z|net|sum)\Z", re.IGNORECASE),
    ("A", False): re.compile(r"hidden_?(layer_?)?(out(put)?s?|a|act\w*)\Z", re.IGNORECASE),
    ("Z", True): re.compile(r"(final|output)_?(layer_?)?(in(put)?s?|z|net)\Z", re.IGNORECASE),
}
"""Names that give the position instead of the number, and whether it is the last layer."""

_NUMBERED = re.compile(r"(?P<name>[A-Za-z_]*?)_?(?P<number>\d+)(?P<rest>_?[A-Za-z_]*)\Z")
_GRADIENTS = re.compile(r"(?:grads?|gradients?|g|gs|dparams|d_params|derivs?|dp)\Z", re.IGNORECASE)


def roles_of(name: str) -> list[str]:
    """Return the roles that an argument of this name may have, the likeliest first."""
    name = _snake_case(name).lstrip("_")
    return [role for role, pattern in _ROLES.items() if pattern.match(name)]


def last_word(name: str) -> str:
    """Return "derivatives" for "sigma_derivatives" and "activationDerivatives"."""
    return _snake_case(name).lower().rpartition("_")[2]


def _snake_case(name: str) -> str:
    """Return "batch_size" for "batchSize"; names of one letter before a capital stay: "dW"."""
    return re.sub(r"(?<=[a-z0-9][a-z0-9])(?=[A-Z][a-z])", "_", name)


def quantity(path: Path, layers: int) -> tuple[str, int | None] | None:
    """Return the quantity of an array, such as "dW", and the layer's number, from the path to it.

    Args:
        path: names and indices that lead to the array, as in ("grads", "dW1") or ("zs", (0, 2)).
        layers: number of layers with weights.

    The layer is None if the names do not tell.
    """
    names = [token for token in path if isinstance(token, str)]
    if not names:
        return None
    for (placed, is_last), pattern in _PLACES.items():
        if pattern.match(names[-1]) and (is_last or layers == 2):
            return placed, layers if is_last else 1
    last = names[-2] + names[-1] if names[-1][:1] == "_" and len(names) > 1 else names[-1]
    kind, layer = kind_of(last)
    if kind is None:
        return None
    if kind in "Wb" and any(_GRADIENTS.match(name) for name in names[:-1]):
        kind = f"d{kind}"
    if layer is None:
        layer = _layer_of_index(path, layers)
    return kind, layer


def kind_of(name: str) -> tuple[str | None, int | None]:
    """Return the quantity and the layer in a single name: "dW1" is ("dW", 1)."""
    name = name.removeprefix("self.").lstrip("_")
    numbered = _NUMBERED.match(name)
    number = int(numbered["number"]) if numbered else None
    stem = numbered["name"].rstrip("_") + numbered["rest"] if numbered else name
    for kind, pattern in _QUANTITIES.items():
        if pattern.match(stem):
            return kind, number
    return None, None


def _layer_of_index(path: Path, layers: int) -> int | None:
    indices = [token for token in path if isinstance(token, tuple)]
    for index, length in indices:
        if length == layers:
            return index + 1
        if length == layers + 1:  # the input, or an empty place, comes first
            return index
    return None


def matches(name: str, patterns: Sequence[str]) -> int | None:
    """Return the place of the first pattern that a function's name fits, or None."""
    for place, pattern in enumerate(patterns):
        if re.fullmatch(pattern, _snake_case(name).lower().strip("_")):
            return place
    return None
