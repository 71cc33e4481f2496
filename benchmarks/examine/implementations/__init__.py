"""Ten correct networks in different styles, into which the benchmark plants mistakes."""
