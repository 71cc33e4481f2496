"""An estimator class that makes its weights in `fit` and does everything there."""

import numpy as np
from sklearn.datasets import fetch_openml


class OneHiddenLayer:
    def __init__(self, units=50, epochs=30, eta=0.1, batch=100, seed=None):
        self.rnd = np.random.RandomState(seed)
        self.units = units
        self.epochs = epochs
        self.eta = eta
        self.batch = batch

    def _logistic(self, z):
        return 1.0 / (1.0 + np.exp(-np.clip(z, -250, 250)))

    def predict(self, X):
        hidden = self._logistic(X.dot(self.w_h) + self.c_h)
        return np.argmax(hidden.dot(self.w_o) + self.c_o, axis=1)

    def fit(self, X, y, X_val=None, y_val=None):
        classes = np.unique(y).shape[0]
        self.w_h = self.rnd.normal(0.0, 0.1, size=(X.shape[1], self.units))
        self.c_h = np.zeros(self.units)
        self.w_o = self.rnd.normal(0.0, 0.1, size=(self.units, classes))
        self.c_o = np.zeros(classes)
        enc = (y[:, None] == np.arange(classes)).astype(float)

        for epoch in range(self.epochs):
            order = np.arange(X.shape[0])
            self.rnd.shuffle(order)
            for k in range(0, len(order) - self.batch + 1, self.batch):
                part = order[k : k + self.batch]

                net_h = X[part].dot(self.w_h) + self.c_h
                out_h = self._logistic(net_h)
                net_o = out_h.dot(self.w_o) + self.c_o
                out_o = self._logistic(net_o)

                delta_o = (out_o - enc[part]) / self.batch
                delta_h = delta_o.dot(self.w_o.T) * out_h * (1.0 - out_h)

                self.w_h -= self.eta * X[part].T.dot(delta_h)
                self.c_h -= self.eta * delta_h.sum(axis=0)
                self.w_o -= self.eta * out_h.T.dot(delta_o)
                self.c_o -= self.eta * delta_o.sum(axis=0)

            if X_val is not None:
                print(epoch, "validation:", np.mean(self.predict(X_val) == y_val))
        return self


X, y = fetch_openml("mnist_784", version=1, return_X_y=True, as_frame=False)
X = X / 255.0
y = y.astype(int)

model = OneHiddenLayer(units=100, epochs=20, seed=1)
model.fit(X[:55000], y[:55000], X[55000:60000], y[55000:60000])
print("test:", np.mean(model.predict(X[60000:]) == y[60000:]))
