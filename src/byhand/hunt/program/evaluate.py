"""Measures the trained network: python evaluate.py, after python train.py."""

import data
import network
import numpy as np

ROWS = 128


def predict(p, x):
    """The most probable class of each row, computed 128 rows at a time."""
    starts = range(0, len(x), ROWS)
    return np.concatenate(
        [network.forward(p, x[i : i + ROWS])["A3"].argmax(axis=1) for i in starts]
    )


def mean_loss(p, x, labels):
    """The loss on some examples, without dropout."""
    return network.loss(p, network.forward(p, x)["A3"], data.one_hot(labels))


def accuracy(p, x, labels):
    """The fraction of the rows that are predicted correctly."""
    return (predict(p, x) == labels).mean()


def confusion(p, x, labels):
    """The number of examples by label (rows) and prediction (columns)."""
    counts = np.zeros((data.CLASSES, data.CLASSES), int)
    np.add.at(counts, (labels, predict(p, x)), 1)
    return counts


def recall(counts):
    """The fraction of each class's examples that are predicted correctly."""
    return counts.diagonal() / counts.sum(axis=1)


def report(p, parts):
    """The figures that describe the network, by name."""
    found = recall(confusion(p, *parts["test"]))
    x, labels = parts["test"]
    return {
        "training accuracy": accuracy(p, *parts["train"]),
        "test accuracy": accuracy(p, x, labels),
        "test accuracy, lamp 1,000 times brighter": accuracy(p, 1000 * x, labels),
        "test loss": mean_loss(p, x, labels),
        "recall of the hardest digit": found.min(),
        "hardest digit": int(found.argmin()),
    }


def main():
    """Print the report about parameters.npz."""
    with np.load(data.FILE.with_name("parameters.npz"), allow_pickle=False) as file:
        parameters = dict(file)
    for name, value in report(parameters, data.prepare()).items():
        print(f"{name:<42}{value:.4g}")


if __name__ == "__main__":
    main()
