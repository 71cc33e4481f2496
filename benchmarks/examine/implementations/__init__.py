"""Ten correct networks, each written in another style; the benchmark plants mistakes into them."""
