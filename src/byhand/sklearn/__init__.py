"""Estimators for scikit-learn: its own `MLPClassifier` and `MLPRegressor`, and more.

    from byhand.sklearn import MLPClassifier, MLPRegressor

They take the parameters of `sklearn.neural_network`, with the same names and defaults, and have
the same fitted attributes, so changing the import is enough. `docs/scikit-learn.md` shows what
they add.
"""

from importlib.util import find_spec

from byhand.errors import missing_package

if find_spec("sklearn") is None:
    raise missing_package("byhand.sklearn needs", "scikit-learn", "sklearn")

from byhand.sklearn.classifier import MLPClassifier as MLPClassifier
from byhand.sklearn.regressor import MLPRegressor as MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
