"""A picture of the package's rooms and of what imports what, from the code's own imports."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import matplotlib
import matplotlib.figure

SHARED = {"errors", "arrays", "checks", "randomness", "atomic", "__init__", "__main__"}
"""Small modules that every room may use; the picture leaves them out."""

INK, FAINT, PAPER, BOX = "#1f2937", "#94a3b8", "#ffffff", "#e0ecff"


def imports_between_rooms(package: Path) -> dict[str, set[str]]:
    """Return for each room the rooms that it imports, late imports included."""
    graph: dict[str, set[str]] = defaultdict(set)
    for path in sorted(package.rglob("*.py")):
        room = room_of(".".join((package.name, *path.relative_to(package).with_suffix("").parts)))
        if room is None:
            continue
        graph[room] |= set()
        for name in imported(ast.parse(path.read_text("utf-8"))):
            other = room_of(name)
            if other not in (None, room):
                graph[room].add(str(other))
    return {room: {other for other in graph[room] if other in graph} for room in graph}


def imported(tree: ast.AST) -> set[str]:
    """Return the modules that a file imports, without those for type checkers only."""
    names: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        waiting += ast.iter_child_nodes(node)
    return names


def room_of(module: str) -> str | None:
    """Return the room of a module such as byhand.network.losses; None where it has none."""
    parts = module.split(".")
    if parts[0] != "byhand" or len(parts) < 2 or parts[1] in SHARED or parts[1][:1] in "_":
        return None
    return parts[1] if parts[1].islower() and parts[1].isidentifier() else None


def floors(graph: dict[str, set[str]]) -> dict[str, int]:
    """Return the floor of each room: one above the highest room that it imports."""
    level: dict[str, int] = {}

    def visit(room: str, above: tuple[str, ...]) -> int:
        if room in above:  # a circle: it must not stop the picture
            return 0
        if room not in level:
            below = [visit(other, (*above, room)) for other in graph[room]]
            level[room] = 1 + max(below, default=-1)
        return level[room]

    for room in sorted(graph):
        visit(room, ())
    return level


def draw(package: Path, path: Path) -> None:
    """Draw the rooms by floor, with an arrow from each room to the rooms that it imports."""
    graph = imports_between_rooms(package)
    level = floors(graph)
    by_floor: dict[int, list[str]] = defaultdict(list)
    for room in sorted(graph):
        by_floor[level[room]].append(room)
    width = 2.4 * max(len(rooms) for rooms in by_floor.values()) + 1
    with matplotlib.rc_context({"svg.hashsalt": "byhand", "svg.fonttype": "path"}):
        figure = matplotlib.figure.Figure(figsize=(max(9, width), 1.15 * len(by_floor) + 0.4))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        place = {}
        for floor, rooms in by_floor.items():
            shift = 0.9 * (floor % 2) - 0.45  # neighbouring floors do not stand in one line
            for k, room in enumerate(rooms):
                place[room] = ((k - (len(rooms) - 1) / 2) * 2.4 + shift, floor)
        for room, others in graph.items():
            for other in sorted(others):
                arrow(axes, place[room], place[other])
        for room, (x, y) in place.items():
            axes.text(
                x, y, room, ha="center", va="center", color=INK, fontsize=13, zorder=3,
                bbox={"boxstyle": "round,pad=0.5", "facecolor": BOX, "edgecolor": INK},
            )  # fmt: skip
        axes.set_xlim(-width / 2 - 0.3, width / 2 + 0.3)
        axes.set_ylim(-0.6, len(by_floor) - 0.4)
        figure.savefig(path, metadata={"Date": None}, facecolor=PAPER)


def arrow(axes: object, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw one arrow from a room down to another."""
    bend = 0.12 if abs(start[1] - end[1]) > 1 else 0.0
    axes.annotate(  # type: ignore[attr-defined]
        "", xy=end, xytext=start, zorder=1,
        arrowprops={
            "arrowstyle": "-|>", "color": FAINT, "shrinkA": 14, "shrinkB": 16, "linewidth": 1,
            "connectionstyle": f"arc3,rad={bend}",
        },
    )  # fmt: skip
