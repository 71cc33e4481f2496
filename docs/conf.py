"""Sphinx configuration of the documentation; `make docs` builds it."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import byhand  # noqa: E402

project = "byhand"
author = "The byhand authors"
copyright = author  # noqa: A001 - Sphinx's name
version = release = byhand.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.katex",
    "generated",
    "lesson_figures",
    "playground_page",
]
exclude_patterns = [
    "_build",
    "_ext",
    "_generated/cli.md",
    "_generated/lessons",
    "_generated/mistakes.md",
    "sg_execution_times.rst",
]
nitpicky = False  # docstrings name arrays and modules that have no page of their own

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3

napoleon_google_docstring = True
napoleon_numpy_docstring = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # signatures show them
autodoc_preserve_defaults = True

sphinx_gallery_conf = {
    "examples_dirs": [
        str(HERE.parent / "examples" / "gallery"),
        str(HERE.parent / "src" / "byhand" / "sources" / "scripts"),
    ],
    "gallery_dirs": ["gallery", "source-pages"],
    "filename_pattern": r"\.py$",
    "ignore_pattern": r"__init__\.py",
    "download_all_examples": False,
    "image_scrapers": ("own_figures.show_last_figure", "matplotlib"),
    "within_subsection_order": "FileNameSortKey",
    "capture_repr": (),
    "show_memory": False,
    "show_signature": False,
    "abort_on_example_error": True,
    "min_reported_time": 1e9,
}

# KaTeX: the script comes with sphinxcontrib-katex; style and fonts were put there by `make docs`.
katex_css_path = "katex/katex.min.css"
html_static_path = ["_static", "_build/vendor"]

html_theme = "pydata_sphinx_theme"
html_title = f"byhand {version}"
html_css_files = ["byhand.css"]
html_show_sourcelink = False
html_sidebars = {"*": [], "_generated/*": []}  # only the gallery has pages below it
html_theme_options = {
    "show_prev_next": True,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 3,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
