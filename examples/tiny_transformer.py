"""A causal transformer with two blocks and about 50,000 parameters memorises a short text, letter by letter.

    python examples/tiny_transformer.py [LINES]

The model predicts every letter from the letters before it in the same line. Only the beginning of a line is
unpredictable, so the loss falls almost to zero. After training, the model completes each line from its first word.

Vaswani et al., "Attention is all you need", NeurIPS 2017. Layer norm comes before attention and MLP, as in Xiong et
al., "On layer normalization in the transformer architecture", ICML 2020.
"""

import sys
import time

import numpy as np

import nn
import optim
from autograd import no_grad

TEXT = """\
A number goes in, and a number comes out,
but ask it for more than the sum:
each step on the way kept a note of its slope,
in order to know where it had come from.
From the end we walk back, and at every turn
multiply what was noted before;
where two paths have met, their shares are a sum,
no path is forgotten, none counts for more.
So a thousand small weights learn their part of the blame
of one loss, at the price of two ways through the door.
"""
GOAL = 0.08


class TransformerBlock(nn.Module):
    """Causal self-attention, then an MLP at each position, both with a residual connection."""

    def __init__(self, width, heads, rng):
        self.before_attention = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True, rng=rng)
        self.before_perceptron = nn.LayerNorm(width)
        self.perceptron = nn.MLP([width, 4 * width, width], rng=rng)

    def forward(self, x):
        y = self.before_attention(x)
        x = x + self.attention(y, y, y, need_weights=False, is_causal=True)[0]
        return x + self.perceptron(self.before_perceptron(x))


class Transformer(nn.Module):
    """Map letters (N, T) to scores for the next letter (N, T, letters)."""

    def __init__(self, letters, length, width, heads, blocks, rng):
        self.letters = nn.Embedding(letters, width, rng=rng)
        self.positions = nn.Embedding(length, width, rng=rng)
        self.blocks = nn.Sequential(*(TransformerBlock(width, heads, rng) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.scores = nn.Linear(width, letters, rng=rng)

    def forward(self, x):
        x = self.letters(x) + self.positions(np.arange(x.shape[1]))
        return self.scores(self.norm(self.blocks(x)))


def write_on(model, alphabet, line, length):
    """Continue the line with the most probable letter until it ends."""
    with no_grad():
        while len(line) < length and not line.endswith("\n"):
            x = np.array([[alphabet.index(letter) for letter in line]])
            line += alphabet[int(np.argmax(model(x).data[0, -1]))]
    return line.removesuffix("\n")


def main(count):
    """Train until the mean loss per letter is below the goal, then complete every line from its first word."""
    lines = TEXT.splitlines()[:count]
    alphabet = sorted(set("\n".join(lines)) | {"\n"})
    length = max(map(len, lines)) + 1
    # Every line begins and ends with "\n"; the first one marks the start of the line.
    rows = np.array([[alphabet.index(c) for c in f"\n{line}".ljust(length + 1, "\n")] for line in lines])
    x, following = rows[:, :-1], rows[:, 1:]
    counts = np.arange(length) <= [[len(line)] for line in lines]  # False for the padding at the end of a row

    model = Transformer(len(alphabet), length, width=44, heads=4, blocks=2, rng=np.random.default_rng(0))
    total = sum(p.size for p in model.parameters())
    print(f"{counts.sum()} letters, {len(alphabet)} of them different, {total:,} parameters")
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    losses = nn.CrossEntropyLoss(reduction="none")

    start = time.perf_counter()
    for step in range(1, 1001):
        each = losses(model(x).reshape(-1, len(alphabet)), following.reshape(-1))
        loss = each[counts.reshape(-1)].mean()
        if step % 25 == 1 or loss.item() < GOAL:
            print(f"step {step:4}  loss {loss.item():.3f}")
        if loss.item() < GOAL:
            break
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    assert loss.item() < GOAL, loss.item()
    print(f"learned in {step} steps, {time.perf_counter() - start:.0f} s. Completed from the first words:")

    for line in lines:
        first = line.partition(" ")[0]
        written = write_on(model, alphabet, f"\n{first} ", length + 1)[1:]
        print(f"  {written}")
        assert written == line, line


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else len(TEXT.splitlines()))
