"""Which variables of a compiled function are still needed, so that others need not be compared.

Two situations that differ only in variables that are never read again are the same situation. A
variable is live before an instruction if some path from there reads it before it is set (Aho, Lam,
Sethi and Ullman 2006: Compilers, 9.2.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

JUMPS = {"jump", "jump if false", "jump if false, else drop", "jump if true, else drop"}


def live_variables(code: Sequence[tuple[str, Any]]) -> list[frozenset[int]]:
    """Return the variables that are live before each instruction, and none after the last."""
    live: list[frozenset[int]] = [frozenset()] * (len(code) + 1)
    changed = True
    while changed:
        changed = False
        for place in reversed(range(len(code))):
            name, argument = code[place]
            after = [] if name in {"return", "jump"} else [place + 1]
            after += [argument] if name in JUMPS else []
            found = frozenset[int]().union(*(live[there] for there in after))
            if name == "set":
                found -= {argument}
            elif name == "get":
                found |= {argument}
            changed |= found != live[place]
            live[place] = found
    return live
