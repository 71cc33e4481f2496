"""The section "result" of the report, described in `section.py`."""
