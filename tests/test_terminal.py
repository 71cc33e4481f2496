"""Control characters in names are shown on a terminal, not obeyed."""

from __future__ import annotations

import json
import warnings

import pytest

from byhand import terminal
from byhand.cli import printing
from byhand.cli.error_exit import plain_warnings

HOSTILE = {
    "clears the screen": ("a\x1b[2J", r"a\x1b[2J"),
    "sets the title": ("\x1b]0;b\x07", r"\x1b]0;b\x07"),
    "C1 introducer": ("\x9b31m", r"\x9b31m"),
    "carriage return": ("good\rbad", r"good\rbad"),
    "right to left": ("a\u202eb", r"a\u202eb"),
    "line separator": ("a\u2028b", r"a\u2028b"),
    "deleted": ("a\x7f", r"a\x7f"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_control_characters_are_escaped(name):
    text, shown = HOSTILE[name]

    assert terminal.visible(text) == shown
    assert terminal.cell(text) == shown


def test_names_in_any_script_and_layout_are_left_alone():
    text = "naïve 手書き עברית\n\tnext"

    assert terminal.visible(text) == text
    assert terminal.cell("a\n\tb") == r"a\n\tb"


@pytest.mark.parametrize("indent", [None, 2])
def test_json_shows_control_characters_and_reads_back_the_same(indent):
    value = {"a\x9b": "\x1b[2J\u2028\u202e\x7f\udcff", "b": [1, 2.5, None]}
    text = terminal.json_text(value, indent)

    assert not {"\x1b", "\x9b", "\u2028", "\u202e", "\x7f", "\udcff"} & set(text)
    assert json.loads(text) == value


def test_messages_warnings_and_headings_are_escaped(capsys):
    terminal.to_stderr("\x1b[2J")
    with plain_warnings():  # pytest keeps warnings for itself; this is how Python would print one
        terminal.sys.stderr.write(
            warnings.formatwarning(UserWarning("glyph \x1b"), UserWarning, "x.py", 1)
        )
    printing.table(["\x1b[2J", "n"], [["x", 1]])
    said = capsys.readouterr()

    assert "\x1b" not in said.out + said.err
    assert r"Warning: glyph \x1b" in said.err
    assert said.out.splitlines()[0] == r"\x1b[2J  n"
