"""Change the numeric core in small ways, one at a time, and see whether the tests notice."""
