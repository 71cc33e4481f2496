"""Finds the convention of a learner's network: examples in rows or columns, and the form of labels.

It runs one training step in every convention and keeps those in which nothing fails. Whether W is
(n_in, n_out) or (n_out, n_in) is found by `find_parameters.py`.
"""

from __future__ import annotations

from byhand.examine.convention import LABELS, SINGLE, Convention, View
from byhand.examine.find_network import Subject
from byhand.examine.observe import Observer
from byhand.examine.problem import Problem, single


def views(subject: Subject, problem: Problem) -> list[View]:
    """Return what the network computes in every convention in which nothing fails.

    If something fails in each, those come in which the forward pass does not.
    """
    first = subject.parameters.out_first
    conventions = [
        Convention(columns, labels) for columns in (first, not first) for labels in LABELS
    ]
    seen = [Observer(subject, problem, one).run() for one in conventions]
    seen += [
        Observer(subject, problem, view.convention, mean=True).run()
        for view in seen
        if view.facts.get("takes gradient")
    ]
    if not any(_ran(view) for view in seen):  # rows that become columns inside
        turned = [Convention(False, labels, turned=True) for labels in LABELS]
        seen += [Observer(subject, problem, one).run() for one in turned]
    if not any(_ran(view) for view in seen):
        seen += [Observer(subject, single(problem), one).run() for one in SINGLE]
    forward = [view for view in seen if "forward" in view.calls and "forward" not in view.errors]
    ran = [view for view in seen if _ran(view)]
    clean = [view for view in ran if not view.unknown] or ran
    furthest = max(seen, key=lambda view: (len(view.values), -len(view.errors)))
    return clean or forward or [furthest]


def _ran(view: View) -> bool:
    """Return whether something was called, and nothing failed."""
    return bool(view.calls) and not view.errors
