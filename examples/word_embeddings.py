"""Word embeddings: words that are used in the same way get similar vectors.

Skip-gram with negative sampling (Mikolov et al., "Distributed representations of words and phrases", NeurIPS 2013) on
sentences from a small grammar. Nobody tells the network which words are animals or foods. It only learns to distinguish
true neighbours from random words. Run it with ``python examples/word_embeddings.py [PICTURE]``.
"""

import re
import sys

import numpy as np

import nn
import optim

KINDS = {"animal": ["cat", "dog", "horse", "goat", "rabbit"], "food": ["bread", "cheese", "apples", "carrots", "soup"],
         "place": ["house", "park", "barn", "field", "yard"], "name": ["ann", "ben", "eva", "dan", "ida"]}  # fmt: skip
GRAMMAR = ["the animal eats food in the place", "name feeds the animal in the place", "name buys food for the animal",
           "the animal sleeps in the place", "name cooks food for name"]  # fmt: skip
NAMED = [word for members in KINDS.values() for word in members]
WORDS = NAMED + sorted({word for line in GRAMMAR for word in line.split()} - KINDS.keys())
WINDOW, NEGATIVE, DIM = 3, 5, 10


def pairs(rng, sentences=3000):
    """The indices of all pairs of words in random sentences that are at most three positions apart."""
    found = []
    for line in rng.choice(GRAMMAR, sentences):
        line = re.sub("|".join(KINDS), lambda kind: rng.choice(KINDS[kind[0]]), line)
        places = [WORDS.index(word) for word in line.split()]
        found += [(a, b) for i, a in enumerate(places) for j, b in enumerate(places) if 0 < abs(i - j) <= WINDOW]
    return np.array(found)


def train(near, rng, epochs=8):
    """Train two vectors for each word, one as itself and one as a neighbour, and return the first kind."""
    vectors, neighbours = (nn.Embedding(len(WORDS), DIM, rng=seed) for seed in (0, 1))
    optimizer = optim.Adam([*vectors.parameters(), *neighbours.parameters()], lr=0.01)
    target = np.eye(1, 1 + NEGATIVE, dtype="float32").repeat(256, axis=0)  # the first one is true
    for _ in range(epochs):
        for (pair,) in nn.data.Loader((near,), batch_size=256, shuffle=True, seed=rng):
            candidates = np.hstack([pair[:, 1:], rng.integers(0, len(WORDS), (len(pair), NEGATIVE))])
            scores = np.einsum("nd,nkd->nk", vectors(pair[:, 0]), neighbours(candidates))
            optimizer.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(scores, target[: len(pair)]).backward()
            optimizer.step()
    return vectors.weight.numpy()[: len(NAMED)]


def draw(path, vectors):
    """Draw the vectors along the two directions in which they vary most."""
    import matplotlib.pyplot as plt

    x, y = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)[2][:2] @ vectors.T
    figure, axes = plt.subplots(figsize=(6.5, 4.5), layout="constrained")
    axes.scatter(x, y, c=np.arange(len(NAMED)) // 5, cmap="tab10", vmax=9)
    for i, words in enumerate(KINDS.values()):
        center = x[5 * i : 5 * i + 5].max(), y[5 * i : 5 * i + 5].mean()
        axes.annotate("\n".join(words), center, xytext=(8, 0), textcoords="offset points", va="center")
    axes.set(xticks=[], yticks=[], xmargin=0.2, ymargin=0.2, title="Words that are used in the same way lie together")
    figure.savefig(path)
    plt.close(figure)


def main(picture="word_embeddings.svg"):
    """Train, and find the four words with the smallest angle to each word."""
    rng = np.random.default_rng(0)
    unit = (vectors := train(pairs(rng), rng)) / np.linalg.norm(vectors, axis=1, keepdims=True)
    nearest = np.argsort(-unit @ unit.T)[:, 1:5]  # the nearest one is the word itself
    print("nearest to cat:", *(NAMED[i] for i in nearest[0]))
    right = np.mean(nearest // 5 == np.arange(len(NAMED))[:, None] // 5)
    print(f"{right:.0%} of the nearest words belong to the same group")
    assert right > 0.9
    draw(picture, vectors)
    print(f"picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
