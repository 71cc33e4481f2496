"""A classifier for scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import validate_data

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError, DataError
from byhand.mlp import MultiLayerPerceptron
from byhand.network.cache import Cache
from byhand.network.losses import Loss
from byhand.network.targets import Targets
from byhand.sklearn.building import Architecture
from byhand.sklearn.estimator import MLPEstimator
from byhand.sklearn.fitted import READ


@dataclass(eq=False, repr=False)
class MLPClassifier(ClassifierMixin, MLPEstimator):  # type: ignore[misc]
    """A multilayer perceptron that predicts classes, with the interface of scikit-learn's.

    With the same parameters and `random_state` it has the same weights, up to rounding.

    Args:
        hidden_layer_sizes: units of each hidden layer.
        activation: activation of the hidden layers, by name ("relu", "tanh", "logistic", "gelu",
            ...), or a list with one for each.
        loss: "log_loss", or a loss of ours, such as `CategoricalCrossEntropy(label_smoothing=0.1)`.
        class_weight: weight of each class, class -> weight, or "balanced".

    The other parameters are those of `MLPEstimator`.
    """

    hidden_layer_sizes: int | Sequence[int] = (100,)
    activation: Any = "relu"
    _: KW_ONLY
    loss: str | Loss = "log_loss"
    class_weight: Mapping[Any, float] | Sequence[Mapping[Any, float]] | str | None = None

    @available_if(lambda self: self.solver != "lbfgs")  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train for one epoch on X and y, continuing from the last call; return the estimator.

        Args:
            X: inputs (n, features).
            y: labels (n,), or rows of 0 and 1 (n, labels); a batch need not contain every class.
            sample_weight: weight of each example (n,).
            classes: all classes that will ever occur; needed in the first call.
        """
        if self.class_weight == "balanced":
            raise ArgumentError(
                "class_weight='balanced' needs all labels at once, and partial_fit sees a part of "
                "them; give a dictionary class -> weight."
            )
        self._note_classes(y, classes)
        return self._fit(X, y, sample_weight, (None, None, None), incremental=True)

    def _note_classes(self, y: Any, classes: Any) -> None:
        """Set `classes_` in the first call of `partial_fit`; raise if a later one changes them."""
        known = getattr(self, "classes_", None)
        if known is None and classes is None:
            raise ArgumentError("classes must be passed on the first call to partial_fit.")
        if known is None:
            self.classes_ = unique_labels(classes)
            is_multi_label = type_of_target(y).startswith("multilabel")
            self._label_binarizer = LabelBinarizer().fit(y if is_multi_label else classes)
        elif classes is not None and not np.array_equal(known, unique_labels(classes)):
            raise ArgumentError(
                f"classes={classes!r} is not the same as on the last call to partial_fit, which "
                f"was {known!r}."
            )

    def predict(self, X: Any) -> Array:
        """Return the predicted labels (n,), or rows of 0 and 1 (n, labels) with several labels."""
        outputs = self._outputs(X)
        if self.n_outputs_ == 1:
            outputs = outputs.ravel()
        labels: Array = self._label_binarizer.inverse_transform(outputs)
        return labels

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probability of each class, or of each label (n, classes)."""
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self.n_outputs_ == 1 else outputs

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Return the logarithms of `predict_proba`; a probability of 0 gives -infinity."""
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(probabilities, out=probabilities)

    # --- what `MLPEstimator` requires -------------------------------------------------------------

    def _read(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        X, y = validate_data(self, X, y, multi_output=True, reset=reset, **READ)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
            return X, self._binary_rows(y)
        if self.warm_start:
            self._check_same_classes(y)
        self._check_known_classes(y)
        return X, self._binary_rows(y)

    def _check_same_classes(self, y: Array) -> None:
        classes = unique_labels(y)
        if set(classes) != set(self.classes_):
            raise ArgumentError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {classes}"
            )

    def _read_targets(self, y: Any) -> Array:
        y = np.asarray(y)
        y = column_or_1d(y, warn=True) if y.shape[1:] == (1,) else y
        self._check_known_classes(y)
        return self._binary_rows(y)

    def _check_known_classes(self, y: Array) -> None:
        unknown = np.setdiff1d(unique_labels(y), self.classes_)
        if len(unknown):
            raise DataError(
                f"the labels hold classes that were not there at first: {unknown}. The classes "
                f"are {self.classes_}."
            )

    def _binary_rows(self, y: Array) -> Array:
        """Return rows of False and True (n, outputs): one output for two classes, else one each."""
        if self._is_multi_label():
            return np.asarray(self._label_binarizer.transform(y), bool)
        classes = self.classes_ if len(self.classes_) > 2 else self.classes_[1:]
        return np.asarray(y[:, None] == classes) if len(classes) else np.zeros((len(y), 1), bool)

    def _output_activation(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _build(self, architecture: Architecture, dtype: Any, seed: int = 0) -> None:
        super()._build(architecture, dtype, seed)
        if len(self.classes_) > 1:
            self.network_.class_names = [str(name) for name in self.classes_]

    def _targets(self, rows: Array, net: MultiLayerPerceptron) -> Targets:
        if self._is_multi_label():
            return Targets(rows.astype(net.dtype), rows.astype(np.intp))
        labels = rows.argmax(axis=1) if rows.shape[1] > 1 else rows[:, 0].astype(np.intp)
        return Targets(labels if net.loss.takes_labels else rows.astype(net.dtype), labels)

    def _is_multi_label(self) -> bool:
        return str(self._label_binarizer.y_type_).startswith("multilabel")

    def _example_weights(self, y: Any, weights: FloatArray | None) -> FloatArray | None:
        if self.class_weight is None:
            return weights
        by_class: FloatArray = compute_sample_weight(self.class_weight, y)
        return by_class if weights is None else weights * by_class

    def _strata(self, rows: Array) -> Array | None:
        """Return the labels; None for several labels, or for classes too small to divide."""
        if rows.shape[1] == 1:
            return rows
        if self._is_multi_label():
            return None
        labels = rows.argmax(axis=1)
        held_out = int(np.ceil(self.validation_fraction * len(rows)))
        divides = np.bincount(labels)[np.unique(labels)].min() >= 2 and held_out >= rows.shape[1]
        return labels if divides else None

    def _outputs_with_gradient(self) -> int:
        return len(self.classes_)

    def _output_gradient(self, cache: Cache, output: int | None) -> FloatArray:
        z = cache.logits
        dz = np.zeros_like(z)
        if self.n_outputs_ > 1:
            dz[np.arange(len(z)), z.argmax(axis=1) if output is None else output] = 1
        else:
            dz[:, 0] = np.where(z[:, 0] > 0 if output is None else output == 1, 1, -1)
        return dz

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
