"""A bare script on generated data: ReLU, softmax, L2, the scores' gradient changed in place."""

import matplotlib.pyplot as plt
import numpy as np

rng = np.random.RandomState(3)
centres = np.array([[0.0, 1.5], [1.3, -0.8], [-1.3, -0.8], [0.0, 0.0]])
per_class = 60
pts = np.concatenate([c + 0.35 * rng.randn(per_class, 2) for c in centres])
cls = np.repeat(np.arange(len(centres)), per_class)

plt.scatter(pts[:, 0], pts[:, 1], c=cls)
plt.show()

hidden_units = 48
W_a = 0.1 * rng.randn(2, hidden_units)
b_a = np.zeros((1, hidden_units))
W_b = 0.1 * rng.randn(hidden_units, len(centres))
b_b = np.zeros((1, len(centres)))

lr = 0.8
lam = 1e-3
count = pts.shape[0]
costs = []

for it in range(2000):
    hid = np.maximum(0, np.dot(pts, W_a) + b_a)
    sc = np.dot(hid, W_b) + b_b

    sc = sc - np.max(sc, axis=1, keepdims=True)
    p = np.exp(sc)
    p = p / np.sum(p, axis=1, keepdims=True)

    cost = -np.sum(np.log(p[range(count), cls])) / count
    cost += 0.5 * lam * (np.sum(W_a**2) + np.sum(W_b**2))
    costs.append(cost)
    if it % 200 == 0:
        print("step %d: cost %f" % (it, cost))

    d = p
    d[range(count), cls] -= 1
    d /= count

    grad_W_b = np.dot(hid.T, d) + lam * W_b
    grad_b_b = np.sum(d, axis=0, keepdims=True)
    dh = np.dot(d, W_b.T)
    dh[hid <= 0] = 0
    grad_W_a = np.dot(pts.T, dh) + lam * W_a
    grad_b_a = np.sum(dh, axis=0, keepdims=True)

    W_a += -lr * grad_W_a
    b_a += -lr * grad_b_a
    W_b += -lr * grad_W_b
    b_b += -lr * grad_b_b

plt.plot(costs)
plt.show()
hid = np.maximum(0, np.dot(pts, W_a) + b_a)
print("training accuracy: %.2f" % np.mean(np.argmax(np.dot(hid, W_b) + b_b, axis=1) == cls))
