"""
Too few images
==============

With 100 training images a network learns them by heart: the training loss falls and the validation
loss rises. An L2 penalty keeps the weights small.
"""

import matplotlib.pyplot as plt

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset

digits = load_dataset("digits")
images, labels = digits.train.images, digits.train.labels
figure, panels = plt.subplots(1, 2, figsize=(8, 3.5), layout="constrained", sharey=True)

for axes, l2 in zip(panels, (0.0, 0.02), strict=True):
    net = MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(100, "relu"), DenseLayer(10, "softmax")], seed=0
    )
    history = net.fit(
        images[:100], labels[:100], validation_data=(images[100:600], labels[100:600]),
        epochs=150, batch_size=20, optimizer="adam", l2=l2, verbose=0,
    )  # fmt: skip
    axes.plot(history["loss"], label="training")
    axes.plot(history["val_loss"], label="validation")
    axes.set(title=f"l2 = {l2}", xlabel="epoch", ylabel="loss")

panels[0].legend()
plt.show()
