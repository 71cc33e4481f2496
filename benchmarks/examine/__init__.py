"""Count the planted mistakes that the examiner names: `python -m benchmarks.examine`."""
