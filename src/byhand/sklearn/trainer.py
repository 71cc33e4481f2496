"""scikit-learn's variant of the training loop: its penalty, weighted means and random numbers.

A step minimises  (sum(w * loss) + alpha / 2 * sum(W^2)) / sum(w)  over its batch, where w are the
sample weights (1 unless given). The loss of an epoch includes the penalty.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import r2_score

from byhand.arrays import IntArray
from byhand.network.network import Network
from byhand.training import penalties
from byhand.training.callbacks import Callback
from byhand.training.run import Examples, TrainingRun
from byhand.training.trainer import Trainer


class EstimatorTrainer(Trainer):
    """A `Trainer` that computes what scikit-learn computes.

    Args:
        run: state of the training run.
        callbacks: callbacks in their order.
        alpha: strength of the penalty.
        random_state: draws the order of the rows.
    """

    def __init__(
        self,
        run: TrainingRun,
        callbacks: Sequence[Callback],
        alpha: float,
        random_state: np.random.RandomState,
    ) -> None:
        super().__init__(run, callbacks)
        self.alpha, self.random_state = alpha, random_state
        self.factor = loss_factor(run.net)
        self.validation_score = float("nan")

    def shuffle(self, order: IntArray, moment: int) -> None:
        """Shuffle the order of the epoch before, with the same draws as `sklearn.utils.shuffle`."""
        order[:] = order[self.random_state.permutation(len(order))]

    def batch_gradient(self, first: int, last: int) -> float:
        """Write the gradient of the batch order[first:last]; return its loss times its rows."""
        net, weights = self.net, self.examples.weights
        rows = self._order[first:last]
        total_weight = float(last - first if weights is None else weights[rows].sum())
        scale = 1 / total_weight if total_weight else 0.0
        loss = self.factor * scale * self.loss_gradient(first, last, self.factor * scale)
        if self.alpha:
            l2, w = self.alpha * scale, net.parameters.weights
            penalties.add_penalty_gradient(net.parameters, net.gradients, 0.0, l2)
            loss += l2 / 2 * float(np.dot(w, w))
        return loss * (last - first)

    def validate(self, examples: Examples) -> dict[str, float]:
        """Return the weighted mean loss of the validation set, and its accuracy if it has labels.

        `validation_score` becomes the accuracy, or R^2 in regression.
        """
        net, labels, rows = self.net, examples.targets.labels, examples.rows
        weights = None if examples.weights is None else examples.weights[rows]
        values = examples.targets.values[rows]
        losses = np.empty(len(rows), net.dtype)
        outputs = np.empty((len(rows), net.output_layer.units), net.dtype)
        for block, cache in net.inference.passes(examples.x, net.input_layer, rows):
            net.compute_loss(cache, values[block], gradient=False)
            losses[block], outputs[block] = cache.loss.losses, cache.output
        found = {"val_loss": self.factor * float(np.average(losses, weights=weights))}
        if labels is not None:
            correct = net.decide(outputs) == labels[rows]
            correct = correct if correct.ndim == 1 else correct.all(axis=1)
            found["val_accuracy"] = float(np.average(correct, weights=weights))
            self.validation_score = found["val_accuracy"]
        elif np.isfinite(outputs).all():
            self.validation_score = float(r2_score(values, outputs, sample_weight=weights))
        else:
            self.validation_score = float("nan")
        return found


def loss_factor(net: Network) -> float:
    """Return the factor that turns our mean over K outputs into scikit-learn's sum over them.

    Its squared error is half the sum of squares.
    """
    units = net.output_layer.units
    sums = {"squared_error": units / 2, "binary_cross_entropy": units, "poisson_deviance": units}
    return float(sums.get(net.loss.name, 1))
