"""For each implementation, mistakes and the substitution in its source that plants each.

A plant is (name of the mistake, text, replacement). Names joined by "|" are mistakes that give the
same numbers; any of them is a correct answer.
"""
