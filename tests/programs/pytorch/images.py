"""Which digit an image shows: a convolutional network."""

import numpy as np
import torch
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset, Sampler, Subset

# Ten digits of 5 rows, each an octal digit of three pixels.
FONT = ("75557", "26227", "71747", "71717", "55711", "74717", "74757", "71111", "75757", "75717")


class Digits(Dataset):
    """Images of 8 x 8 with a digit somewhere, and noise."""

    def __init__(self, n, rng):
        self.images = rng.normal(0.0, 0.1, (n, 1, 8, 8)).astype("float32")
        self.labels = rng.integers(0, 10, n)
        for image, label in zip(self.images, self.labels, strict=True):
            top, left = rng.integers(0, 4), rng.integers(0, 6)
            pixels = [[int(row) >> k & 1 for k in (2, 1, 0)] for row in FONT[label]]
            image[0, top : top + 5, left : left + 3] += np.array(pixels)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.images[i], self.labels[i]


class Shuffled(Sampler):
    """A new order for each epoch."""

    def __init__(self, n, rng):
        self.n = n
        self.rng = rng

    def __iter__(self):
        return iter(self.rng.permutation(self.n).tolist())

    def __len__(self):
        return self.n


def make():
    return nn.Sequential(
        nn.Conv2d(1, 8, kernel_size=3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.0),
        nn.Linear(64, 10),
    )


def accuracy(model, loader):
    model.eval()
    right = 0
    with torch.no_grad():
        for images, labels in loader:
            predictions = model(images).argmax(dim=1)
            right += (predictions == labels).sum().item()
    return right / len(loader.dataset)


def train(model, steps):
    rng = np.random.default_rng(0)
    data = Digits(640, rng)
    order = rng.permutation(len(data)).tolist()
    loader = DataLoader(Subset(data, order[:512]), batch_size=32, sampler=Shuffled(512, rng), num_workers=0)
    test = DataLoader(Subset(data, order[512:]), batch_size=64)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    scheduler = StepLR(optimizer, step_size=5, gamma=0.5)
    losses = []
    while len(losses) < steps:
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        print(f"{len(losses)} steps, loss {losses[-1]:.3f}, accuracy {accuracy(model, test):.3f}")
    return losses


if __name__ == "__main__":
    train(make(), 200)
