"""The section "mistakes" of the report, described in `section.py`."""
