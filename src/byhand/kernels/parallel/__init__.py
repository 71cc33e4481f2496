"""Threads that share compiled loops and matrix products between them."""
