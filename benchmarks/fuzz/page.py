"""The table of all campaigns in the documentation, made from their ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.fuzz.ledger import Ledger

CAMPAIGNS = Path(__file__).with_name("campaigns.json")
"""The ledger of the campaigns that are published."""

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- campaigns: begin -->", "<!-- campaigns: end -->"


def write_table() -> None:
    """Replace the table of the page by that of the ledger."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(Ledger(CAMPAIGNS))}\n{END}{after}", "utf-8")


def table(ledger: Ledger) -> str:
    """Return a row for each reader and one for all, and a sentence about the campaigns."""
    lines = ["| reader | inputs | accepted | kinds of escape | inputs a second |"]
    lines += ["|---|---|---|---|---|"]
    lines += [_row(name, figures) for name, figures in ledger.readers.items()]
    lines += [_row("all", _total(ledger))] if ledger.readers else []
    return "\n".join([*lines, "", _sentence(ledger), ""])


def _row(name: str, figures: dict[str, Any]) -> str:
    speed = figures["inputs"] / figures["seconds"] if figures["seconds"] else 0
    return (
        f"| {name} | {figures['inputs']:,} | {figures['accepted']:,} | "
        f"{len(figures['escapes'])} | {speed:,.0f} |"
    )


def _total(ledger: Ledger) -> dict[str, Any]:
    rows = ledger.readers.items()
    sums = {name: sum(one[name] for _, one in rows) for name in ("inputs", "accepted", "seconds")}
    return {**sums, "escapes": [(name, kind) for name, one in rows for kind in one["escapes"]]}


def _sentence(ledger: Ledger) -> str:
    days = [one["started"][:10] for one in ledger.campaigns]
    when = f"from {min(days)} to {max(days)}" if days else "so far"
    versions = sorted({one["version"] for one in ledger.campaigns})
    return (
        f"{ledger.inputs:,} inputs in {len(ledger.campaigns)} campaigns {when}, with byhand "
        f"{' and '.join(versions)}; {ledger.inputs_since_new:,} since the last new kind of escape."
    )
