"""Memory: a replay needs at most what the eager run needs, and thousands of them leave nothing behind."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import autograd
import nn
import optim

NUMBERS = np.random.default_rng(0)
COUNTED = (tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain),)


def training(model, optimizer, shape):
    """A training step, and a batch for it."""
    optimizer, loss_of = optimizer(model.parameters()), nn.CrossEntropyLoss()

    def step(x, y):
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, (NUMBERS.normal(size=shape).astype("f"), NUMBERS.integers(0, 10, shape[0]))


class Last(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(16, 32, rng=0), nn.Linear(32, 10, rng=1)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


def deep():
    layers = [layer for i in range(20) for layer in (nn.Linear(64, 64, rng=i), nn.Tanh())]
    return nn.Sequential(*layers, nn.Linear(64, 10, rng=20))


def convolution():
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 3, rng=0), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, rng=1), nn.BatchNorm2d(16)),
        *(nn.ReLU(), nn.Flatten(), nn.Linear(400, 10, rng=2)),
    )


def normalized():
    return nn.Sequential(
        *(nn.Linear(96, 256, rng=0), nn.GELU(), nn.Dropout(0.1, rng=3), nn.LayerNorm(256)),
        *(nn.Linear(256, 256, rng=1), nn.ReLU(), nn.Linear(256, 10, rng=2)),
    )


def valley(x):
    return np.sum((1.0 - x[:-1]) ** 2 + 100.0 * (x[1:] - x[:-1] ** 2) ** 2)


def curve(x):
    return np.sum(np.tanh(x) * np.exp(-x * x) + np.sin(x))


STEPS = {
    "small": lambda: training(nn.MLP([64, 64, 10], rng=0), lambda p: optim.Adam(p), (32, 64)),
    "wide": lambda: training(nn.MLP([784, 256, 10], rng=0), lambda p: optim.Adam(p), (64, 784)),
    "deep": lambda: training(deep(), lambda p: optim.SGD(p, lr=0.01), (32, 64)),
    "convolution": lambda: training(convolution(), lambda p: optim.SGD(p, lr=0.01, momentum=0.9), (16, 1, 16, 16)),
    "normalized": lambda: training(normalized(), lambda p: optim.AdamW(p), (128, 96)),
    "recurrent": lambda: training(Last(), lambda p: optim.Adam(p), (32, 3, 16)),
    "hessian": lambda: (autograd.hessian(valley), (np.linspace(-1.0, 1.0, 64),)),
    "elementwise": lambda: (autograd.value_and_grad(curve), (np.linspace(-1.0, 1.0, 100_000),)),
}


def peak(function, arguments, calls=8):
    """Bytes of the arrays that are there before a call, with what the call adds to them at its peak."""
    for _ in range(calls):
        result = function(*arguments)
    del result
    gc.collect()
    held = sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(COUNTED).traces)
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    function(*arguments)
    return held + tracemalloc.get_traced_memory()[1] - before


@pytest.mark.parametrize("name", STEPS)
def test_a_replay_needs_at_most_what_eager_needs(name):
    found = []
    for wrapped in (lambda f: f, autograd.compile):
        tracemalloc.start()
        try:
            function, arguments = STEPS[name]()
            function = wrapped(function)
            found.append(peak(function, arguments))
        finally:
            tracemalloc.stop()
    assert function._programs[0].replays, function.explain()
    assert found[1] <= found[0] + 1024  # a few small objects come and go


def test_memory_is_flat_over_thousands_of_replays():
    step, (x, y) = training(nn.MLP([8, 8, 10], rng=0), lambda p: optim.Adam(p), (16, 8))
    compiled = autograd.compile(step)
    shapes = [(x, y), (x[:5], y[:5])]

    def run(times):
        for i in range(times):
            compiled(*shapes[i % 10 == 9])

    run(100)
    tracemalloc.start()
    try:
        run(20)
        gc.collect()
        objects, memory = len(gc.get_objects()), tracemalloc.get_traced_memory()[0]
        run(3000)
        gc.collect()
        assert len(gc.get_objects()) - objects < 20
        assert tracemalloc.get_traced_memory()[0] - memory < 4000
    finally:
        tracemalloc.stop()
    assert sum(program.replays for program in compiled._programs) > 3000


def test_no_argument_and_no_gradient_is_kept():
    model = nn.MLP([8, 8, 10], rng=0)
    step, (x, y) = training(model, lambda p: optim.SGD(p, lr=0.1), (16, 8))
    compiled = autograd.compile(step)
    held = []
    for i in range(12):
        n = 16 if i % 4 else 7
        arguments = x[:n].copy(), y[:n].copy()
        compiled(*arguments)
        held += [weakref.ref(a) for a in (*arguments, *(p.grad for p in model.parameters()))]
    del arguments
    gc.collect()
    assert [r() for r in held if r() is not None and all(r() is not p.grad for p in model.parameters())] == []


def test_clear_gives_memory_back():
    compiled = autograd.compile(autograd.hessian(valley))
    x = np.linspace(-1.0, 1.0, 80)
    tracemalloc.start()
    try:
        start = tracemalloc.get_traced_memory()[0]
        for _ in range(6):
            compiled(x)
        assert compiled._programs[0].bytes > 20_000
        compiled.clear()
        gc.collect()
        held = sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(COUNTED).traces)
        assert held < 2000, start
    finally:
        tracemalloc.stop()
