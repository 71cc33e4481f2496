"""Known mistakes: each computes the numbers that byhand would give with it.

A mistake is a class that derives from `Steps`, overrides the part it gets wrong, and is registered
with `mistake`. If a learner's number equals that of a mistake, its sentence is the likeliest cause.
The order within a stage is the order in which mistakes are tried, the usual ones first.
"""

from byhand.examine.mistakes.registry import CATALOGUE, catalogue, mistake

__all__ = ["CATALOGUE", "catalogue", "mistake"]
