"""Iris: three classes, a split, a one-hot encoder, sigmoid inside and softmax outside."""

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler

iris = load_iris()
df = pd.DataFrame(iris.data, columns=iris.feature_names)
df["species"] = iris.target

features = StandardScaler().fit_transform(df[iris.feature_names])
targets = OneHotEncoder(sparse_output=False).fit_transform(df[["species"]])
X_train, X_test, y_train, y_test = train_test_split(features, targets, test_size=0.25)


class IrisNet:
    def __init__(self, lr=0.1):
        self.lr = lr
        self.weights_ih = np.random.randn(4, 8) * 0.5
        self.bias_h = np.zeros(8)
        self.weights_ho = np.random.randn(8, 3) * 0.5
        self.bias_o = np.zeros(3)

    def run_epoch(self, inputs, targets):
        # forward pass
        self.hidden = 1 / (1 + np.exp(-(inputs @ self.weights_ih + self.bias_h)))
        raw = self.hidden @ self.weights_ho + self.bias_o
        raw = np.exp(raw - np.amax(raw, axis=1, keepdims=True))
        self.final = raw / np.sum(raw, axis=1, keepdims=True)
        # backward pass
        n = inputs.shape[0]
        err = self.final - targets
        hidden_err = err @ self.weights_ho.T * self.hidden * (1 - self.hidden)
        self.weights_ho -= self.lr * (self.hidden.T @ err) / n
        self.bias_o -= self.lr * np.mean(err, axis=0)
        self.weights_ih -= self.lr * (inputs.T @ hidden_err) / n
        self.bias_h -= self.lr * np.mean(hidden_err, axis=0)
        return -np.mean(np.sum(targets * np.log(self.final), axis=1))


net = IrisNet(lr=0.5)
for epoch in range(1000):
    loss = net.run_epoch(X_train, y_train)
    if epoch % 100 == 0:
        print(f"{epoch}: {loss:.4f}")
