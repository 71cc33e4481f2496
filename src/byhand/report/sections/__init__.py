"""The sections of the page, a folder for each.

A folder holds everything about its section: `section.py` with a `Section` named SECTION (its place,
heading and the values that Python puts into the page), `section.js` with a function
`show(section, model, content)` that draws it, and its style in `section.css`. The page shows the
sections in the order of their places. A new folder is a new section; nothing else has to change.
"""
