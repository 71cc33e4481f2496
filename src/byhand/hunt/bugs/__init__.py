"""The mistakes of the hunt: a TOML file for each kind; a new mistake is an entry in one of them."""
