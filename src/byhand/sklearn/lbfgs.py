"""L-BFGS over the whole training set, by SciPy, with the network's gradients."""

from __future__ import annotations

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from byhand.arrays import Array, FloatArray
from byhand.sklearn.trainer import EstimatorTrainer


def minimise(
    trainer: EstimatorTrainer, *, max_iter: int, max_fun: int, tol: float, verbose: bool
) -> tuple[OptimizeResult, list[float]]:
    """Minimise the training loss  (Liu & Nocedal 1989); return SciPy's result and the losses.

    Args:
        trainer: computes loss and gradient of all training rows; its network gets the solution.
        max_iter: largest number of iterations.
        max_fun: largest number of evaluations of the loss.
        tol: training has converged when no entry of the gradient is larger.
        verbose: whether to print the loss of each iteration.
    """
    net, n = trainer.net, len(trainer.examples.rows)
    curve: list[float] = []

    def loss_and_gradient(p: FloatArray) -> tuple[float, Array]:
        net.parameters.vector[:] = p
        loss = trainer.batch_gradient(0, n) / n
        return loss, net.gradients.vector.astype(np.float64)

    def note(intermediate_result: OptimizeResult) -> None:
        curve.append(float(intermediate_result.fun))
        if verbose:
            print(f"Iteration {len(curve)}, loss = {curve[-1]:.8f}")  # noqa: T201 - asked for

    result = minimize(
        loss_and_gradient,
        net.parameters.vector.astype(np.float64),
        method="L-BFGS-B",
        jac=True,
        callback=note,
        options={"maxfun": max_fun, "maxiter": max_iter, "gtol": tol},
    )
    net.parameters.vector[:] = result.x
    return result, curve
