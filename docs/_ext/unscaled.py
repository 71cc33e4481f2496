"""The experiment of lesson 9: a network that gets pixels from 0 to 255."""

# begin
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset
from byhand.evaluation.doctor import Doctor

digits = load_dataset("digits")
x, y = digits.train.images.reshape(-1, 64) / 255, digits.train.labels


def train(factor):
    """Train with inputs of another scale; return the accuracy and what the doctor finds."""
    net = MultiLayerPerceptron(
        [
            InputLayer(64, "none"),
            DenseLayer(10, "relu"),
            DenseLayer(10, "softmax"),
        ],
        weight_init="uniform",
        bias_init="uniform",
        seed=0,
    )
    doctor = Doctor(print_fn=None)
    history = net.fit(
        x * factor, y, epochs=200, batch_size="all", optimizer="sgd", learning_rate=0.1,
        callbacks=[doctor], verbose=0,
    )  # fmt: skip
    return history["accuracy"][-1], doctor
