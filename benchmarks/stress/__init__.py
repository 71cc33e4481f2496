"""Train and predict in every way in which threads and processes can be combined."""
