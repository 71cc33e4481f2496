"""The speed of byhand beside others, on the same work: `python -m benchmarks.speed --help`."""
