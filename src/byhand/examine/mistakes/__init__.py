"""Known mistakes: each computes what byhand would give with it.

A mistake is a class that derives from `Steps`, overrides what it gets wrong, and is registered with
`mistake`. Where a learner's number equals that of a mistake, its sentence is the likeliest cause.
The order within a stage is the order in which mistakes are tried, the usual ones first.
"""

from byhand.examine.mistakes.catalogue import CATALOGUE, catalogue, mistake

__all__ = ["CATALOGUE", "catalogue", "mistake"]
