"""The next value of a noisy wave: an LSTM on windows, and a forecast that feeds itself."""

import numpy as np

import nn
import optim
from autograd import no_grad, tensor
from nn.data import DataLoader, TensorDataset
from optim.lr_scheduler import ReduceLROnPlateau

WINDOW = 12


class Forecaster(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.lstm = nn.LSTM(input_size=1, hidden_size=hidden, num_layers=2, batch_first=True)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, x):
        out, (state, _) = self.lstm(x)
        assert out.shape[-1] == state.shape[-1]
        return self.linear(out[:, -1])


def make():
    return Forecaster()


def forecast(model, window, n):
    model.eval()
    with no_grad():
        for _ in range(n):
            value = model(window[None, -WINDOW:])
            window = np.concatenate([window, value])
    return window[-n:, 0]


def train(model, steps):
    rng = np.random.default_rng(0)
    t = np.arange(300)
    wave = tensor((np.sin(t / 4.0) + rng.normal(0.0, 0.05, 300)).astype("float32"))[:, None]
    windows = np.stack([wave[i : i + WINDOW] for i in range(200)])
    train_set = TensorDataset(windows, wave[WINDOW : 200 + WINDOW])
    order = [i for _ in range(20) for i in rng.permutation(200).tolist()]
    loader = DataLoader(train_set, batch_size=20, sampler=order)
    criterion = nn.MSELoss()
    optimizer = optim.RMSprop(model.parameters(), lr=0.005)
    scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=3)
    losses = []
    model.train()
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if len(losses) % 10 == 0:
            scheduler.step(np.mean(losses[-10:]))
        if len(losses) == steps:
            break
    error = (forecast(model, wave[:212], 40) - wave[212:252, 0]).abs().mean()
    print(f"loss {losses[-1]:.4f}, error of a forecast {error.item():.3f}, rate {optimizer.param_groups[0]['lr']:.5f}")
    return losses


if __name__ == "__main__":
    train(make(), 200)
