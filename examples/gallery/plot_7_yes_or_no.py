"""
Yes or no: is a tumour malignant?
=================================

For two classes one output is enough: the probability of "yes", by a sigmoid. 569 tumours are
described by 30 measurements of their cells; the table comes with scikit-learn (Wolberg et al.,
1995).
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron

table = load_breast_cancer()
x, malignant = table.data, 1 - table.target  # in the table 0 is malignant
order = np.random.default_rng(0).permutation(len(x))
train, test = order[:400], order[400:]
print(f"{malignant.mean():.0%} of the tumours are malignant")

# %%
# The columns differ by a factor of a thousand (areas and fractions), so they are standardised.

net = MultiLayerPerceptron(
    [InputLayer(30, "standardise"), DenseLayer(16, "relu"), DenseLayer(1, "sigmoid")], seed=0
)
net.fit(
    x[train], malignant[train], epochs=60, batch_size=32, optimizer="adam", learning_rate=0.003,
    l2=0.01, verbose=0,
)  # fmt: skip
print(f"accuracy {net.evaluate(x[test], malignant[test])['accuracy']:.1%} of {len(test)} tumours")

# %%
# Accuracy treats both mistakes alike, and they are not. A malignant tumour that is overlooked is
# worse than a second examination. Where "yes" begins is a choice, and the probabilities leave it to
# you:

probability = net.predict_proba(x[test]).ravel()
is_malignant = malignant[test] == 1
limits = np.linspace(0, 1, 201)
overlooked = [(probability[is_malignant] < limit).mean() for limit in limits]
alarms = [(probability[~is_malignant] >= limit).mean() for limit in limits]
for limit in (0.5, 0.2, 0.05):
    missed = (probability[is_malignant] < limit).sum()
    false = (probability[~is_malignant] >= limit).sum()
    print(f"from {limit:.0%} on: {missed} of {is_malignant.sum()} overlooked, {false} false alarms")

# %%

figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
axes.plot(limits, overlooked, label="malignant, overlooked")
axes.plot(limits, alarms, label="benign, false alarm")
axes.set(xlabel='probability from which the answer is "yes"', ylabel="fraction")
axes.legend()
plt.show()
