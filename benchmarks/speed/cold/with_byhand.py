"""Train a 784-400-10 network on MNIST with byhand."""

from recipe import BATCH_SIZE, EPOCHS, LEARNING_RATE, UNITS

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset

data = load_dataset("mnist")
net = MultiLayerPerceptron(
    [InputLayer(784), DenseLayer(UNITS, "relu"), DenseLayer(10, "softmax")], seed=1
)
net.fit(
    data.train.images,
    data.train.labels,
    epochs=EPOCHS,
    batch_size=BATCH_SIZE,
    optimizer="adam",
    learning_rate=LEARNING_RATE,
    schedule="cosine",
    verbose=0,
)
print(net.evaluate(data.test.images, data.test.labels)["accuracy"])
