"""What a practitioner expects on a data set: a linear model and a forest of random trees.

A run of the pools "assize" and "recess" is healthy if its validation accuracy, or r2, is at most
`BELOW` under the better of the two. Both train on four fifths of the rows and predict the rest.
"""

from __future__ import annotations

import math

from byhand.arrays import Array

BELOW = 0.05


def bar(x: Array, y: Array) -> float:
    """Return the accuracy, or r2, that a healthy run must reach; rows are in random order.

    With several labels (n, k), an example counts as right if all of its labels are.
    """
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, held = x.reshape(len(x), -1).astype(float), len(x) // 5
    if y.ndim > 1:
        linear, forest = MultiOutputClassifier(LogisticRegression()), RandomForestClassifier()
    elif y.dtype.kind == "f":
        linear, forest = Ridge(), RandomForestRegressor()
    else:
        linear, forest = LogisticRegression(max_iter=500), RandomForestClassifier()
    forest.set_params(random_state=0)
    best = -math.inf
    for model in (make_pipeline(StandardScaler(), linear), forest):
        best = max(best, float(model.fit(rows[held:], y[held:]).score(rows[:held], y[:held])))
    return best - BELOW
