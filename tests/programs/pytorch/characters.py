"""The next letter of a text: a recurrent network, which then writes some by itself."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim

TEXT = (
    "the rain in spain stays mainly in the plain. in hertford, hereford and hampshire hurricanes hardly ever happen. "
    "how kind of you to let me come. the rain in spain stays mainly in the plain. "
) * 6
LETTERS = sorted(set(TEXT))


class Writer(nn.Module):
    def __init__(self, letters, size, hidden):
        super().__init__()
        self.embedding = nn.Embedding(letters, size)
        self.lstm = nn.LSTM(size, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, letters)

    def forward(self, x, state=None):
        out, state = self.lstm(self.embedding(x), state)
        return self.linear(out), state


def make():
    return Writer(len(LETTERS), 12, 32)


def write(model, start, length, rng):
    model.eval()
    text, state, x = start, None, torch.tensor([[LETTERS.index(letter) for letter in start]])
    with torch.no_grad():
        for _ in range(length):
            scores, state = model(x, state)
            drawn = np.argmax(scores[0, -1].numpy() + rng.gumbel(size=len(LETTERS)))
            text += LETTERS[drawn]
            x = torch.tensor([[int(drawn)]])
    return text


def train(model, steps, rows=8, width=16):
    numbers = torch.tensor([LETTERS.index(letter) for letter in TEXT])
    numbers = numbers[: len(numbers) // rows * rows].view(rows, -1)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    losses = []
    while len(losses) < steps:
        model.train()
        state = None
        for start in range(0, numbers.shape[1] - width, width):
            x, y = numbers[:, start : start + width], numbers[:, start + 1 : start + width + 1]
            scores, state = model(x, state)
            state = tuple(part.detach() for part in state)
            loss = F.cross_entropy(scores.reshape(-1, len(LETTERS)), y.reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            losses.append(loss.item())
    print(f"loss {losses[-1]:.3f}: {write(model, 'the ', 40, np.random.default_rng(0))}")
    return losses


if __name__ == "__main__":
    train(make(), 400)
