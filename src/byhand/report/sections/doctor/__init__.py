"""The section "doctor" of the report, described in `section.py`."""
