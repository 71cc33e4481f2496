"""Biases inside the weights, a column of ones, labels from 1 to 10, as in a course exercise."""

import numpy as np
from scipy.io import loadmat


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_gradient(z):
    g = sigmoid(z)
    return g * (1 - g)


def rand_initialize_weights(L_in, L_out):
    epsilon_init = 0.12
    return np.random.rand(L_out, L_in + 1) * 2 * epsilon_init - epsilon_init


def main():
    mat = loadmat("ex4data1.mat")
    X = mat["X"]
    y = mat["y"].ravel()
    m = X.shape[0]
    num_labels = 10

    Theta1 = rand_initialize_weights(400, 25)
    Theta2 = rand_initialize_weights(25, num_labels)

    Y = np.zeros((m, num_labels))
    for i in range(m):
        Y[i, y[i] - 1] = 1

    alpha = 1.5
    for it in range(400):
        a1 = np.hstack((np.ones((m, 1)), X))
        z2 = a1.dot(Theta1.T)
        a2 = np.hstack((np.ones((m, 1)), sigmoid(z2)))
        z3 = a2.dot(Theta2.T)
        h = sigmoid(z3)

        J = -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / m

        d3 = h - Y
        d2 = d3.dot(Theta2[:, 1:]) * sigmoid_gradient(z2)

        Theta1_grad = d2.T.dot(a1) / m
        Theta2_grad = d3.T.dot(a2) / m

        Theta1 = Theta1 - alpha * Theta1_grad
        Theta2 = Theta2 - alpha * Theta2_grad
        if it % 20 == 0:
            print("Iteration %d | Cost: %f" % (it, J))

    p = np.argmax(h, axis=1) + 1
    print("Training Set Accuracy: %f" % (np.mean(p == y) * 100))


if __name__ == "__main__":
    main()
