"""Train and predict in every combination of threads and processes."""
