"""The report's drawing box as a widget of a notebook."""

from byhand.widget.drawing_box import DrawingBox as DrawingBox
