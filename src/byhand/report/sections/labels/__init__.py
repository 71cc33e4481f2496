"""The section "labels" of the report, described in `section.py`."""
