"""byhand, called as users call it: `net.fit` and `net.predict`.

The time of an epoch is the wall clock around `net.fit`. It includes the checks, allocating arrays
before the first step and the history, as it includes their equivalents for the other peers.
"""

from __future__ import annotations

from benchmarks.speed.cases import Prediction, Training
from benchmarks.speed.digits import Digits, starting_weights
from benchmarks.speed.job import Job, repeat, seconds
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, backend


def new_network(widths: tuple[int, ...], hidden: str = "relu") -> MultiLayerPerceptron:
    """Return the network of a case with the starting weights."""
    layers = [DenseLayer(units, hidden) for units in widths[1:-1]]
    net = MultiLayerPerceptron(
        [InputLayer(widths[0], "pixels"), *layers, DenseLayer(widths[-1], "softmax")], seed=0
    )
    for number, (W, b) in enumerate(starting_weights(widths), 1):
        net.parameters[f"W{number}"], net.parameters[f"b{number}"] = W, b
    return net


def training(work: Training, digits: Digits, option: str) -> Job:
    """Return a job that calls `net.fit` on raw uint8 images; a first call loads the kernels."""
    backend.use(option)
    net = new_network(work.widths, work.hidden)
    start = net.parameters.vector.copy()
    images, labels = digits.images[: work.images], digits.labels[: work.images]

    def fit(count: int, epochs: int) -> dict[str, object]:
        history = net.fit(
            images[:count],
            labels[:count],
            epochs=epochs,
            batch_size=work.batch or "all",
            optimizer=work.optimizer,
            learning_rate=work.learning_rate,
            verbose=0,
        )
        return history.record

    record: dict[str, object] = {}
    first = seconds(lambda: record.update(fit(min(2 * work.batch_size, 256, work.images), 1)))
    return Job(
        run=lambda: fit(work.images, work.epochs),
        reset=lambda: net.parameters.vector.__setitem__(slice(None), start),
        predict=lambda: net.predict(digits.test_images),
        facts={"threads": record["threads"], "compile_seconds": first},
    )


def prediction(work: Prediction, digits: Digits, option: str) -> Job:
    """Return a job that calls `net.predict` on raw uint8 images."""
    backend.use(option)
    net = new_network(work.widths)
    images = digits.test_images[: work.rows]
    net.predict(images)
    return Job(run=repeat(lambda: net.predict(images), work.calls))
