"""The course: twelve lessons with exercises, and checks that name the mistake.

A learner's files hold functions with holes. `check.py` runs each function in a process of its own,
compares what it returns with the library, and looks for the mistake in the catalogue: the wrong
functions of the exercise (`checks/`) and the usual slips of `slips.py`.
"""
