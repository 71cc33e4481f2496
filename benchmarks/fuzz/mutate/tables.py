"""Change delimited text: cells, headers, delimiters, quotes, line ends, encodings."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from benchmarks.fuzz.mutate.octets import MOST, mutate_octets
from benchmarks.fuzz.mutate.words import a_cell

Rows = list[list[str]]


def mutate_table(data: bytes, rng: Random) -> bytes:
    """Return a table with changes to its cells, its form or its bytes."""
    if rng.random() < 0.15:
        return mutate_octets(data, rng)
    text = data.decode("utf-8", "replace")
    delimiter = max(",;\t", key=text.count)
    rows: Rows = [line.split(delimiter) for line in text.splitlines()]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if rows:
            rng.choice(_STEPS)(rows, rng)
    if rng.random() < 0.1:
        delimiter = rng.choice(",;\t |\0")
    end = rng.choice(("\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", "\x0b", "\u2028", ""))
    encoding = rng.choice(("utf-8",) * 12 + ("utf-16", "utf-8-sig", "latin-1"))
    return end.join(delimiter.join(row) for row in rows).encode(encoding, "replace") + end.encode()


def _a_row(rows: Rows, rng: Random) -> list[str]:
    return rows[min(rng.randrange(len(rows)), rng.choice((0, 1, len(rows) - 1)))]


def _set_cell(rows: Rows, rng: Random) -> None:
    row = _a_row(rows, rng)
    if row:
        row[rng.randrange(len(row))] = a_cell(rng)


def _quote_cell(rows: Rows, rng: Random) -> None:
    row = _a_row(rows, rng)
    if row:
        place = rng.randrange(len(row))
        form = rng.choice(('"{}"', '"{}', '{}"', '"a\n{}"', '""{}""', '"{}"x', "'{}'", "#{}"))
        row[place] = form.format(row[place])


def _add_cell(rows: Rows, rng: Random) -> None:
    row = _a_row(rows, rng)
    times = rng.choice((1, 1, 1, 2, 1000))
    row[len(row) :] = [a_cell(rng)[: MOST // times]] * times


def _remove_cell(rows: Rows, rng: Random) -> None:
    row = _a_row(rows, rng)
    if row:
        del row[rng.randrange(len(row))]


def _set_column(rows: Rows, rng: Random) -> None:
    cell, place = a_cell(rng)[: MOST // len(rows)], rng.randrange(max(len(rows[0]), 1))
    for row in rows[rng.choice((0, 1)) :]:
        row[place : place + 1] = [cell]


def _words_in_column(rows: Rows, rng: Random) -> None:
    place = rng.randrange(max(len(rows[0]), 1))
    for number, row in enumerate(rows[1:]):
        row[place : place + 1] = [rng.choice((f"w{number}", "a", "b", a_cell(rng)))]


def _remove_column(rows: Rows, rng: Random) -> None:
    place = rng.randrange(max(len(rows[0]), 1))
    for row in rows:
        del row[place : place + 1]


def _repeat_row(rows: Rows, rng: Random) -> None:
    row = _a_row(rows, rng)
    times = min(rng.choice((1, 1, 10, 500)), 1 + MOST // (1 + sum(map(len, row))))
    rows[len(rows) :] = [list(row) for _ in range(times)]


def _remove_rows(rows: Rows, rng: Random) -> None:
    start = rng.randrange(len(rows))
    del rows[start : start + rng.choice((1, 1, 2, 100))]


def _insert_row(rows: Rows, rng: Random) -> None:
    made = rng.choice(([], [""], [a_cell(rng)], [a_cell(rng) for _ in rows[0]]))
    rows.insert(rng.randrange(len(rows) + 1), made)


def _name_column(rows: Rows, rng: Random) -> None:
    if rows[0]:
        rows[0][rng.randrange(len(rows[0]))] = rng.choice(
            ("label", "y", "epoch", "step", "pixel0", "1x1", "x0", rows[0][0])
        )


_STEPS: tuple[Callable[[Rows, Random], None], ...] = (
    _set_cell, _set_cell, _set_cell, _quote_cell, _add_cell, _remove_cell, _set_column,
    _words_in_column, _remove_column, _repeat_row, _remove_rows, _insert_row, _name_column,
)  # fmt: skip
