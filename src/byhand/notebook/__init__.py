"""The display of objects in a notebook: tables, curves and pictures as HTML.

Each class passes its facts from `_repr_html_`. This package knows none of the classes, needs only
Python and NumPy, and escapes every text. Colours are those of the notebook (`currentColor` and
translucent greys), so everything is readable on light and on dark pages. Styles are written into
the elements, because untrusted notebooks remove style sheets and scripts.
"""

from byhand.notebook.markup import Html as Html
from byhand.notebook.markup import block as block
from byhand.notebook.markup import columns as columns
from byhand.notebook.markup import listing as listing
from byhand.notebook.markup import small as small
from byhand.notebook.markup import table as table
from byhand.notebook.pictures import gallery as gallery
from byhand.notebook.svg_chart import line_chart as line_chart
