"""How many planted mistakes the examiner names: `python -m benchmarks.examine`."""
