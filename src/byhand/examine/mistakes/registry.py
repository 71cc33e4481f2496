"""The table of all known mistakes, by the stage at which they show.

Each mistake is registered in the file of its subject: `forward.py`, `loss.py`, `batch_mean.py`,
`slope.py`, `gradient.py`, `wrong_array.py` and `update.py`. `../find_mistake.py` tries them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from byhand.examine.steps import Mistake, Setting, Steps

STAGES = ("forward", "loss", "gradient", "update")

CATALOGUE: dict[str, list[type[Steps]]] = {stage: [] for stage in STAGES}


def mistake(
    stage: str,
    name: str,
    says: str,
    *,
    layered: bool = False,
    applies: Callable[[Setting], bool] = lambda setting: True,
) -> Callable[[type[Steps]], type[Steps]]:
    """Return a decorator that registers a mistake.

    Args:
        stage: where it shows, one of `STAGES`.
        name: its name in JSON and in the benchmark.
        says: what is wrong and what to do.
        layered: whether it may occur in a single layer.
        applies: whether it is possible in a kind of network.
    """

    def register(kind: type[Steps]) -> type[Steps]:
        for key, value in {"name": name, "says": says, "layered": layered}.items():
            setattr(kind, key, value)
        kind.applies = staticmethod(applies)  # type: ignore[attr-defined]
        CATALOGUE[stage].append(kind)
        return kind

    return register


def catalogue(stage: str, setting: Setting, layers: int) -> list[Mistake]:
    """Return the mistakes of a stage that are possible in a network, first those in all layers."""
    kinds = [kind for kind in CATALOGUE[stage] if kind.applies(setting)]  # type: ignore[attr-defined]
    everywhere = [Mistake(kind) for kind in kinds]
    single = [
        Mistake(kind, frozenset({layer}))
        for kind in kinds
        if vars(kind)["layered"]
        for layer in range(1, layers + 1)
    ]
    return everywhere + single


for _module in ("forward", "loss", "batch_mean", "slope", "gradient", "wrong_array", "update"):
    import_module(f"byhand.examine.mistakes.{_module}")
