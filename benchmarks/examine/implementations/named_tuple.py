"""A functional style: parameters are a named tuple, a step returns a new one."""

from collections import namedtuple

import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

Params = namedtuple("Params", "w_in b_in w_out b_out")


def start(rng, d, h, k):
    return Params(rng.normal(0, 0.1, (d, h)), np.zeros(h), rng.normal(0, 0.1, (h, k)), np.zeros(k))


def value_and_grad(p, x, t):
    h = np.tanh(x @ p.w_in + p.b_in)
    s = h @ p.w_out + p.b_out
    s = s - s.max(axis=-1, keepdims=True)
    log_q = s - np.log(np.exp(s).sum(axis=-1, keepdims=True))
    value = -np.mean(log_q[np.arange(len(t)), t])
    back = np.exp(log_q)
    back[np.arange(len(t)), t] -= 1.0
    back /= len(t)
    inner = back @ p.w_out.T * (1.0 - h * h)
    return value, Params(x.T @ inner, inner.sum(0), h.T @ back, back.sum(0))


def main():
    rng = np.random.default_rng(5)
    data, target = load_digits(return_X_y=True)
    data = StandardScaler().fit_transform(data)
    p = start(rng, 64, 24, 10)
    for turn in range(400):
        pick = rng.choice(len(data), 64, replace=False)
        value, grad = value_and_grad(p, data[pick], target[pick])
        p = Params(*(a - 0.1 * g for a, g in zip(p, grad)))
        if turn % 100 == 0:
            print(turn, value)


main()
