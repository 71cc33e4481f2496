"""The page of an examination: one file with the diagram, the causes and every number."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files

from byhand import __version__
from byhand.examine.page.diagram import CLASSES, SIGNS, diagram
from byhand.examine.result import FOLLOWS, RIGHT, UNSEEN, WRONG, Cause, Result
from byhand.report import page as report_page

ENTRY = "../examine/page/main.js"

MEANINGS = {
    RIGHT: "equals byhand's",
    WRONG: "differs at this step",
    FOLLOWS: "differs because an earlier step does",
    UNSEEN: "not shown by the code",
}


def page(result: Result) -> str:
    """Return the page as HTML; it needs no server and no network."""
    style = report_page.source("page/page.css") + "\n" + _source("examine.css")
    script = report_page.script(entry=ENTRY)
    filling = {
        "title": escape(f"{result.file} examined"),
        "style": style,
        "style_hash": report_page.source_hash(style),
        "script": script,
        "script_hash": report_page.source_hash(script),
        "body": _body(result),
        "made": f"Made by byhand {__version__}. Your code ran on this computer; nothing is sent.",
    }
    names = "|".join(filling)
    return re.sub(rf"%({names})%", lambda found: filling[found[1]], _source("page.html"))


def _source(name: str) -> str:
    return files("byhand.examine.page").joinpath(name).read_text(encoding="utf-8")


def _body(result: Result) -> str:
    found = ", ".join(dict.fromkeys(result.found.values()))
    return f"""
<section class="title">
  <h1>{escape(result.file)}</h1>
  <p class="help">{escape(result.network)}. Found: <code>{escape(found)}</code>.</p>
</section>
<div class="grid side">
  <div class="grid">
    {_verdict(result)}
    {_notes(result)}
    {_table(result)}
  </div>
  <div class="card">
    <h3>Where it agrees</h3>
    <p class="help">The same weights and the same batch went through both networks.</p>
    {diagram(result)}
    {_training(result)}
    {_key()}
  </div>
</div>"""


def _verdict(result: Result) -> str:
    if not result.causes:
        title = "Everything that could be compared is right."
        return f'<div class="card verdict" id="verdict"><h2>{title}</h2></div>'
    causes = "".join(f"<li>{_cause(cause, result)}</li>" for cause in result.causes)
    several = len(result.causes) > 1
    title = f"{len(result.causes)} things to fix" if several else "One thing to fix"
    first = (
        '<p class="help">Start with the first: later ones may follow from it.</p>'
        if several
        else ""
    )
    return (
        f'<div class="card verdict bad" id="verdict"><h2>{title}</h2>{first}<ol>{causes}</ol></div>'
    )


def _cause(cause: Cause, result: Result) -> str:
    detail = next((one.detail for one in result.checks if one.name == cause.shows_in), "")
    where = f'<span class="where">{escape(cause.shows_in)}:</span> ' if cause.shows_in else ""
    more = [detail] if detail else []
    more += [] if cause.certain else ["no known mistake gives exactly these numbers"]
    told = f'<span class="help">{escape("; ".join(more))}</span>' if more else ""
    return f"{where}{escape(cause.text)}{told}"


def _notes(result: Result) -> str:
    if not result.notes:
        return ""
    notes = "".join(f"<p>{escape(note)}</p>" for note in result.notes)
    return f'<div class="card"><h3>Not wrong, but unusual</h3>{notes}</div>'


def _table(result: Result) -> str:
    rows = "".join(
        f'<tr><td class="{CLASSES[check.status]}">{SIGNS[check.status]}</td>'
        f"<td>{escape(check.name)}</td><td>{escape(check.status)}</td><td>{escape(check.detail)}</td></tr>"
        for check in result.checks
    )
    return (
        '<details class="card"><summary>Every number</summary>'
        '<div class="scroll"><table class="plain">'
        "<thead><tr><th></th><th>number</th><th>status</th><th>where they differ most</th></tr>"
        "</thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _training(result: Result) -> str:
    """Return the line about the training on the digits."""
    told = [
        f'<p><span class="{CLASSES[one.status]}">{SIGNS[one.status]}</span> '
        f"training on 1,797 digits: {escape(one.detail or one.status)}</p>"
        for one in result.checks
        if one.stage == "training"
    ]
    return "".join(told)


def _key() -> str:
    parts = "".join(
        f'<span><span class="{CLASSES[status]}">{SIGNS[status]}</span> {text}</span>'
        for status, text in MEANINGS.items()
    )
    return f'<div class="key">{parts}</div>'
