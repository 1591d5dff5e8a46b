"""How long large graphs take to draw: `python benchmarks/large_graphs.py`, or with another number of nodes.

Graphs of a million nodes are made of a loop over numbers, and of a network of equal layers, and drawn folded.
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


def main(count):
    """Draw each graph and print the time of the processor, that of the clock, and the message of the picture."""
    for make in (loop, network):
        result = make(count)
        start, clock = time.process_time(), time.perf_counter()
        drawing = draw(result, renderer="own")
        assert drawing.svg
        used, passed = time.process_time() - start, time.perf_counter() - clock
        print(
            f"{make.__name__}: {used:.1f} s of the processor, {passed:.1f} s in all; {'; '.join(drawing.picture.notes)}"
        )
        del result, drawing


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000)
