"""A regressor for scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from byhand.arrays import Array, FloatArray
from byhand.mlp import MultiLayerPerceptron
from byhand.network.cache import Cache
from byhand.network.losses import Loss
from byhand.network.targets import Targets
from byhand.sklearn.estimator import MLPEstimator
from byhand.sklearn.fitted import READ


@dataclass(eq=False, repr=False)
class MLPRegressor(RegressorMixin, MLPEstimator):  # type: ignore[misc]
    """A multilayer perceptron that predicts numbers, with the interface of scikit-learn's.

    With the same parameters and `random_state` it has the same weights, up to rounding.

    Args:
        loss: "squared_error" is half the sum of squares over the outputs, "poisson" the Poisson
            deviance with exp outputs; or a loss of ours, such as "huber" or `Huber(0.5)`.
        hidden_layer_sizes: units of each hidden layer.
        activation: activation of the hidden layers, by name ("relu", "tanh", "logistic", "gelu",
            ...), or a list with one for each.

    The other parameters are those of `MLPEstimator`.
    """

    loss: str | Loss = "squared_error"
    hidden_layer_sizes: int | Sequence[int] = (100,)
    activation: Any = "relu"

    @available_if(lambda self: self.solver != "lbfgs")  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on X and y, continuing from the last call; return the estimator.

        Args:
            X: inputs (n, features).
            y: targets (n,) or (n, outputs).
            sample_weight: weight of each example (n,).
        """
        return self._fit(X, y, sample_weight, (None, None, None), incremental=True)

    def predict(self, X: Any) -> FloatArray:
        """Return the predicted values (n,), or (n, outputs) for several outputs."""
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    # --- what `MLPEstimator` requires -------------------------------------------------------------

    def _read(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, reset=reset, **READ)
        return X, self._rows(y)

    def _read_targets(self, y: Any) -> Array:
        return self._rows(check_array(y, ensure_2d=False, dtype="numeric", input_name="y_val"))

    def _rows(self, y: Array) -> Array:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return y.reshape(len(y), -1)

    def _output_activation(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _targets(self, rows: Array, net: MultiLayerPerceptron) -> Targets:
        net.loss.check_targets(rows)
        return Targets(np.ascontiguousarray(rows, net.dtype), None)

    def _outputs_with_gradient(self) -> int:
        return int(self.n_outputs_)

    def _output_gradient(self, cache: Cache, output: int | None) -> FloatArray:
        dy = np.zeros_like(cache.output)
        dy[:, output or 0] = 1
        activation = self.network_.output_layer.activation
        return activation.backward(dy, cache.logits, cache.output)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
