"""Functions with a list of pairs: examples in rows, W (out, in), scores as outputs, Xavier."""

import numpy as np


def make_model(layer_dims, seed=0):
    rng = np.random.RandomState(seed)
    model = []
    for fan_in, fan_out in zip(layer_dims, layer_dims[1:]):
        limit = np.sqrt(6 / (fan_in + fan_out))
        model.append((rng.uniform(-limit, limit, (fan_out, fan_in)), np.zeros(fan_out)))
    return model


def log_softmax(scores):
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def model_forward(model, inputs):
    hidden_states = [inputs]
    pre_activations = []
    for W, b in model:
        pre_activations.append(hidden_states[-1] @ W.T + b)
        hidden_states.append(np.maximum(pre_activations[-1], 0.0))
    logits = pre_activations[-1]
    return logits, (hidden_states, pre_activations)


def cross_entropy_loss(logits, targets):
    return -log_softmax(logits)[np.arange(len(targets)), targets].mean()


def model_backward(model, cache, logits, targets):
    hidden_states, pre_activations = cache
    delta = np.exp(log_softmax(logits))
    delta[np.arange(len(targets)), targets] -= 1.0
    delta = delta / len(targets)
    grads = []
    for k in range(len(model) - 1, -1, -1):
        W, _ = model[k]
        grads.append((delta.T @ hidden_states[k], delta.sum(axis=0)))
        if k > 0:
            delta = (delta @ W) * (pre_activations[k - 1] > 0)
    return grads[::-1]


def sgd_update(model, grads, learning_rate):
    return [(W - learning_rate * dW, b - learning_rate * db) for (W, b), (dW, db) in zip(model, grads)]


def score(model, inputs, targets):
    logits, _ = model_forward(model, inputs)
    return np.mean(logits.argmax(axis=1) == targets)


def fit_model(model, inputs, targets, num_epochs=10, batch_size=64, learning_rate=0.1):
    rng = np.random.RandomState(1)
    for epoch in range(num_epochs):
        shuffled = rng.permutation(len(inputs))
        for start in range(0, len(inputs), batch_size):
            chosen = shuffled[start:start + batch_size]
            logits, cache = model_forward(model, inputs[chosen])
            grads = model_backward(model, cache, logits, targets[chosen])
            model = sgd_update(model, grads, learning_rate)
        print("epoch", epoch, "accuracy", score(model, inputs, targets))
    return model
