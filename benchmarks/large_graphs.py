"""How long large graphs take to draw: `python benchmarks/large_graphs.py`, or with another number of nodes.

Graphs of a million nodes are drawn folded: a loop over numbers, a network of equal layers that is called again and
again, the sum of very many terms, and numbers that are wired at random, of which most are left out.
"""

import sys
import time

import numpy as np

import nn
from autograd import draw, tensor


def loop(count):
    """Two ops on numbers, again and again."""
    x = tensor(1.0, requires_grad=True, name="x")
    y = x
    for _ in range(count // 2):
        y = y * 0.999 + x
    return y


def network(count):
    """Ten residual layers, which are called again and again."""
    layers = nn.Sequential(*(nn.Linear(3, 3, rng=0) for _ in range(10)))
    y = tensor(np.ones((2, 3), "float32"), requires_grad=True, name="x")
    for _ in range(count // 40):
        for layer in layers:
            y = np.tanh(layer(y)) * 0.5 + y
    return y.sum()


def wide(count):
    """The sum of very many terms, each of two ops on its own number."""
    return np.stack([np.tanh(tensor(0.5, requires_grad=True) * 2) for _ in range(count // 3)]).sum()


def web(count):
    """Ops on two of the last sixty results each, chosen at random; about a third of them is used by no other."""
    rng = np.random.default_rng(0)
    values = [tensor(float(x), requires_grad=True) for x in rng.standard_normal(20)]
    for kind, a, b in rng.integers(0, (3, 60, 60), (count * 3 // 2, 3)):
        a, b = values[-1 - a % len(values)], values[-1 - b % len(values)]
        values.append(np.tanh(a) if kind == 0 else a * b if kind == 1 else a + b)
    return sum(values[-20:])


def main(count):
    """Draw each graph and print the time of the processor, that of the clock, and the message of the picture."""
    for make in (loop, network, wide, web):
        result = make(count)
        start, clock = time.process_time(), time.perf_counter()
        drawing = draw(result, renderer="own")
        assert drawing.svg
        used, passed = time.process_time() - start, time.perf_counter() - clock
        note = "; ".join(drawing.picture.notes)
        print(f"{make.__name__}: {used:.1f} s of the processor, {passed:.1f} s in all; {note}")
        del result, drawing


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000)
