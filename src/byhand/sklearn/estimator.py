"""The part that classifier and regressor share: their parameters, and the course of a fit.

Their `partial_fit`, in `classifier.py` and `regressor.py`, takes one step of this course:
`_fit(..., incremental=True)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError
from byhand.mlp import MultiLayerPerceptron
from byhand.network.losses import Loss
from byhand.network.targets import Targets
from byhand.sklearn import convergence
from byhand.sklearn.building import (
    Architecture,
    dropout_rates,
    hidden_activations,
    hidden_widths,
    initial_parameters,
)
from byhand.sklearn.fitted import READ, FittedNetwork, readable
from byhand.sklearn.fitting import fit_lbfgs, fit_stochastic
from byhand.sklearn.parameters import check_parameters
from byhand.sklearn.sample_weight import checked_weights
from byhand.training.callbacks import Callback
from byhand.training.optimizers import Optimizer
from byhand.training.run import Examples
from byhand.training.schedules import ScheduleFunction


@dataclass(eq=False, repr=False)
class MLPEstimator(FittedNetwork):
    """Base class of `MLPClassifier` and `MLPRegressor`; every parameter is given by its name.

    Those up to `max_fun` are scikit-learn's, with its defaults; the others are ours.

    Args:
        solver: "adam", "sgd" or "lbfgs"; or another optimizer, by its name ("adamw", "rmsprop",
            ...) or as an object such as `AdamW(1e-3, weight_decay=0.1)`.
        alpha: strength of the penalty alpha / 2 sum(W^2), divided by the examples of the batch.
        batch_size: examples in a step; "auto" is 200, or all if there are fewer.
        learning_rate: "constant"; with "sgd" also "invscaling" or "adaptive"; or a schedule of
            ours for any optimizer, such as "cosine" or `OneCycle()`.
        learning_rate_init: learning rate of the first step.
        power_t: exponent of "invscaling".
        max_iter: largest number of epochs, or of iterations of L-BFGS.
        shuffle: whether to draw a new order for each epoch.
        random_state: seed or `RandomState` of all random numbers.
        tol: smallest improvement of the loss, or of the validation score, that counts.
        verbose: whether to print each epoch.
        warm_start: whether `fit` continues from the weights of the last call.
        momentum: fraction of the old velocity that "sgd" keeps.
        nesterovs_momentum: whether "sgd" looks one step ahead.
        early_stopping: whether to stop by the score of a validation set, and keep its best weights.
        validation_fraction: fraction of the examples that early stopping sets aside.
        beta_1: fraction of the old mean that Adam keeps.
        beta_2: fraction of the old mean square that Adam keeps.
        epsilon: added to Adam's square root.
        n_iter_no_change: epochs without improvement after which training ends.
        max_fun: largest number of evaluations of the loss by L-BFGS.
        dropout: fraction of each hidden layer's outputs to drop in training, one for all layers
            or a list with one for each.
        batch_norm: whether hidden layers normalise their Z over the batch.
        clip_norm: largest norm of the gradient.
        callbacks: `byhand.Callback` objects.
        dtype: precision of the network, float32 or float64; by default that of X.
    """

    _: KW_ONLY
    solver: str | Optimizer = "adam"
    alpha: float = 0.0001
    batch_size: int | str = "auto"
    learning_rate: str | ScheduleFunction = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: Any = None
    tol: float = 1e-4
    verbose: bool | int = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: float = 10
    max_fun: int = 15000
    dropout: float | Sequence[float] = 0.0
    batch_norm: bool = False
    clip_norm: float | None = None
    callbacks: Sequence[Callback] | None = None
    dtype: Any = None

    if TYPE_CHECKING:  # the subclasses define these, where they may be given by position
        hidden_layer_sizes: Any
        activation: Any
        loss: str | Loss

    # --- what differs between classifier and regressor ------------------------------------------

    def _read(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        """Check a training set; return its inputs, and its targets as rows (n, outputs)."""
        raise NotImplementedError

    def _read_targets(self, y: Any) -> Array:
        """Check the targets of a validation set; return them as rows (n, outputs)."""
        raise NotImplementedError

    def _output_activation(self) -> str:
        """Return scikit-learn's name of the last layer's activation."""
        raise NotImplementedError

    def _targets(self, rows: Array, net: MultiLayerPerceptron) -> Targets:
        """Return the targets in the form that the network's loss takes."""
        raise NotImplementedError

    def _example_weights(self, y: Any, weights: FloatArray | None) -> FloatArray | None:
        """Return the weights of the training examples, given their sample weights."""
        return weights

    def _strata(self, rows: Array) -> Array | None:
        """Return labels that the validation set should hold in proportion, or None."""
        return None

    # --- fitting ----------------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit the network to X and y, and return the estimator.

        Args:
            X: inputs (n, features); sparse matrices become dense a batch at a time.
            y: targets (n,) or (n, outputs).
            sample_weight: weight of each example (n,).
            X_val: inputs of your own validation set, which `history_` then measures; early stopping
                watches it instead of setting a part of X aside.
            y_val: its targets.
            sample_weight_val: its weights.
        """
        validation = (X_val, y_val, sample_weight_val)
        return self._fit(X, y, sample_weight, validation, incremental=False)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, ...], incremental: bool
    ) -> Self:
        check_parameters(self)
        goes_on = hasattr(self, "coefs_") and (self.warm_start or incremental)
        X, rows = self._read(X, y, incremental, reset=not goes_on)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        weights = self._example_weights(y, checked_weights(sample_weight, len(rows)))
        random_state = check_random_state(self.random_state)
        self.n_outputs_ = rows.shape[1]
        if not goes_on:
            self._initialise(X, random_state)
        net = self._network_to_train()
        plain = net.input_layer
        inputs, net.input_layer = readable(net, X)
        try:
            targets = self._targets(rows, net)
            net.facts["task"] = targets.task
            weights = None if weights is None else weights.astype(net.dtype)
            training = Examples(inputs, X.shape[1:], targets, np.arange(len(rows)), weights)
            held_out = self._validation(net, validation)
            if self.solver == "lbfgs":
                fit_lbfgs(self, net, training, random_state)
                return self
            if self.early_stopping and held_out is None:
                training, held_out = self._split(training, rows, random_state)
            before = getattr(self, "_optimizer", None) if incremental else None
            fit_stochastic(self, net, training, held_out, random_state, before, incremental)
        finally:
            net.input_layer = plain
        return self

    def _initialise(self, X: Any, random_state: np.random.RandomState) -> None:
        """Build the network and draw its weights."""
        widths = [X.shape[1], *hidden_widths(self.hidden_layer_sizes), self.n_outputs_]
        self.n_layers_ = len(widths)
        self.out_activation_ = self._output_activation()
        architecture = self._architecture(len(widths) - 2)
        self.coefs_, self.intercepts_ = initial_parameters(
            widths, architecture.activations, random_state
        )
        drops = any(architecture.dropout)
        seed = int(random_state.randint(2**31 - 1)) if drops else 0
        self._build(architecture, self.dtype or X.dtype, seed)
        convergence.begin(self)

    def _architecture(self, hidden: int) -> Architecture:
        """Return the layer settings from the parameters, for this number of hidden layers."""
        return Architecture(
            hidden_activations(self.activation, hidden),
            dropout_rates(self.dropout, hidden),
            bool(self.batch_norm),
            self.out_activation_,
            self.loss,
        )

    def _network_to_train(self) -> MultiLayerPerceptron:
        """Return the network; raise if the parameters ask for other layers than it has."""
        if not hasattr(self, "network_"):  # coefs_ were set before the first fit
            given = [np.asarray(W) for W in self.coefs_]
            self.history_: dict[str, list[float]] = {}
            self._build(self._architecture(len(given) - 1), self.dtype or given[0].dtype)
        net = self._current_network()
        features = self.n_features_in_
        wanted = [features, *hidden_widths(self.hidden_layer_sizes), self.n_outputs_]
        if wanted != net.widths_of_dense():
            raise ArgumentError(
                f"the fitted network is {net.shape_text}, but parameters and data ask for "
                f"{'-'.join(map(str, wanted))}; set warm_start=False to start again."
            )
        return net

    def _validation(self, net: MultiLayerPerceptron, given: tuple[Any, ...]) -> Examples | None:
        """Return the validation set that was given to `fit`, or None."""
        X, y, sample_weight = given
        if X is None and y is None:
            return None
        if X is None or y is None or self.solver == "lbfgs":
            raise ArgumentError(
                "X_val and y_val belong together, and to a stochastic solver such as 'adam'."
            )
        X = validate_data(self, X, reset=False, **READ)
        inputs, input_layer = readable(net, X)
        if type(input_layer) is not type(net.input_layer):
            raise ArgumentError("X and X_val must both be sparse, or both be dense.")
        targets = self._targets(self._read_targets(y), net)
        if X.shape[0] != len(targets):
            raise ArgumentError(f"X_val has {X.shape[0]} rows, but y_val has {len(targets)}.")
        weights = checked_weights(sample_weight, len(targets))
        return Examples(inputs, X.shape[1:], targets, np.arange(len(targets)), weights)

    def _split(
        self, training: Examples, rows: Array, random_state: np.random.RandomState
    ) -> tuple[Examples, Examples]:
        """Set `validation_fraction` of the training examples aside."""
        numbers, held_out = train_test_split(
            training.rows,
            random_state=random_state,
            test_size=self.validation_fraction,
            stratify=self._strata(rows),
        )
        if len(held_out) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of "
                "your dataset."
            )
        return replace(training, rows=numbers), replace(training, rows=held_out)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
