"""Trains the network and keeps the weights with the lowest validation loss: python train.py."""

import data
import evaluate
import network
import numpy as np

EPOCHS = 20
BATCH = 32
RATE = 0.1
DECAY = 0.9
MOMENTUM = 0.9
KEEP = 0.9
PATIENCE = 3
SEED = 0


def batches(rng, rows):
    """The row numbers of an epoch's batches: every row once, in a new order each time."""
    order = rng.permutation(rows)
    return [order[start : start + BATCH] for start in range(0, rows, BATCH)]


def learning_rate(epoch):
    """0.1 in epoch 0, and a tenth less with each epoch."""
    return RATE * DECAY**epoch


def step(p, g, velocity, rate):
    """One step with momentum; changes the parameters and the velocity in place."""
    for name in p:
        velocity[name] = MOMENTUM * velocity[name] - rate * g[name]
        p[name] += velocity[name]


def fit(p, parts, rng):
    """Train until the validation loss stops falling; return the best parameters and the history."""
    x, labels = parts["train"]
    velocity = {name: np.zeros_like(value) for name, value in p.items()}
    best, lowest, waited, history = p, np.inf, 0, []
    for epoch in range(EPOCHS):
        total = 0.0
        for rows in batches(rng, len(x)):
            T = data.one_hot(labels[rows])
            cache = network.forward(p, x[rows], KEEP, rng)
            total += network.loss(p, cache["A3"], T) * len(rows)
            step(p, network.backward(p, cache, T), velocity, learning_rate(epoch))
        validation = evaluate.mean_loss(p, *parts["validation"])
        history.append({"loss": total / len(x), "val_loss": validation})
        waited += 1
        if validation < lowest:
            best, lowest, waited = {name: value.copy() for name, value in p.items()}, validation, 0
        if waited == PATIENCE:
            break
    return best, history


def main():
    """Train, print the history, and write parameters.npz."""
    parts = data.prepare()
    rng = np.random.default_rng(SEED)
    parameters, history = fit(network.initialise(rng), parts, rng)
    for epoch, row in enumerate(history):
        print(f"epoch {epoch:2}  loss {row['loss']:.4f}  validation loss {row['val_loss']:.4f}")
    np.savez(data.FILE.with_name("parameters.npz"), **parameters)


if __name__ == "__main__":
    main()
