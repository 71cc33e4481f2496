"""Runs as strangers make them: other data, other networks and other faults than the checks' own.

Nothing here takes a fault from the checks' modules. The pool "others" was used to mend the checks,
the pools "judge", "final", "verdict" and "appeal" first to measure them, and "quiet" to measure
alarms. The last three were written down before they were used.
"""
