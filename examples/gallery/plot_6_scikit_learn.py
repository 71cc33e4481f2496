"""
Inside scikit-learn
===================

``byhand.sklearn`` has scikit-learn's ``MLPClassifier`` with what it lacks: here dropout, and the
loss of a validation set beside that of the training set.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from byhand.sklearn import MLPClassifier

X, y = load_digits(return_X_y=True)
X, X_val, y, y_val = train_test_split(X / 16, y, train_size=300, random_state=0)
figure, panels = plt.subplots(1, 2, figsize=(8, 3.5), layout="constrained", sharey=True)

for axes, dropout in zip(panels, (0.0, 0.5), strict=True):
    model = MLPClassifier(
        dropout=dropout, learning_rate_init=0.01, max_iter=60, n_iter_no_change=60, random_state=0
    )
    model.fit(X, y, X_val=X_val, y_val=y_val)
    axes.plot(model.history_["loss"], label="training")
    axes.plot(model.history_["val_loss"], label="validation")
    axes.set(title=f"dropout = {dropout}", xlabel="epoch", ylabel="loss", yscale="log")

panels[0].legend()
plt.show()
