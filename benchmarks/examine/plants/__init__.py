"""For each implementation, mistakes and the substitution in its source that plants each.

A plant is (name of the mistake, text, the text in its place); names joined by "|" are mistakes that
give the same numbers, each of which is a right cause.
"""
