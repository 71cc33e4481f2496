"""Layer classes that a script puts into a list; one example at a time; tanh and squared error."""

import numpy as np
from tensorflow.keras.datasets import mnist


class Module:
    def fwd(self, x):
        raise NotImplementedError

    def bwd(self, err, rate):
        raise NotImplementedError


class Linear(Module):
    def __init__(self, fan_in, fan_out):
        self.w = np.random.rand(fan_in, fan_out) - 0.5
        self.c = np.random.rand(1, fan_out) - 0.5

    def fwd(self, x):
        self.x = x
        return np.dot(x, self.w) + self.c

    def bwd(self, err, rate):
        back = np.dot(err, self.w.T)
        self.w -= rate * np.dot(self.x.T, err)
        self.c -= rate * err
        return back


class Nonlinear(Module):
    def __init__(self, f, df):
        self.f, self.df = f, df

    def fwd(self, x):
        self.x = x
        return self.f(x)

    def bwd(self, err, rate):
        return self.df(self.x) * err


def dtanh(x):
    return 1 - np.tanh(x) ** 2


def squared(t, y):
    return np.mean((t - y) ** 2)


def d_squared(t, y):
    return 2 * (y - t) / t.size


class Chain:
    def __init__(self, *modules):
        self.modules = list(modules)

    def __call__(self, x):
        for one in self.modules:
            x = one.fwd(x)
        return x

    def learn(self, xs, ts, rounds, rate):
        for r in range(rounds):
            total = 0
            for x, t in zip(xs, ts):
                y = self(x)
                total += squared(t, y)
                err = d_squared(t, y)
                for one in self.modules[::-1]:
                    err = one.bwd(err, rate)
            print("round", r, "error", total / len(xs))


(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.reshape(len(x_train), 1, 28 * 28).astype("float32") / 255
x_test = x_test.reshape(len(x_test), 1, 28 * 28).astype("float32") / 255
t_train = np.eye(10)[y_train].reshape(-1, 1, 10)

net = Chain(
    Linear(28 * 28, 100),
    Nonlinear(np.tanh, dtanh),
    Linear(100, 50),
    Nonlinear(np.tanh, dtanh),
    Linear(50, 10),
    Nonlinear(np.tanh, dtanh),
)
net.learn(x_train[:1000], t_train[:1000], rounds=30, rate=0.1)

hits = sum(np.argmax(net(x)) == y for x, y in zip(x_test, y_test))
print("correct:", hits / len(x_test))
