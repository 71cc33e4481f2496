"""Runs a learner's code in a separate process, with limits, and reports errors in plain words."""
