"""The answer key: one file of correct functions for each lesson.

`byhand course start` writes these files without the bodies of the exercises. They are written for
learners, in plain NumPy and without types; tests compare them with the library.
"""
