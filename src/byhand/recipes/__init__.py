"""Recipes: what to train on what, as small TOML files, and the runs that come of them."""
