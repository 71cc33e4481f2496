"""Make small changes to the numeric core, one at a time, and check whether the tests notice."""
