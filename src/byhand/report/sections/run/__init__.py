"""The section "run" of the report, described in `section.py`."""
