"""The exercises of each lesson: the cases they are tried on, and the known mistakes.

Each module has the name of the learner's file and a tuple `EXERCISES`. A mistake is a wrong
function under the sentence that a learner reads.
"""
