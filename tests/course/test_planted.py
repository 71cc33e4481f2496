"""Mistakes planted into the answer key, as learners make them, get the right name.

Each line changes the text of an answer; the checks do not know these texts.
"""

from __future__ import annotations

import pytest

from byhand.course.exercise import cases_of
from byhand.course.folder import answer_key
from byhand.course.judge import RIGHT, WRONG, judge
from byhand.course.lessons import LESSONS, load_lesson
from byhand.course.worker import call, load

PLANTED = {
    "scale_pixels": [
        ("/ 255", "", "not divided by 255"),
        (".reshape(len(images), -1)", "", "not flattened"),
        ("reshape(len(images), -1)", "reshape(1, -1)[0]", "one long row"),
        ("/ 255", "/ 256.0", "divided by 256"),
        ("/ 255", "// 255", "without a remainder"),
        ("/ 255", "/ np.max(images)", "largest pixel that occurs"),
        ("reshape(len(images), -1)", 'reshape(len(images), -1, order="F")', "column after column"),
        ("/ 255", "/ 127.5", "twice as large"),
    ],
    "column_means": [
        ("axis=0", "axis=1", "mean of each row"),
        ("axis=0", "", "mean of all numbers"),
        ("X.mean(axis=0)", "sum(X)", "that is the sum"),
        ("X.mean(axis=0)", "sum(X) / X.shape[1]", "divided by the number of columns"),
        ("X.mean(axis=0)", "np.median(X, 0)", "median"),
        ("X.mean(axis=0)", "X[1:].mean(axis=0)", "expected"),
        ("    return X.mean(axis=0)", "    X.mean(axis=0)", "returns nothing"),
    ],
    "standardise": [
        ("X - X.mean(axis=0)", "X", "mean is not subtracted"),
        (" / X.std(axis=0)", "", "not divided by the deviation"),
        ("X.std(axis=0)", "X.std(axis=0) ** 2", "variance"),
        ("(X - X.mean(axis=0)) / X.std(axis=0)", "(X - np.mean(X)) / np.std(X)", "together"),
        ("X.std(axis=0)", "np.std(X, axis=0, ddof=1)", "n - 1"),
        ("(X - X.mean(axis=0))", "X - X.mean(axis=0)", "brackets"),
        ("(X - X.mean(axis=0))", "(X.mean(axis=0) - X)", "sign"),
    ],
    "one_hot": [
        ("[labels]", "[labels - 1]", "too far left"),
        ("[labels]", "[:, labels]", "in columns"),
        ("np.eye(K)", "np.eye(max(labels) + 1)", "comes from the labels"),
        ("np.eye(K)[labels]", "np.eye(K)[labels] == 0", "swapped"),
        ("np.eye(K)[labels]", "np.zeros((len(labels), K))", "0 everywhere"),
        ("np.eye(K)[labels]", "(lambda T: (T.__setitem__((slice(None), labels), 1), T)[1])"
         "(np.zeros((len(labels), K)))", "whole columns"),
    ],
    "pick": [
        ("np.arange(len(labels)), labels", ":, labels", "all these columns"),
        ("np.arange(len(labels)), labels", "labels", "takes rows"),
        ("P[np.arange(len(labels)), labels]", "np.amax(P, axis=1)", "largest number"),
        (", labels]", ", labels - 1]", "too far left"),
        ("np.arange(len(labels))", "0", "always row 0"),
        ("P[np.arange(len(labels)), labels]", "P.argmax(1)", "class with the largest"),
    ],
    "accuracy": [
        ("np.mean", "sum", "number of correct rows"),
        ("==", "!=", "wrong rows"),
        ("np.mean(", "100 * np.mean(", "per cent"),
        ("argmax", "argmin", "smallest number"),
        ("argmax", "max", "largest number itself"),
        ("np.mean(P.argmax(axis=1) == labels)", "P[range(len(P)), labels].mean()", "mean probab"),
        ("axis=1) ==", "axis=1) + 1 ==", "count from 1"),
        ("axis=1", "axis=0", "do not line up"),
    ],
    "neuron": [
        ("1 / (1 + np.exp(-(X @ w + b)))", "X @ w + b", "sigmoid is missing"),
        (" + b)", ")", "bias is missing"),
        ("-(X @ w + b)", "X @ w + b", "sign in the exponent"),
        ("-(X @ w + b)", "-X @ w + b", "wrong sign"),
        ("1 / (1 + np.exp(-(X @ w + b)))", "np.tanh(b + np.dot(X, w))", "tanh"),
        ("X @ w", "X * w", "not added up"),
        ("1 / (1 + np.exp(-(X @ w + b)))", "1 / 1 + np.exp(-(X @ w + b))", "put brackets"),
        ("1 / (1 + np.exp(-(X @ w + b)))", "1 / (1 + np.exp(-(X @ w))) + b", "after the sigmoid"),
    ],
    "log_loss": [
        ("    a = np.clip(a, 1e-12, 1 - 1e-12)\n", "", "log of 0"),
        (" - (1 - y) * np.log(1 - a)", "", "(1 - y) is missing"),
        ("np.mean", "np.sum", "sum over the examples"),
        ("-y * np.log(a) - (1", "y * np.log(a) + (1", "sign is wrong"),
        ("-y * np.log(a) - (1 - y) * np.log(1 - a)", "(a - y) ** 2", "squared error"),
        ("np.log(a)", "np.log2(a)", "expected"),
        ("np.mean(-y * np.log(a) - (1 - y) * np.log(1 - a))",
         "np.mean(-y * np.log2(a) - (1 - y) * np.log2(1 - a))", "base 2"),
        ("np.mean(-y * np.log(a) - (1 - y) * np.log(1 - a))",
         "np.mean(-y * np.log10(a) - (1 - y) * np.log10(1 - a))", "base 10"),
        ("-y * np.log(a) - (1 - y) * np.log(1 - a)",
         "-(1 - y) * np.log(a) - y * np.log(1 - a)", "swapped"),
    ],
    "neuron_gradient": [
        (" / len(y)", "", "mean over the batch is missing"),
        ("(a - y)", "(y - a)", "sign"),
        ("(a - y)", "(a - y) * a * (1 - a)", "should not be there"),
        ("dz.sum()", "dz.mean()", "11 times too small"),
        ("X.T @ dz, dz.sum()", "X.T @ dz, -dz.sum()", "dw is right. db: the sign"),
        ("(a - y)", "abs(a - y)", "absolute"),
        ("(a - y) / len(y)", "2 * (a - y) / y.size", "twice"),
        ("X.T @ dz, dz", "X.T @ dz / X.shape[1], dz", "db is right. dw: 3 times too small"),
    ],
    "descend": [
        ("w - learning_rate", "w + learning_rate", "w goes uphill"),
        ("range(steps)", "range(1, steps)", "one step too few"),
        ("range(steps)", "range(steps + 1)", "one step too many"),
        ("        b = b - learning_rate * db\n", "", "b never changes"),
        ("    return w, b", "        return w, b", "inside the loop"),
        ("learning_rate *", "1 *", "learning rate is not used"),
        ("        dw, db = neuron_gradient(X, neuron(X, w, b), y)\n"
         "        w = w - learning_rate * dw\n",
         "        w = w - learning_rate * neuron_gradient(X, neuron(X, w, b), y)[0]\n"
         "        db = neuron_gradient(X, neuron(X, w, b), y)[1]\n", "after w has changed"),
        ("w = w - learning_rate * dw", "w -= learning_rate * dw", "changes its argument w"),
    ],
    "softmax": [
        ("Z - Z.max(axis=1, keepdims=True)", "Z", "overflow"),
        ("E.sum(axis=1", "E.sum(axis=0", "sum runs over the examples"),
        ("E.sum(axis=1, keepdims=True)", "E.sum()", "whole matrix"),
        ("Z.max(axis=1, keepdims=True)", "np.max(Z)", "largest number of the whole matrix"),
        (" / E.sum(axis=1, keepdims=True)", "", "not divided"),
("np.exp(Z", "np.exp(-Z", "NaN"),
        ("Z.max(axis=1, keepdims=True)", "Z.max(axis=1)", "add keepdims=True"),
        ("np.exp(Z - Z.max(axis=1, keepdims=True))", "Z", "without exp"),
    ],
    "cross_entropy": [
        ("np.maximum(p, 1e-12)", "p", "gives infinity"),
        (".mean()", ".sum()", "sum over the examples"),
        ("-np.log", "np.log", "sign"),
        ("np.log(", "np.log2(", "base 2"),
        ("-np.log(np.maximum(p, 1e-12)).mean()", "-np.log(np.mean(p))", "logarithm of the mean"),
        ("labels]", "labels - 1]", "too far left"),
        (".mean()", ".mean() / len(A[0])", "runs over the classes"),
        (".mean()", "", "still there"),
    ],
    "softmax_gradient": [
        (" / len(labels)", "", "mean over the batch is missing"),
        ("(A - T)", "(T - A)", "sign"),
        ("/ len(labels)", "/ A.shape[1]", "divided by the number of classes"),
        ("(A - T)", "(A - T) * A * (1 - A)", "should not be there"),
        ("[labels]", "[labels - 1]", "too far left"),
        ("(A - T)", "A - T", "brackets"),
        ("(A - T)", "A", "targets are missing"),
        ("/ len(labels)", "/ A.size", "number of all entries"),
    ],
    "paper": [
        ("dz2 = [0.881, -0.881]", "dz2 = [-0.881, 0.881]", "dz2: the sign is wrong"),
        ("loss = 2.127", "loss = 0.924", "natural logarithm"),
        ("loss = 2.127", "loss = 0.127", "second class"),
        ("dz1 = [0.881, 0]", "dz1 = [0.881, 1.762]", "lets no gradient through"),
        ("a1 = [2, 0]", "a1 = [2, -2]", "ReLU is missing"),
        ("a2 = [0.881, 0.119]", "a2 = [1, -1]", "softmax is missing"),
        ("dW1 = [[0.881, 0], [1.762, 0]]", "dW1 = [[0.881, 1.762], [0, 0]]", "swapped"),
        ("z1 = [2, -2]", "z1 = [2, 2]", "expected -2 at [1], got 2"),
    ],
    "output_error": [
        ("dz2[label] -= 1", "dz2 = -dz2; dz2[label] += 1", "sign"),
        ("dz2[label] -= 1", "dz2 -= 1", "everywhere"),
        ("    dz2[label] -= 1\n", "", "nothing is subtracted"),
        ("dz2[label]", "dz2[label - 1]", "too far left"),
        ("dz2[label] -= 1", "dz2 -= label", "label itself"),
        ("a2.copy()", "a2", "changes its argument a2"),
    ],
    "hidden_error": [
        (" * (z1 > 0)", "", "derivative of the ReLU is missing"),
        ("(z1 > 0)", "np.maximum(z1, 0)", "is 1 or 0"),
        ("(z1 > 0)", "z1", "multiplied by z1"),
        ("(z1 > 0)", "(z1 < 0)", "on and off"),
        ("(W2 @ dz2) * (z1 > 0)", "np.maximum(W2.dot(dz2), 0)", "applied to the gradient"),
        ("W2 @ dz2", "W2.T @ dz2", "ValueError"),
        ("(W2 @", "-(W2 @", "sign"),
    ],
    "weight_gradient": [
        ("np.outer(a, dz)", "np.outer(dz, a)", "transposed"),
        ("np.outer(a, dz)", "np.outer(np.ones_like(a), dz)", "input a is missing"),
        ("np.outer(a, dz)", "np.outer(-a, dz)", "sign"),
        ("np.outer(a, dz)", "np.outer(a, dz) / a.size", "divided by the number of inputs"),
        ("np.outer(a, dz)", "a * dz", "ValueError"),
        ("np.outer(a, dz)", "a.reshape(-1, 1) + dz", "added"),
    ],
    "slopes": [
        ("(Z > 0) * 1.0", "np.maximum(0, Z)", "relu: that is max(z, 0) itself"),
        ("np.where(Z > 0, 1, 0.01)", "np.where(Z > 0, 1, 0)", "leaky: the slope for negative"),
        ("s * (1 - s)", "Z * (1 - Z)", "takes z for s(z)"),
        ("s * (1 - s)", "s", "that is the sigmoid itself"),
        ("np.tanh(Z) ** 2", "Z ** 2", "takes z for tanh(z)"),
        ("s = 1 / (1 + np.exp(-Z))\n",
         "s = 1 / (1 + np.exp(-Z))\n    s = 1 / (1 + np.exp(-s))\n", "at a instead of z"),
        ("1 - np.tanh(Z) ** 2", "1 - np.tanh(Z)", "square is missing"),
        ("(Z > 0) * 1.0", "(Z < 0) * 1.0", "swapped"),
    ],
    "backward": [
        (" / len(labels)", "", "mean over the batch is missing"),
        ("* (Z1 > 0)", "* (Z1 > 0) / len(X)", "taken twice"),
        ("(A2 - T)", "(T - A2)", "sign is wrong"),
        (" * (Z1 > 0)", "", "dW2 and db2 are right. dW1 and db1: the derivative of the ReLU"),
        ("(Z1 > 0)", "A1", "is 1 or 0"),
        ("dZ1.sum(axis=0)", "np.sum(dZ1)", "db1: summed over everything"),
        ("dZ2.sum(axis=0)", "dZ2.sum(axis=1)", "its shape is"),
        ("dZ2.sum(axis=0)", "dZ2.mean(axis=0)", "dZ already contains the 1/n"),
        ("A1.T @ dZ2", "Z1.T @ dZ2", "A1, not Z1"),
        ("X.T @ dZ1", "dZ1.T @ X", "dW1: transposed"),
        ("[labels]", "[labels - 1]", "shifted by one"),
    ],
    "train": [
        ("W1 - learning", "W1 + learning", "W1"),
        ("range(steps)", "range(steps - 1)", "one step too few"),
        ("range(steps)", "range(0, steps + 1)", "one step too many"),
        ("    return W1, b1", "        return W1, b1", "inside the loop"),
        ("learning_rate *", "len(X) * learning_rate *", "too long by the number of examples"),
        ("        b1 = b1 - learning_rate * db1\n", "", "b1"),
        ("- learning_rate * d", "- d", "learning rate is not used"),
        ("- learning_rate *", "+ learning_rate *", "uphill"),
    ],
    "steps_per_epoch": [
        ("n // size if drop_last else -(-n // size)", "n // size", "always left out"),
        ("n // size if drop_last else -(-n // size)", "int(np.ceil(n / size))", "always counts"),
        ("if drop_last", "if not drop_last", "opposite"),
        ("-(-n // size)", "n // size + 1", "one batch too many"),
        ("n // size if drop_last else -(-n // size)", "n / size", "not an integer"),
        ("-(-n // size)", "round(n / size)", "nearest integer"),
    ],
    "batches": [
        ("rng.permutation(n)", "np.arange(n)", "not shuffled"),
        ("range(0, n, size)", "range(0, n - size + 1, size)", "last 4 rows are missing"),
        ("rng.permutation(n)", "rng.integers(0, n, n)", "without replacement"),
        ("range(0, n, size)", "range(0, n, size - 1)", "in two batches"),
        ("rng.permutation(n)", "np.random.default_rng(0).permutation(n)", "use `rng`"),
        ("[order[start : start + size] for start in range(0, n, size)]",
         "[np.arange(n)[s : s + size] for s in rng.permutation(np.arange(0, n, size))]",
         "shuffle"),
        ("start + size]", "start + size - 1]", "rows are in a batch"),
        ("rng.permutation(n)", "rng.permutation(n) + 1", "0 to n - 1"),
        ("rng.permutation(n)",
         "np.concatenate([rng.permutation(np.arange(n)[i : i + size]) for i in range(0, n, size)])",
         "within each batch"),
    ],
    "epoch": [
        (" / len(rows)", "", "mean over the batch is missing"),
        ("/ len(rows)", "/ len(X)", "number of all examples"),
        ("in batches:", "in batches[:-1]:", "last batch is left out"),
        ("    return W, b", "        return W, b", "only the first batch"),
        ("W - learning_rate * X[rows].T", "W + learning_rate * X[rows].T", "W: "),
        ("        b = b - learning_rate * dZ.sum(axis=0)\n", "", "b never changes"),
        ("/ len(rows)", "/ len(batches[0])", "size of the first batch"),
        ("in batches:\n", "in [np.arange(len(X))] * len(batches):\n", "every step uses all rows"),
    ],
    "epoch_loss": [
        ("np.sum(losses * sizes) / np.sum(sizes)", "np.mean(losses)", "mean of the means"),
        (" / np.sum(sizes)", "", "sum over all examples"),
        ("np.sum(losses * sizes) / np.sum(sizes)", "losses[len(losses) - 1]", "last batch"),
        ("np.sum(sizes)", "len(sizes)", "number of batches"),
        ("np.sum(losses * sizes) / np.sum(sizes)", "sum(losses)", "sum of the means"),
    ],
    "he": [
        ("np.sqrt(2 / n_in)", "2 / n_in", "which is the variance"),
        ("2 / n_in", "2 / n_out", "n_out is used"),
        ("2 / n_in", "1 / n_in", "half of the signal"),
        ("2 / n_in", "2 / (n_in + n_out)", "Glorot"),
        (" * np.sqrt(2 / n_in)", "", "variance is 1"),
        ("(n_in, n_out))", "(n_out, n_in))", "transposed"),
        ("rng.standard_normal((n_in, n_out)) * np.sqrt(2 / n_in)", "np.zeros((n_in, n_out))",
         "all weights are equal"),
        ("rng.standard_normal((n_in, n_out))", "rng.random((n_in, n_out))", "mean is not 0"),
    ],
    "glorot": [
        ("rng.uniform(-r, r", "rng.uniform(0, r", "between 0 and r"),
        ("np.sqrt(6 / (n_in + n_out))", "6 / (n_in + n_out)", "r squared"),
        ("6 / (n_in + n_out)", "6 / n_in", "n_in alone"),
        ("6 / (n_in", "2 / (n_in", "2 instead of 6"),
        ("rng.uniform(-r, r, (n_in, n_out))", "r * (rng.random((n_in, n_out)) - 0.5)", "r/2"),
        ("rng.uniform(-r, r, (n_in, n_out))", "r * rng.standard_normal((n_in, n_out))",
         "deviation of normal"),
        ("(-r, r,", "(-1, 1,", "multiply by r"),
    ],
    "spread": [
        ("np.maximum(A @ W, 0)", "A @ W", "ReLU is missing"),
        ("A.std()", "A.var()", "variance"),
        ("A.std()", "A.mean()", "that is the mean"),
        ("A.std()", "np.sqrt(np.mean(A**2))", "root of the mean square"),
        ("A.std()", "A.std(axis=0).mean()", "columns"),
        ("spreads = X, []", "spreads = X, [X.std()]", "begin with layer 1"),
    ],
    "momentum_step": [
        ("mu * v + g", "mu * v + (1 - mu) * g", "ten times smaller"),
        ("p - learning", "p + learning", "uphill"),
        ("mu * v + g", "g", "velocity is lost"),
        ("mu * v + g", "v + mu * g", "instead of the old velocity"),
        ("learning_rate * v, v", "learning_rate * (g + mu * v), v", "Nesterov"),
        ("learning_rate * v, v", "v, v", "learning rate is not used"),
        ("v = mu * v + g", "v *= mu; v += g", "changes its argument v"),
        ("mu * v + g\n", "v + g\n", "never fades"),
    ],
    "adam_step": [
        ("m / (1 - beta1**t)", "m", "p"),
        ("beta1**t", "beta1 ** (t + 1)", "p"),
        ("np.sqrt(v_hat) + epsilon", "np.sqrt(v_hat + epsilon)", "inside the root"),
        ("np.sqrt(v_hat)", "v_hat", "root of v is missing"),
        ("g**2", "np.abs(g)", "absolute gradient"),
        ("(1 - beta1) * g\n", "g\n", "whole gradient"),
        ("p - learning", "p + learning", "uphill"),
        (", m, v\n", ", m_hat, v_hat\n", "corrected m and v are returned"),
        ("    v_hat = v / (1 - beta2**t)", "    v_hat = v", "v is not corrected"),
    ],
    "cosine": [
        ("np.pi * ", "", "pi is missing"),
        ("start / 2", "start", "1/2 is missing"),
        ("(1 + np.cos(np.pi * epoch / epochs))", "np.cos(np.pi * epoch / epochs)", "1 is missing"),
        ("np.cos", "np.sin", "sine"),
        ("1 + np.cos", "1 - np.cos", "rises"),
        ("np.pi * epoch", "2 * np.pi * epoch", "whole wave"),
    ],
    "numeric_gradient": [
        ("(f(w + e) - f(w - e)) / (2 * h)", "(f(w + e) - f(w)) / h", "one-sided"),
        ("/ (2 * h)", "/ h", "twice as large"),
        ("/ (2 * h)", "/ 2 * h", "brackets"),
        (" / (2 * h)", "", "not divided"),
        ("(f(w + e) - f(w - e))", "(f(w - e) - f(w + e))", "sign"),
        ("e[j] = h", "e[:] = h", "all places"),
        ("(f(w + e) - f(w - e))", "(f(w + e) + f(w - e))", "subtract"),
    ],
    "relative_error": [
        (" / (np.linalg.norm(g) + np.linalg.norm(measured))", "", "absolute error"),
        ("(np.linalg.norm(g) + np.linalg.norm(measured))", "np.linalg.norm(measured)",
         "measured length only"),
        ("(np.linalg.norm(g) + np.linalg.norm(measured))", "np.linalg.norm(g)", "g only"),
        ("(np.linalg.norm(g) + np.linalg.norm(measured))", "np.linalg.norm(g + measured)",
         "length of the sum"),
        ("np.linalg.norm(g - measured)", "abs(np.linalg.norm(g) - np.linalg.norm(measured))",
         "a different direction"),
    ],
    "dead_units": [
        (".all(axis=0)", "", "fraction of zeros"),
        ("axis=0", "axis=1", "down the columns"),
        (".all(", ".any(", "off for some"),
        ("np.mean", "sum", "number of dead units"),
        ("(Z <= 0)", "(Z > 0)", "always on"),
        ("np.mean((Z <= 0)", "1 - np.mean((Z <= 0)", "alive"),
    ],
    "clip": [
        ("g if length <= limit else g * limit / length", "np.clip(g, -limit, limit)", "turns"),
        ("g if length <= limit else ", "", "lengthened"),
        ("g * limit / length", "g / length", "becomes 1"),
        ("np.linalg.norm(g)", "np.sum(g**2)", "root is missing"),
        ("np.linalg.norm(g)", "max(abs(g))", "largest entry"),
        ("g * limit / length", "g", "nothing is clipped"),
        ("<=", ">=", "swapped"),
    ],
    "l2_loss": [
        ("l2 / 2", "l2", "1/2 is missing"),
        ("W**2", "W", "not squared"),
        ("np.sum(W**2)", "np.abs(W).sum()", "absolute values"),
        ("np.sum", "np.mean", "take their sum"),
        ("loss + ", "", "only the penalty"),
        ("loss +", "loss -", "subtracted"),
    ],
    "l2_gradient": [
        ("l2 * W", "2 * l2 * W", "twice as large"),
        ("l2 * W", "l2 / 2 * W", "half as large"),
        ("dW + ", "", "gradient of the loss is missing"),
        ("l2 * W", "l2 * np.sign(W)", "L1"),
        ("dW + l2", "dW - l2", "sign of the penalty"),
        ("    return dW + l2 * W", "    dW += l2 * W\n    return dW", "changes its argument dW"),
    ],
    "dropout": [
        (" / (1 - rate)", "", "not divided by (1 - rate)"),
        ("/ (1 - rate)", "/ rate", "divide by (1 - rate)"),
        ("/ (1 - rate)", "* (1 - rate)", "multiplied by (1 - rate)"),
        (">= rate", "< rate", "is kept"),
        ("    if not training:\n        return A\n", "", "training is False"),
        ("if not training", "if training", "nothing is dropped"),
        ("A.shape)", "A.shape[1])", "same units"),
        ("rng.random", "np.random.default_rng(0).random", "use `rng`"),
        ("(rng.random(A.shape) >= rate)", "rng.random(A.shape)", "random numbers"),
    ],
    "early_stopping": [
        (">= patience", "> patience", "too patient"),
        (">= patience", ">= patience - 1", "too impatient"),
        ("loss < losses[best]", "loss <= losses[best]", "equal loss"),
        ("loss < losses[best]", "loss > losses[best]", "largest loss"),
        ("return best, epoch", "return epoch, best", "swapped"),
        ("return best, epoch", "return int(np.argmin(losses)), epoch", "future"),
        ("len(losses) - 1", "len(losses)", "len(losses) - 1"),
    ],
    "shift": [
        ("    moved[rows, columns] = image[from_rows, from_columns]\n    return moved",
         "    return np.roll(image, (down, right), (0, 1))", "np.roll"),
        ("height, width = image.shape\n",
         "down, right = right, down\n    height, width = image.shape\n", "swapped"),
        ("moved[rows, columns] = image[from_rows, from_columns]",
         "moved[from_rows, from_columns] = image[rows, columns]", "other way"),
        ("np.zeros_like(image)", "image.copy()", "expected"),
        ("height, width = image.shape\n", "right = 0\n    height, width = image.shape\n",
         "only the rows"),
        ("height, width = image.shape\n", "down = -down\n    height, width = image.shape\n",
         "up and down"),
    ],
    "vote": [
        ("votes.argmax(axis=1)", "K - 1 - votes[:, ::-1].argmax(axis=1)", "higher class"),
        ("votes.argmax(axis=1)", "np.rint(predictions.mean(axis=0))", "mean of the class numbers"),
        ("votes.argmax(axis=1)", "predictions[0]", "first network"),
        ("votes.argmax(axis=1)", "votes.max(axis=1)", "number of votes"),
        ("votes.argmax(axis=1)", "votes.argmin(axis=1)", "fewest"),
        ("votes.argmax(axis=1)", "votes", "still there"),
    ],
    "ensemble": [
        ("P.mean(axis=0)", "P.sum(axis=0)", "that is the sum"),
        ("P.mean(axis=0)", "P.max(axis=0)", "largest probability"),
        ("P.mean(axis=0)", "np.exp(np.mean(np.log(P), axis=0))", "geometric"),
        ("P.mean(axis=0)", "P[0]", "first network alone"),
        ("mean.argmax(axis=1)", "mean.argmax(axis=0)", "over the examples"),
        ("P.mean(axis=0)", "P.mean(axis=1)", "over the examples"),
    ],
    "layer": [
        (" + b", "", "bias is missing"),
        ("+ b", "- b", "subtracted"),
        ("X @ W + b", "np.maximum(0, X @ W + b)", "activation is not part"),
        ("X @ W + b", "(W.T @ X.T + b[:, None])", "in columns"),
        ("X @ W + b",
         "np.array([[sum(x * w for x, w in zip(r, c)) for c in W.T] for r in X]) + b",
         "Python loop"),
        ("X @ W + b", "X @ W * b", "multiplies"),
    ],
    "distances": [
        ("- 2 * X", "- X", "factor 2"),
        ("- 2 * X", "+ 2 * X", "added"),
        (" + (Y**2).sum(axis=1)", "", "|Y[j]|^2 is missing"),
        ("(X**2).sum(axis=1)[:, None]", "0", "|X[i]|^2 is missing"),
        ("(X**2).sum(axis=1)[:, None] - 2 * X @ Y.T + (Y**2).sum(axis=1)",
         "abs(X[:, None] - Y).sum(2)", "absolute differences"),
        ("(X**2).sum(axis=1)[:, None] - 2 * X @ Y.T + (Y**2).sum(axis=1)",
         "((Y[:, None] - X) ** 2).sum(-1)", "transposed"),
    ],
    "relu_float32": [
        (".astype(np.float32)", "", "float64"),
        ("np.maximum(X @ W + b.astype(np.float32), 0)", "X @ W + b.astype(np.float32)",
         "ReLU is missing"),
        (" + b.astype(np.float32)", "", "bias is missing"),
        ("np.maximum(X @ W + b.astype(np.float32), 0)",
         "np.maximum(X @ W, 0) + b.astype(np.float32)", "after the ReLU"),
        ("np.float32", "np.float16", "numbers are wrong"),
        (", 0)", ", 0).T", "shape"),
    ],
    "sgd_in_place": [
        ("p -= learning_rate * g", "p = p - learning_rate * g", "p itself does not change"),
        ("-=", "+=", "uphill"),
        ("learning_rate * g\n", "g\n", "learning rate is not used"),
        ("p -= learning_rate * g", "p[:] = learning_rate * g", "old p is lost"),
        ("p -= learning_rate * g", "p[0] -= learning_rate * g[0]", "first entry"),
        ("* g\n", "* g\n    g[:] = 0\n", "changes its argument g"),
    ],
}  # fmt: skip

FORWARD = [
    ("np.maximum({z}1, 0)", "{z}1", "ReLU is missing"),
    (" + b1", "", "b1 is missing"),
    (" + b2", "", "b2 is missing"),
    ("{a}1 @ W2", "{z}1 @ W2", "{z}1 instead of {a}1"),
    ("np.maximum({z}1, 0)", "1 / (1 + np.exp(-{z}1))", "sigmoid in the hidden layer"),
]

EXERCISES = {
    (lesson.number, exercise.name): (lesson, exercise)
    for lesson in map(load_lesson, LESSONS)
    for exercise in lesson.exercises
}


def planted():
    for (number, name), (lesson, exercise) in EXERCISES.items():
        if name == "forward":
            z, a = ("z", "a") if number == 4 else ("Z", "A")
            rows = [tuple(text.format(z=z, a=a) for text in row) for row in FORWARD]
        else:
            rows = PLANTED[name]
        for old, new, expected in rows:
            yield pytest.param(
                lesson, exercise, old, new, expected, id=f"{number}-{name}-{expected}"
            )


def body(text, name):
    """Start and end of the code of a function, below its docstring."""
    begin = text.index(f"\ndef {name}(")
    begin = text.index('    """\n', text.index('"""', begin) + 3) + 8
    end = text.find("\n\n\ndef ", begin)
    return begin, len(text) if end < 0 else end + 1


def finding_of(lesson, exercise, text, tmp_path):
    path = tmp_path / f"{lesson.module}.py"
    path.write_text(text, "utf-8")
    function = getattr(load(path), exercise.name)
    cases = cases_of(exercise)
    outcomes = []
    for case in cases:
        outcomes.append(call(function, case.arguments, exercise.in_place))
        if outcomes[-1].error:
            break
    return judge(exercise, cases, outcomes)


@pytest.mark.parametrize(("lesson", "exercise", "old", "new", "expected"), list(planted()))
def test_a_planted_mistake_is_named(lesson, exercise, old, new, expected, tmp_path):
    text = answer_key(lesson)
    begin, end = body(text, exercise.name)
    code = text[begin:end]
    assert old in code
    changed = text[:begin] + code.replace(old, new) + text[end:]

    finding = finding_of(lesson, exercise, changed, tmp_path)

    assert finding.status == WRONG
    assert expected in finding.message


@pytest.mark.parametrize(
    ("lesson", "exercise"), list(EXERCISES.values()), ids=lambda v: getattr(v, "name", "")
)
def test_every_exercise_has_five_planted_mistakes(lesson, exercise, tmp_path):
    rows = FORWARD if exercise.name == "forward" else PLANTED[exercise.name]

    assert len(rows) >= 5
    assert finding_of(lesson, exercise, answer_key(lesson), tmp_path).status == RIGHT
