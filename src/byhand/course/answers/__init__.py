"""The answer key: one file for each lesson, with functions that are right.

`byhand course start` writes these files without the bodies of the exercises. They are written for
learners, in plain NumPy and without types; the tests prove them equal to the library.
"""
