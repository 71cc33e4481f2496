"""A trace as plain values for JSON, and as a LaTeX document."""

from __future__ import annotations

from typing import Any

import numpy as np

from byhand.evaluation.trace.as_text import STAGES, numbers
from byhand.evaluation.trace.data import Step, Trace

PREAMBLE = r"""\documentclass{article}
\usepackage[margin=2cm]{geometry}
\setlength{\parindent}{0pt}
\begin{document}
\raggedright"""

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "_": r"\_", "^": r"\textasciicircum{}",
    "%": r"\%", "#": r"\#", "&": r"\&", "$": r"\$", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
}  # fmt: skip


def as_dict(trace: Trace) -> dict[str, Any]:
    """Return the trace as plain values; a finite difference that was not computed is None."""
    return {
        "label": trace.label,
        "predicted": trace.predicted,
        "class_names": list(trace.class_names),
        "loss": trace.loss,
        "loss_after": trace.loss_after,
        "optimizer": trace.optimizer.name,
        "steps": [_step(step) for step in trace.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    numeric = step.numeric
    return {
        "stage": step.stage,
        "layer": step.layer,
        "name": step.name,
        "formula": step.formula,
        "meaning": step.meaning,
        "shapes": step.shapes,
        "values": step.values.tolist(),
        "finite_differences": None
        if numeric is None
        else np.where(np.isnan(numeric), None, numeric).tolist(),  # type: ignore[call-overload]
        "relative_error": step.relative_error if step.checked else None,
    }


def as_latex(trace: Trace) -> str:
    """Return the trace as a self-contained LaTeX document."""
    lines = [PREAMBLE, r"\section*{Trace of one example}"]
    if trace.label is not None and trace.predicted is not None:
        names = trace.class_names
        lines.append(escape(f"Label {names[trace.label]}, predicted {names[trace.predicted]}."))
    stage = ""
    for step in trace.steps:
        if step.stage != stage:
            stage = step.stage
            lines.append(rf"\subsection*{{{escape(STAGES[stage].capitalize())}}}")
        lines += _latex_step(step)
    lines.append(escape(f"Loss {trace.loss:.6g} before the update, {trace.loss_after:.6g} after."))
    return "\n".join([*lines, r"\end{document}"])


def _latex_step(step: Step) -> list[str]:
    check = (
        f"Finite differences: relative error {step.relative_error:.1e}. " if step.checked else ""
    )
    return [
        rf"\texttt{{{escape(step.formula)}}}\\",
        rf"{escape(step.meaning)}; {escape(step.shapes)}\\",
        rf"{{\small {escape(numbers(step.values))}}}\\",
        rf"{{\small {escape(check)}}}\medskip" + "\n",
    ]


def escape(text: str) -> str:
    """Escape every character that is special in LaTeX."""
    return "".join(_SPECIAL.get(letter, letter) for letter in text)
