"""The recipe language: small TOML files that describe data, network and training."""
