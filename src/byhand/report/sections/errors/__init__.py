"""The section "errors" of the report, described in `section.py`."""
