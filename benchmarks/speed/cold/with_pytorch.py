"""Train a 784-400-10 network on MNIST with PyTorch; eager mode is faster than compiling here."""

import math

import torch
from idx import read_mnist
from recipe import BATCH_SIZE, EPOCHS, FOLDER, LEARNING_RATE, UNITS
from torch import nn

torch.manual_seed(1)
images, labels = map(torch.from_numpy, read_mnist(FOLDER, "train"))
model = nn.Sequential(nn.Linear(784, UNITS), nn.ReLU(), nn.Linear(UNITS, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
steps = EPOCHS * math.ceil(len(images) / BATCH_SIZE)
done = 0
for _ in range(EPOCHS):
    for rows in torch.randperm(len(images)).split(BATCH_SIZE):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 + math.cos(math.pi * done / steps)) / 2
        outputs = model(images.index_select(0, rows))
        loss = nn.functional.cross_entropy(outputs, labels.index_select(0, rows))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        done += 1

images, labels = map(torch.from_numpy, read_mnist(FOLDER, "t10k"))
with torch.inference_mode():
    print((model(images).argmax(1) == labels).double().mean().item())
