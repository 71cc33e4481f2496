"""The section "network" of the report, described in `section.py`."""
