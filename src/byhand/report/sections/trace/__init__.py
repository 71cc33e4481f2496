"""The section "trace" of the report, described in `section.py`."""
