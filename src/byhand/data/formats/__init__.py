"""The file formats that data come in: one format, one file; each reads, writes and checks."""
