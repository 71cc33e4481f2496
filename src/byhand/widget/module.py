"""The widget's JavaScript and style, made from the report's."""

from __future__ import annotations

from importlib.resources import files

from byhand.report import page as report_page

ENTRY = "../widget/page/widget.js"


def script() -> str:
    """Return the widget as one ES module, which exports `render` as anywidget asks."""
    return report_page.script(entry=ENTRY) + "\nexport default { render: modules.widget.render };\n"


def style() -> str:
    """Return the report's rules within the widget's element, so that other elements keep theirs."""
    rules = report_page.source("page/page.css") + report_page.source("sections/draw/section.css")
    own = files("byhand.widget").joinpath("page", "widget.css").read_text(encoding="utf-8")
    return own + "\n.byhand-drawing {\n" + rules.replace(":root", "&") + "}\n"
