"""Runs a learner's whole script, records every product and sum in it, and finds the network.

For code that cannot be called piece by piece: one function, or the script itself, does everything.
"""
