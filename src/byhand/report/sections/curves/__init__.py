"""The section "curves" of the report, described in `section.py`."""
