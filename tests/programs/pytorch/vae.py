"""Images from a code of two numbers: a variational autoencoder."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


def crosses(n, rng):
    """Images of 6 x 6 with a row and a column drawn."""
    images = np.zeros((n, 6, 6), "float32")
    images[np.arange(n), rng.integers(0, 6, n)] = 1.0
    images[np.arange(n), :, rng.integers(0, 6, n)] = 1.0
    return images.reshape(n, 36)


class VAE(nn.Module):
    def __init__(self, pixels=36, hidden=32, code=2):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU())
        self.mean = nn.Linear(hidden, code)
        self.log_variance = nn.Linear(hidden, code)
        self.decoder = nn.Sequential(nn.Linear(code, hidden), nn.ReLU(), nn.Linear(hidden, pixels))

    def forward(self, x, noise):
        hidden = self.encoder(x)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        code = mean + noise * torch.exp(0.5 * log_variance)
        return self.decoder(code), mean, log_variance


def make():
    return VAE()


def objective(scores, x, mean, log_variance):
    reconstruction = F.binary_cross_entropy_with_logits(scores, x, reduction="sum")
    divergence = -0.5 * torch.sum(1.0 + log_variance - mean.pow(2) - log_variance.exp())
    return (reconstruction + divergence) / len(x)


def train(model, steps):
    rng = np.random.default_rng(0)
    loader = DataLoader(TensorDataset(torch.from_numpy(crosses(256, rng))), batch_size=32, drop_last=True)
    optimizer = optim.Adam(model.parameters(), lr=0.005)
    losses = []
    while len(losses) < steps:
        for (x,) in loader:
            noise = torch.from_numpy(rng.normal(size=(len(x), 2)).astype("float32"))
            scores, mean, log_variance = model(x, noise)
            loss = objective(scores, x, mean, log_variance)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        image = model.decoder(torch.from_numpy(rng.normal(size=(1, 2)).astype("float32"))).sigmoid()
    print(f"loss {losses[-1]:.3f}", *image.view(6, 6).numpy().round(1), sep="\n")
    return losses


if __name__ == "__main__":
    train(make(), 2000)
