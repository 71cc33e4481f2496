"""A bare script: sigmoid, no biases, the rate written into the update, errors and deltas."""

import numpy as np
from sklearn.datasets import load_digits

np.random.seed(7)

digits = load_digits()
inputs = digits.data[:600] / 16.0
wanted = np.zeros((600, 10))
for row, digit in enumerate(digits.target[:600]):
    wanted[row, digit] = 1


def squash(x, slope=False):
    if slope:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


first = 0.4 * np.random.random((64, 30)) - 0.2
second = 0.4 * np.random.random((30, 10)) - 0.2

for turn in range(6000):
    middle = squash(np.dot(inputs, first))
    guess = squash(np.dot(middle, second))

    miss = wanted - guess
    if turn % 500 == 0:
        print("mean error", np.mean(np.abs(miss)))

    guess_delta = miss * squash(guess, slope=True)
    middle_delta = guess_delta.dot(second.T) * squash(middle, slope=True)

    second += 0.01 * middle.T.dot(guess_delta)
    first += 0.01 * inputs.T.dot(middle_delta)

print("Accuracy:", np.mean(np.argmax(guess, axis=1) == digits.target[:600]))
