"""The diagram of a network with a sign at each arrow, as SVG."""

from __future__ import annotations

from html import escape

from byhand.examine.result import FOLLOWS, RIGHT, UNSEEN, WRONG, Check, Result

SIGNS = {RIGHT: "✓", WRONG: "✗", FOLLOWS: "~", UNSEEN: "–"}
CLASSES = {RIGHT: "right", WRONG: "wrong", FOLLOWS: "follows", UNSEEN: "unseen"}

WIDTH, NODE, GAP, TOP = 360, 40, 44, 26
LEFT, CENTRE, BACK = 16, 76, 178
"""Left edge and centre of the nodes, and the line of the arrows back."""


def diagram(result: Result) -> str:
    """Return the network from its input to its loss: forward down, gradients up."""
    checks = {check.name: check for check in result.checks}
    names = [
        "A0",
        *(f"{kind}{layer}" for layer in range(1, result.layers + 1) for kind in "ZA"),
        "loss",
    ]
    height = TOP + len(names) * NODE + (len(names) - 1) * GAP + 8
    parts = [_way(LEFT, "forward ↓"), _way(BACK - 12, "gradients ↑ and update")]
    for place, name in enumerate(names):
        y = TOP + place * (NODE + GAP)
        parts.append(_node(name, y))
        if place:
            parts.append(_arrow(CENTRE, y - GAP + 3, y - 3))
            parts.append(_sign(checks.get(name), name, CENTRE + 10, y - GAP / 2 + 5))
    parts += [_backward(layer, result.layers, checks) for layer in range(1, result.layers + 1)]
    title = f"Diagram of the network: {escape(result.network)}"
    return (
        f'<svg class="diagram" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">'
        f"{''.join(parts)}</svg>"
    )


def _way(x: float, text: str) -> str:
    return f'<text class="way" x="{x}" y="14">{text}</text>'


def _node(name: str, y: float) -> str:
    text = {"A0": "input"}.get(name, name)
    width = 2 * (CENTRE - LEFT)
    return (
        f'<rect class="node" x="{LEFT}" y="{y}" width="{width}" height="{NODE}" rx="8"/>'
        f'<text class="name" x="{CENTRE}" y="{y + NODE / 2 + 5}">{text}</text>'
    )


def _arrow(x: float, start: float, end: float) -> str:
    way = 1 if end > start else -1
    tip = f"{x - 5},{end - 8 * way} {x + 5},{end - 8 * way} {x},{end}"
    return (
        f'<line class="arrow" x1="{x}" y1="{start}" x2="{x}" y2="{end - 6 * way}"/>'
        f'<polygon class="head" points="{tip}"/>'
    )


def _backward(layer: int, layers: int, checks: dict[str, Check]) -> str:
    """Return the arrow from a layer's output, or the loss, to the layer's input, with its signs."""
    top = TOP + 2 * (layer - 1) * (NODE + GAP) + NODE / 2
    bottom = top + (3 if layer == layers else 2) * (NODE + GAP)
    rows = (("d", f"dW{layer}", f"db{layer}"), ("new ", f"new W{layer}", f"new b{layer}"))
    middle = (top + bottom) / 2
    signs = [
        _sign(checks.get(name), name, BACK + 14 + 86 * column, middle - 8 + 24 * line)
        for line, (_, *pair) in enumerate(rows)
        for column, name in enumerate(pair)
    ]
    return _arrow(BACK, bottom - 2, top + 2) + "".join(signs)


def _sign(check: Check | None, name: str, x: float, y: float) -> str:
    status = UNSEEN if check is None else check.status
    told = f"{name}: {status}" + (
        f" ({check.detail})" if check is not None and check.detail else ""
    )
    return (
        f'<text x="{x}" y="{y}"><title>{escape(told)}</title>'
        f'<tspan class="{CLASSES[status]}">{SIGNS[status]}</tspan> {escape(name)}</text>'
    )
