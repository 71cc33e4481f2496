"""Measure the time of one redraw of a report while someone draws."""
