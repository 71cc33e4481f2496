"""The exercises of each lesson, with their test cases and known mistakes.

Each module has the name of the learner's file and a tuple `EXERCISES`. A mistake is a wrong
function, stored under the sentence that a learner reads.
"""
