"""The fitted half of an estimator: its network, the network's results, and pickling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from byhand.arrays import FloatArray
from byhand.errors import ArgumentError
from byhand.mlp import MultiLayerPerceptron
from byhand.network.cache import Cache
from byhand.network.layers import InputLayer
from byhand.sklearn.building import Architecture
from byhand.sklearn.fitting import Optimization
from byhand.sklearn.sparse_input import SparseInputLayer, SparseRows

READ: dict[str, Any] = {"accept_sparse": ["csr", "csc"], "dtype": (np.float64, np.float32)}
"""How scikit-learn's `validate_data` reads inputs."""


def readable(net: MultiLayerPerceptron, X: Any) -> tuple[Any, InputLayer]:
    """Return checked inputs as rows, and the input layer that reads them."""
    if hasattr(X, "tocsr"):
        return SparseRows(X.tocsr()), SparseInputLayer(net.input_layer.units, "none")
    return net.input_layer.rows(X), net.input_layer


class FittedNetwork(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The attributes and methods of a fitted estimator.

    `coefs_` and `intercepts_` are views of the network's parameters. Whatever is written to them,
    or assigned in their place, is what the network computes with.
    """

    coefs_: list[FloatArray]
    intercepts_: list[FloatArray]
    network_: MultiLayerPerceptron
    dtype: Any

    def _build(self, architecture: Architecture, dtype: Any, seed: int = 0) -> None:
        """Make the network whose dense layers are `coefs_` and `intercepts_`."""
        widths = [len(self.coefs_[0]), *(np.shape(W)[1] for W in self.coefs_)]
        self._layers = architecture
        self.network_ = architecture.network(widths, dtype, seed)

    def _current_network(self) -> MultiLayerPerceptron:
        """Return the network, after copying arrays assigned to `coefs_` into it."""
        net = self.network_
        for letter, listed in (("W", self.coefs_), ("b", self.intercepts_)):
            for index, given in enumerate(listed):
                name = f"{letter}{index + 1}"
                view = net.parameters[name]
                if given is not view:
                    net.parameters[name] = np.asarray(given)
                    listed[index] = view
        return net

    # --- what it computes -------------------------------------------------------------------------

    def _outputs(self, X: Any) -> FloatArray:
        """Return the outputs of the last layer (n, outputs)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, **READ)
        net = self._current_network()
        return net.inference.outputs(*readable(net, X))

    def transform(self, X: Any) -> FloatArray:
        """Return the activations of the last hidden layer (n, units)."""
        return self.hidden_activations(X, layer=-1)

    def hidden_activations(self, X: Any, layer: int = -1) -> FloatArray:
        """Return the activations of a hidden layer (n, units), after batch normalisation if any.

        Args:
            X: inputs (n, features).
            layer: index of the hidden layer: 0 is the first, -1 the last.
        """
        check_is_fitted(self)
        count = len(self.coefs_) - 1
        if layer not in range(-count, count):
            raise ArgumentError(f"the network has {count} hidden layers; got layer={layer}.")
        stack = self.network_.stack
        last = max(i for i, placed in enumerate(stack) if placed.number == layer % count + 1)
        return np.concatenate([cache.layers[last].a.copy() for cache in self._passes(X)])

    def input_gradients(self, X: Any, output: int | None = None) -> FloatArray:
        """Return the gradient of an output by the inputs (n, features): their influence.

        In classification it is the gradient of a class's logit, the last layer's Z; with two
        classes, -Z and Z are the logits.

        Args:
            X: inputs (n, features).
            output: index in `classes_`, or of the output in regression; the predicted class, or
                the first output, if not given.
        """
        check_is_fitted(self)
        wanted = 0 if output is None else output
        if wanted not in range(self._outputs_with_gradient()):
            count = self._outputs_with_gradient()
            raise ArgumentError(f"output must be an index below {count}; got {output!r}.")
        from byhand.evaluation.backward_in_inference import backward_in_inference

        net = self._current_network()
        gradients = []
        for cache in self._passes(X):
            dz = self._output_gradient(cache, output)
            gradients.append(backward_in_inference(net, cache, dz=dz)[-1].dx)
        return np.concatenate(gradients)

    def _outputs_with_gradient(self) -> int:
        raise NotImplementedError

    def _output_gradient(self, cache: Cache, output: int | None) -> FloatArray:
        """Return the gradient of the chosen output, or logit, by the last layer's Z."""
        raise NotImplementedError

    def _passes(self, X: Any) -> Iterator[Cache]:
        """Yield the passes of the inputs through the network, block by block."""
        X = validate_data(self, X, reset=False, **READ)
        net = self._current_network()
        inputs, input_layer = readable(net, X)
        for _, cache in net.inference.passes(inputs, input_layer, None):
            yield cache

    @property
    def _n_features_out(self) -> int:
        return len(self.coefs_[-1])

    # --- pickling ---------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Return plain values and arrays, from which the network is built again."""
        state: dict[str, Any] = dict(super().__getstate__())
        if "network_" not in state:
            return state
        net = self._current_network()
        del state["network_"]
        state["_network"] = {
            "parameters": net.parameters.vector,
            "statistics": net.statistics.vector,
            "facts": net.facts,
            "seed": net.seed,
        }
        state["coefs_"] = [W.shape for W in self.coefs_]
        del state["intercepts_"]
        for name in ("_layers", "_optimizer"):
            if name in state:
                state[name] = dict(vars(state[name]))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        values = state.pop("_network", None)
        super().__setstate__(state)
        if values is None:
            return
        vector = values["parameters"]
        self.coefs_ = [np.broadcast_to(vector[:1], shape) for shape in state["coefs_"]]
        self._build(Architecture(**state["_layers"]), vector.dtype, values["seed"])
        net = self.network_
        net.parameters.vector[:], net.statistics.vector[:] = vector, values["statistics"]
        net.facts = values["facts"]
        self._show_parameters()
        if "_optimizer" in state:
            self._optimizer = Optimization(**state["_optimizer"])

    def _show_parameters(self) -> None:
        """Let `coefs_` and `intercepts_` be views of the network's weights and biases."""
        count = len(self.coefs_)
        self.coefs_ = [self.network_.parameters[f"W{i}"] for i in range(1, count + 1)]
        self.intercepts_ = [self.network_.parameters[f"b{i}"] for i in range(1, count + 1)]
