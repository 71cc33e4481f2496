"""The course: twelve lessons with exercises, and checks that name the mistake.

`lessons.py` lists the lessons. A learner's files contain functions with holes. `check.py` runs each
function in a separate process, compares its result with the library (`compare.py`), and looks for
the mistake in the catalogue: the wrong functions of the exercise (`checks/`) and the usual slips
(`common_mistakes.py`).
"""
