"""The recipe language: what to train on what, written as a small TOML file."""
