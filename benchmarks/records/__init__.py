"""Trains the record recipes seed by seed, and writes the table of docs/records.md."""
