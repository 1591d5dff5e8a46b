"""A transformer that sorts: after five digits it says them again, in order."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.optim.lr_scheduler import LambdaLR

LENGTH, DIGITS = 5, 4


class Sorter(nn.Module):
    def __init__(self, size=16, heads=2, layers=2):
        super().__init__()
        places = 2 * LENGTH - 1
        self.embeddings = nn.ModuleDict({"digit": nn.Embedding(DIGITS, size), "place": nn.Embedding(places, size)})
        layer = nn.TransformerEncoderLayer(size, heads, dim_feedforward=4 * size, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers)
        self.head = nn.Linear(size, DIGITS)
        self.register_buffer("mask", torch.triu(torch.ones((places, places)), 1) > 0)

    def forward(self, x):
        n = x.shape[1]
        hidden = self.embeddings["digit"](x) + self.embeddings["place"](torch.arange(n))
        return self.head(self.encoder(hidden, mask=self.mask[:n, :n]))


def make():
    return Sorter()


def examples(n, rng):
    digits = rng.integers(0, DIGITS, (n, LENGTH))
    return torch.from_numpy(np.concatenate([digits, np.sort(digits)], axis=1))


def right(model, n, rng):
    """The share of sequences that it sorts, one digit after the other."""
    x = examples(n, rng)
    model.eval()
    told = x[:, :LENGTH]
    with torch.no_grad():
        for _ in range(LENGTH):
            following = model(told)[:, -1].argmax(dim=-1)
            told = torch.cat([told, following[:, None]], 1)
    return (told == x).all(1).sum().item() / n


def train(model, steps):
    rng = np.random.default_rng(0)
    optimizer = optim.AdamW(model.parameters(), lr=0.005, weight_decay=0.01)
    scheduler = LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 10))
    losses = []
    model.train()
    for _ in range(steps):
        sequences = examples(16, rng)
        scores = model(sequences[:, :-1])[:, LENGTH - 1 :]
        loss = F.cross_entropy(scores.reshape(-1, DIGITS), sequences[:, LENGTH:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    print(f"loss {losses[-1]:.3f}, sorted {right(model, 100, rng):.0%}")
    return losses


if __name__ == "__main__":
    train(make(), 400)
