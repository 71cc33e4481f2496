"""Threads that run compiled loops and matrix products in parts."""
