"""The section "draw" of the report, described in `section.py`."""
