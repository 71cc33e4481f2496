"""Running code that a learner wrote: a process of its own, limits, and errors in plain words."""
