"""A notebook saved as a script: two moons, tanh, softmax, a model that is a dictionary."""

# %%
import matplotlib.pyplot as plt
import numpy as np
import sklearn.datasets

# %%
np.random.seed(0)
X, y = sklearn.datasets.make_moons(200, noise=0.2)
plt.scatter(X[:, 0], X[:, 1], c=y)

# %%
examples = len(X)
dim_in, dim_out = 2, 2
step_size = 0.5
strength = 0.01


# %%
def build(units, rounds=5000, talk=False):
    U = np.random.randn(dim_in, units) / np.sqrt(dim_in)
    u = np.zeros((1, units))
    V = np.random.randn(units, dim_out) / np.sqrt(units)
    v = np.zeros((1, dim_out))
    model = {}
    for r in range(rounds):
        inner = np.tanh(X.dot(U) + u)
        score = inner.dot(V) + v
        power = np.exp(score)
        share = power / power.sum(axis=1, keepdims=True)

        delta_v = share.copy()
        delta_v[range(examples), y] -= 1
        delta_v /= examples
        dV = inner.T.dot(delta_v)
        dv = delta_v.sum(axis=0, keepdims=True)
        delta_u = delta_v.dot(V.T) * (1 - inner**2)
        dU = X.T.dot(delta_u)
        du = delta_u.sum(axis=0)

        dV += strength * V
        dU += strength * U

        U += -step_size * dU
        u += -step_size * du
        V += -step_size * dV
        v += -step_size * dv
        model = {"U": U, "u": u, "V": V, "v": v}
        if talk and r % 1000 == 0:
            print("round", r, -np.log(share[range(examples), y]).mean())
    return model


# %%
model = build(5, talk=True)
