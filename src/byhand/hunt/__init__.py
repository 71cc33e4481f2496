"""The bug hunt: a small network with one planted mistake, tools to find it, and a score.

`program/` is the network without a mistake; `bugs/` lists the mistakes. Each is a change of the
program's text, so a player's folder is the program with one change. The location of the mistake is
not written into the folder: it follows from the level and the seed.
"""
