"""The section "why" of the report, described in `section.py`."""
