"""Headings, tables and lines of text as HTML."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from typing import TypeAlias

from byhand.terminal import cell as without_controls

LINE = "1px solid rgba(128,128,128,.3)"
BLUE, ORANGE = "#2b8cc4", "#dd6b20"
"""Blue and orange that stand out from both white and black."""


class Html(str):
    """A text that is already HTML; any other text is escaped."""

    __slots__ = ()


Content: TypeAlias = object
"""Displayable content: `Html` unchanged, everything else as escaped text."""


def text(content: Content) -> str:
    """Return content as HTML, with special characters escaped."""
    return content if isinstance(content, Html) else escape(without_controls(str(content)))


def element(name: str, content: Content, style: str = "", **attributes: object) -> Html:
    """Return an element, such as element("td", "a < b", "text-align:left")."""
    told = {**({"style": style} if style else {}), **attributes}
    written = "".join(f' {key}="{escape(str(value))}"' for key, value in told.items())
    return Html(f"<{name}{written}>{text(content)}</{name}>")


def joined(parts: Iterable[Content]) -> Html:
    """Return the parts one after the other."""
    return Html("".join(map(text, parts)))


def small(content: Content) -> Html:
    """Return a line of small, pale text."""
    return element("div", content, "font-size:90%;opacity:.75")


def block(title: Content, *parts: Content) -> str:
    """Return a heading with its parts: the display of one object, for `_repr_html_`."""
    heading = element("div", title, "font-weight:600;margin-bottom:.35em")
    style = "margin:.3em 0;max-width:60em;line-height:1.45"
    return str(element("div", joined([heading, *parts]), style))  # marimo shows no class but str


def columns(*parts: Content) -> Html:
    """Return parts side by side, or below each other if there is no room."""
    style = "display:flex;flex-wrap:wrap;gap:.5em 1.5em;align-items:flex-start"
    return element("div", joined(element("div", part) for part in parts), style)


def listing(pairs: Mapping[str, Content]) -> Html:
    """Return names with their values, one line each."""
    rows = [[element("span", name, "opacity:.75"), value] for name, value in pairs.items()]
    return table([], rows, left=(0, 1), ruled=False)


def table(
    headings: Sequence[Content],
    rows: Iterable[Sequence[Content]],
    *,
    left: Collection[int] = (0,),
    ruled: bool = True,
) -> Html:
    """Return a table.

    Args:
        headings: the first row; none for a table without headings.
        rows: cells of each row.
        left: numbers of the left-aligned columns; others are right-aligned.
        ruled: whether there is a line below each row.
    """
    line = f"border-bottom:{LINE};" if ruled else "border:none;"
    shown = [_row("th", headings, left, f"{line}font-weight:600;")] if headings else []
    shown += [_row("td", row, left, line) for row in rows]
    # A scrolling frame, so that a wide table is neither cut off nor widens the page.
    return element(
        "div",
        element(
            "table",
            joined(shown),
            "border-collapse:collapse;margin:.2em 0;font-size:90%;color:inherit",
        ),
        "overflow-x:auto",
    )


def _row(kind: str, row: Sequence[Content], left: Collection[int], style: str) -> Html:
    cells = [
        element(kind, content, f"{style}{_PADDING}text-align:{'left' if k in left else 'right'}")
        for k, content in enumerate(row)
    ]
    return element("tr", joined(cells), "background:none")


_PADDING = "padding:.15em .7em .15em 0;vertical-align:top;color:inherit;"
