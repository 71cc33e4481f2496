"""The fixtures of small runs."""

from tests.runs.small_runs import _own_places, options, run, said, small

__all__ = ["_own_places", "options", "run", "said", "small"]
