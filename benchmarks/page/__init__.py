"""How long a report takes for one redraw while someone draws."""
