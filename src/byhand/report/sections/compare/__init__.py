"""The section "compare" of the report, described in `section.py`."""
