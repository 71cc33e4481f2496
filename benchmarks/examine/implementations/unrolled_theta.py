"""All parameters in one long vector, cut into matrices where they are used."""

import numpy as np
from scipy.io import loadmat

d, h, k = 400, 25, 10


def unroll(theta):
    cut = h * (d + 1)
    return theta[:cut].reshape(h, d + 1), theta[cut:].reshape(k, h + 1)


def sig(z):
    return 1 / (1 + np.exp(-z))


def cost_and_grad(theta, X, Y, lam):
    m = len(X)
    T1, T2 = unroll(theta)
    a1 = np.c_[np.ones(m), X]
    a2 = np.c_[np.ones(m), sig(a1 @ T1.T)]
    a3 = sig(a2 @ T2.T)
    J = -(Y * np.log(a3) + (1 - Y) * np.log(1 - a3)).sum() / m
    J += lam / (2 * m) * ((T1[:, 1:] ** 2).sum() + (T2[:, 1:] ** 2).sum())
    d3 = a3 - Y
    d2 = (d3 @ T2 * a2 * (1 - a2))[:, 1:]
    G1, G2 = d2.T @ a1 / m, d3.T @ a2 / m
    G1[:, 1:] += lam / m * T1[:, 1:]
    G2[:, 1:] += lam / m * T2[:, 1:]
    return J, np.concatenate([G1.ravel(), G2.ravel()])


data = loadmat("digits.mat")
X, y = data["X"], data["y"].flatten()
y[y == 10] = 0
Y = np.eye(k)[y]
theta = np.random.uniform(-0.12, 0.12, h * (d + 1) + k * (h + 1))
for i in range(200):
    J, grad = cost_and_grad(theta, X, Y, 1.0)
    theta -= 1.0 * grad
    if i % 20 == 0:
        print(i, J)
