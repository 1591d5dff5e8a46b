"""New classes with layers learned before: their weights come from a safetensors file, and only some of them go on."""

import sys

import numpy as np
from safetensors.numpy import load_file, save_file

import nn
import optim
from autograd import no_grad, tensor
from nn.data import DataLoader, Dataset
from optim.lr_scheduler import CosineAnnealingLR


class Points(Dataset):
    """Points around centres, of classes that are numbered from a first one on."""

    def __init__(self, n, first, classes, rng):
        self.labels = rng.integers(0, classes, n)
        angle = (self.labels + first) * 2.4
        centres = np.stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)], axis=1)
        self.points = (centres + rng.normal(0.0, 0.3, (n, 4))).astype("float32")

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return {"point": self.points[i], "label": self.labels[i]}


class Network(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.body = nn.ModuleList([nn.Linear(4, 24), nn.BatchNorm1d(24), nn.GELU(), nn.Linear(24, 24), nn.Tanh()])
        self.head = nn.Linear(24, classes)

    def forward(self, x):
        for layer in self.body:
            x = layer(x)
        return self.head(x)


def fit(model, parameters, data, steps):
    loader = DataLoader(data, batch_size=16, batch_sampler=None)
    optimizer = optim.AdamW(parameters, lr=0.01, weight_decay=0.05)
    scheduler = CosineAnnealingLR(optimizer, T_max=steps)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    losses = []
    while len(losses) < steps:
        for batch in loader:
            loss = criterion(model(batch["point"]), batch["label"])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
    return losses


def learn(path, steps=100):
    """The layers for four classes, written to a file."""
    model = Network(4)
    fit(model, model.parameters(), Points(320, 0, 4, np.random.default_rng(0)), steps)
    save_file(model.state_dict(), path)


def make(path):
    """A network for six other classes, with all from the file but the head."""
    model = Network(6)
    weights = {name: value for name, value in load_file(path).items() if not name.startswith("head.")}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert sorted(missing) == ["head.bias", "head.weight"]
    assert not unexpected
    return model


def train(model, steps):
    model.train()
    model.body[0].requires_grad_(False)
    model.body[1].requires_grad_(False)
    model.body[1].eval()
    groups = [{"params": model.body[3].parameters(), "lr": 0.001}, {"params": model.head.parameters()}]
    data = Points(320, 4, 6, np.random.default_rng(1))
    losses = fit(model, groups, data, steps)
    model.eval()
    with no_grad():
        scores = model(tensor(data.points))
    right = (scores.numpy().argmax(axis=1) == data.labels).mean()
    print(f"loss {losses[-1]:.3f}, right {right:.3f}")
    return losses


if __name__ == "__main__":
    learn(sys.argv[1])
    train(make(sys.argv[1]), 100)
