"""
Look inside a network
=====================

``byhand.figures`` draws what a trained network has learnt. Each figure is a function of the
network, images and labels.
"""

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset
from byhand.figures import confusion_matrix, first_layer_weights, saliency_maps, worst_mistakes

digits = load_dataset("digits")
net = MultiLayerPerceptron(
    [InputLayer(64), DenseLayer(32, "relu"), DenseLayer(10, "softmax")], seed=0
)
net.fit(
    digits.train.images, digits.train.labels,
    epochs=30, batch_size=64, optimizer="adam", verbose=0,
)  # fmt: skip

# %%
# The weights of each unit of the first layer:

first_layer_weights(net)

# %%
# True and predicted classes:

confusion_matrix(net, digits.test)

# %%
# Wrong predictions with the highest confidence:

worst_mistakes(net, digits.test)

# %%
# Pixels that change the prediction most:

saliency_maps(net, digits.test)
