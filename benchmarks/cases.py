"""Shapes that users bring: layers, ops, derivatives and minimizations, each written once for chainrule and PyTorch.

A case gets the library that it is to use, as its peer describes it (``LIBRARY`` in ``peers/chainrule.py`` and
``peers/pytorch.py``): its functions of arrays as ``xp``, and ``nn`` and ``optim``, whose names are the same.
"""

# ruff: noqa: D103 - what a case is stands in its decorator

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from workloads import Task

EXACT, FLOAT = 1e-9, 2e-4  # how far values may lie apart: in float64, in float32
RANDOM = float("inf")  # with dropout, every library draws its own numbers


@dataclass(frozen=True)
class Case:
    """Something to time: what makes it, what it is, and what is promised of it."""

    make: Callable[[Any], Task | None]
    about: str
    rtol: float
    promise: float | None  # the time of chainrule is at most so many times that of PyTorch


CASES: dict[str, Case] = {}


def case(about: str, *, promise: float | None = None, rtol: float = FLOAT) -> Callable[[Any], Any]:
    """Put a function of a library into the table of cases."""

    def put(make: Callable[[Any], Task | None]) -> Callable[[Any], Task | None]:
        CASES[make.__name__] = Case(make, about, rtol, promise)
        return make

    return put


# --- what most cases have in common -------------------------------------------------------------------------------


def normal(name: str, *shape: int, kind: str = "float32", scale: float = 1.0) -> Any:
    """Random numbers that depend on the name alone."""
    return (np.random.default_rng(zlib.crc32(name.encode())).normal(0, 1, shape) * scale).astype(kind)


def integers(name: str, high: int, *shape: int) -> Any:
    """Random integers from 0 to below ``high``."""
    return np.random.default_rng(zlib.crc32(name.encode())).integers(0, high, shape)


def started(lib: Any, model: Any) -> Any:
    """The model with the same start values in every library; norms keep their ones and zeros."""
    for name, p in model.named_parameters():
        if p.ndim > 1 or "norm" not in name:
            lib.set(p, normal(name, *p.shape, kind=lib.kind(p), scale=0.15))
    return model


def gradients(lib: Any, loss: Callable[[], Any], leaves: list[Any]) -> Task:
    """Forward and backward; compared are the loss and the sums of the absolute values of all gradients."""

    def step() -> Any:
        for p in leaves:
            p.grad = None
        value = loss()
        value.backward()
        return value

    return Task(step, lambda value: [lib.total(value), *[lib.total(p.grad) for p in leaves]])


def layer(lib: Any, model: Any, x: Any, pick: Callable[[Any], Any] = lambda out: out) -> Task:
    """The gradients of a layer's parameters and of its input; the loss weighs the outputs with random numbers."""
    leaf = lib.leaf(x)
    weights = lib.array(normal("weights of the loss", *pick(model(leaf)).shape))
    return gradients(lib, lambda: (pick(model(leaf)) * weights).sum(), [*model.parameters(), leaf])


def training(lib: Any, model: Any, x: Any, y: Any, loss_function: Any) -> Task:
    """The usual step with Adam; compared is the first loss."""
    parameters = list(model.parameters())
    start = [lib.numpy(p).copy() for p in parameters]
    x, y = lib.array(x), lib.array(y)
    optimizer = lib.optim.Adam(parameters, lr=1e-3)
    forget = lib.forgetting(optimizer)

    def reset() -> None:
        for p, a in zip(parameters, start, strict=True):
            lib.set(p, a.copy())
        forget()

    @lib.prepared
    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Task(step, lambda loss: [lib.total(loss)], reset)


def function(lib: Any, f: Callable[..., Any], *arrays: Any) -> Task:
    """The gradients of a function of arrays by all of them."""
    leaves = [lib.leaf(a) for a in arrays]
    return gradients(lib, lambda: f(*leaves), leaves)


# --- layers ---------------------------------------------------------------------------------------------------------


@case("BatchNorm1d, 256 samples of 128", promise=1.9)
def batch_norm_1d(lib: Any) -> Task:
    return layer(lib, lib.nn.BatchNorm1d(128), normal("x", 256, 128))


@case("BatchNorm2d, 32 images of 16 x 16 with 32 channels", promise=1.1)
def batch_norm_2d(lib: Any) -> Task:
    return layer(lib, lib.nn.BatchNorm2d(32), normal("x", 32, 32, 16, 16))


@case("LayerNorm, 256 samples of 512", promise=2.4)
def layer_norm(lib: Any) -> Task:
    return layer(lib, lib.nn.LayerNorm(512), normal("x", 256, 512))


@case("RMSNorm, 256 samples of 512", promise=1.0)
def rms_norm(lib: Any) -> Task:
    return layer(lib, lib.nn.RMSNorm(512), normal("x", 256, 512))


@case("Dropout, 256 samples of 512", rtol=RANDOM)
def dropout(lib: Any) -> Task:
    return layer(lib, lib.nn.Dropout(0.3), normal("x", 256, 512))


@case("LSTM of 64, 30 steps, 32 sequences", promise=2.0)
def lstm(lib: Any) -> Task:
    return layer(lib, started(lib, lib.nn.LSTM(32, 64)), normal("x", 30, 32, 32), lambda out: out[0])


@case("GRU of 64, 30 steps, 32 sequences", promise=1.0)
def gru(lib: Any) -> Task:
    return layer(lib, started(lib, lib.nn.GRU(32, 64)), normal("x", 30, 32, 32), lambda out: out[0])


@case("RNN of 64, 30 steps, 32 sequences", promise=1.0)
def rnn(lib: Any) -> Task:
    return layer(lib, started(lib, lib.nn.RNN(32, 64)), normal("x", 30, 32, 32), lambda out: out[0])


@case("transformer block of width 64, 32 positions, 16 sequences, causal", promise=1.2)
def transformer_block(lib: Any) -> Task:
    nn = lib.nn
    mask = lib.array(np.where(np.tri(32, dtype=bool), 0.0, -np.inf).astype(np.float32))

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(64), nn.LayerNorm(64)
            self.attention = nn.MultiheadAttention(64, 4, batch_first=True)
            self.up, self.down = nn.Linear(64, 256), nn.Linear(256, 64)
            self.gelu = nn.GELU()

        def forward(self, x: Any) -> Any:
            h = self.norm1(x)
            x = x + self.attention(h, h, h, attn_mask=mask, need_weights=False)[0]
            return x + self.down(self.gelu(self.up(self.norm2(x))))

    return layer(lib, started(lib, Block()), normal("x", 16, 32, 64))


@case("Conv1d, 64 channels, kernel 5, 16 sequences of 256", promise=1.5)
def conv1d(lib: Any) -> Task:
    return layer(lib, started(lib, lib.nn.Conv1d(64, 64, 5, padding=2)), normal("x", 16, 64, 256))


@case("Conv2d, 32 to 64 channels, 3 x 3, 32 images of 16 x 16", promise=2.0)
def conv2d(lib: Any) -> Task:
    return layer(lib, started(lib, lib.nn.Conv2d(32, 64, 3, padding=1)), normal("x", 32, 32, 16, 16))


@case("the same with a single image")
def conv2d_one_image(lib: Any) -> Task:
    return layer(lib, started(lib, lib.nn.Conv2d(32, 64, 3, padding=1)), normal("x", 1, 32, 16, 16))


@case("Conv2d, 64 channels, 1 x 1, 32 images of 16 x 16", promise=1.2)
def conv2d_1x1(lib: Any) -> Task:
    return layer(lib, started(lib, lib.nn.Conv2d(64, 64, 1)), normal("x", 32, 64, 16, 16))


@case("Conv2d, 64 channels each for itself, 3 x 3, 32 images of 16 x 16", promise=4.8)
def conv2d_depthwise(lib: Any) -> Task:
    model = lib.nn.Conv2d(64, 64, 3, padding=1, groups=64)
    return layer(lib, started(lib, model), normal("x", 32, 64, 16, 16))


@case("MaxPool2d of 2 x 2, 32 images of 16 x 16 with 32 channels", promise=1.0)
def max_pool(lib: Any) -> Task:
    return layer(lib, lib.nn.MaxPool2d(2), normal("x", 32, 32, 16, 16))


@case("Embedding, 1,024 rows out of 10,000 of 64", promise=1.6)
def embedding(lib: Any) -> Task:
    model = started(lib, lib.nn.Embedding(10_000, 64))
    rows, weights = lib.array(integers("rows", 10_000, 1024)), lib.array(normal("weights of the loss", 1024, 64))
    return gradients(lib, lambda: (model(rows) * weights).sum(), list(model.parameters()))


@case("CrossEntropyLoss, 256 samples, 1,000 classes", promise=1.4)
def cross_entropy(lib: Any) -> Task:
    loss, x, y = lib.nn.CrossEntropyLoss(), lib.leaf(normal("x", 256, 1000)), lib.array(integers("y", 1000, 256))
    return gradients(lib, lambda: loss(x, y), [x])


# --- training steps with Adam -------------------------------------------------------------------------------------


def float64_parameters() -> list[Any]:
    """What `started` gives the network of the next case."""
    sizes = {"0": (50, 20), "2": (50, 50), "4": (1, 50)}
    shapes = {f"{i}.{name}": s[:n] for i, s in sizes.items() for name, n in (("weight", 2), ("bias", 1))}
    return [normal(name, *shape, kind="float64", scale=0.15) for name, shape in shapes.items()]


@case("20-50-50-1 network, batches of 16, float64", rtol=EXACT)
def mlp_float64(lib: Any) -> Task:
    nn = lib.nn
    model = nn.Sequential(nn.Linear(20, 50), nn.ReLU(), nn.Linear(50, 50), nn.ReLU(), nn.Linear(50, 1))
    model = started(lib, lib.float64(model))
    x, y = normal("x", 16, 20, kind="float64"), normal("y", 16, 1, kind="float64")
    return training(lib, model, x, y, nn.MSELoss())


@case("32-128-128-64-10 network with batch norms and dropout, batches of 256", rtol=RANDOM)
def mlp_batch_norm(lib: Any) -> Task:
    nn = lib.nn
    parts: list[Any] = []
    for n, m in (32, 128), (128, 128), (128, 64):
        parts += [nn.Linear(n, m), nn.BatchNorm1d(m), nn.ReLU(), nn.Dropout(0.2)]
    model = started(lib, nn.Sequential(*parts, nn.Linear(64, 10)))
    return training(lib, model, normal("x", 256, 32), integers("y", 10, 256), nn.CrossEntropyLoss())


@case("two 3 x 3 convolutions with batch norms and pooling, 32 colour images of 32 x 32")
def cnn_batch_norm(lib: Any) -> Task:
    nn = lib.nn
    parts: list[Any] = []
    for n, m in (3, 32), (32, 64):
        parts += [nn.Conv2d(n, m, 3, padding=1), nn.BatchNorm2d(m), nn.ReLU(), nn.MaxPool2d(2)]
    model = started(lib, nn.Sequential(*parts, nn.Flatten(), nn.Linear(4096, 10)))
    return training(lib, model, normal("x", 32, 3, 32, 32), integers("y", 10, 32), nn.CrossEntropyLoss())


@case("four words of 10,000 x 64 and a linear layer, batches of 256")
def embedding_adam(lib: Any) -> Task:
    nn = lib.nn
    model = started(lib, nn.Sequential(nn.Embedding(10_000, 64), nn.Flatten(), nn.Linear(256, 10)))
    return training(lib, model, integers("x", 10_000, 256, 4), integers("y", 10, 256), nn.CrossEntropyLoss())


# --- functions of arrays --------------------------------------------------------------------------------------------


def elementwise(lib: Any, n: int, kind: str = "float64") -> Task:
    """Fifteen lines of tanh, exp, products and quotients."""
    xp = lib.xp

    def f(x: Any, a: Any) -> Any:
        for _ in range(5):
            x = xp.tanh(x * a + 0.5)
            x = x * x - a
            x = xp.exp(-x * x) / (1.0 + a * a)
        return x.sum()

    return function(lib, f, normal("x", n, kind=kind), normal("a", n, kind=kind))


@case("50 elementwise ops on 10 numbers", rtol=EXACT)
def elementwise_10(lib: Any) -> Task:
    return elementwise(lib, 10)


@case("the same on 1,000 numbers", rtol=EXACT)
def elementwise_1000(lib: Any) -> Task:
    return elementwise(lib, 1000)


@case("the same on 100,000 numbers", rtol=EXACT)
def elementwise_1e5(lib: Any) -> Task:
    return elementwise(lib, 100_000)


@case("the same on 100,000 numbers in float32")
def elementwise_1e5_float32(lib: Any) -> Task:
    return elementwise(lib, 100_000, "float32")


def logistic_data() -> tuple[Any, Any]:
    """100 points and their labels."""
    points = normal("points", 100, kind="float64")
    return points, (points + 0.3 * normal("noise", 100, kind="float64") > 0.2).astype(float)


@case("1,000 steps of gradient descent on two numbers, 100 points, as in a lesson", rtol=EXACT)
def logistic_regression(lib: Any) -> Task:
    log = lib.xp.log
    x, y = map(lib.array, logistic_data())

    w, b = lib.leaf(np.array(0.0)), lib.leaf(np.array(0.0))

    @lib.prepared
    def update() -> Any:
        p = (w * x + b).sigmoid()
        loss = -(y * log(p) + (1 - y) * log(1 - p)).mean()
        w.grad = b.grad = None
        loss.backward()
        w.data -= 0.5 * w.grad
        b.data -= 0.5 * b.grad

    def step() -> Any:
        for parameter in w, b:
            lib.set(parameter, np.array(0.0))
        for _ in range(1000):
            update()
        return w, b

    return Task(step, lambda pair: [lib.total(p) for p in pair])


@case("100,000 operations on single numbers", rtol=EXACT)
def scalar_chain_1e5(lib: Any) -> Task:
    def f(x: Any, a: Any, b: Any) -> Any:
        for _ in range(33_333):
            x = x.tanh() * a + b
        return x * x

    return function(lib, f, *(np.array(v) for v in (0.5, 1.0, 1e-3)))


@case("(A @ B)² for 16 pairs of matrices, by einsum", promise=1.0, rtol=EXACT)
def einsum_batched(lib: Any) -> Task:
    arrays = normal("A", 16, 32, 24, kind="float64"), normal("B", 16, 24, 40, kind="float64")
    return function(lib, lambda a, b: (lib.xp.einsum("bij,bjk->bik", a, b) ** 2).sum(), *arrays)


@case('einsum("ij,jkl,li->k") of three arrays', rtol=EXACT)
def einsum_three(lib: Any) -> Task:
    arrays = [normal(str(s), *s, kind="float64") for s in ((30, 20), (20, 25, 15), (15, 30))]
    return function(lib, lambda a, b, c: (lib.xp.einsum("ij,jkl,li->k", a, b, c) ** 2).sum(), *arrays)


@case("solve, 50 x 50", rtol=EXACT)
def solve(lib: Any) -> Task:
    arrays = normal("A", 50, 50, kind="float64") + 10 * np.eye(50), normal("b", 50, kind="float64")
    return function(lib, lambda a, b: (lib.xp.linalg.solve(a, b) ** 2).sum(), *arrays)


@case("Cholesky factor of B Bᵀ + 5, 50 x 50", rtol=EXACT)
def cholesky(lib: Any) -> Task:
    five, weights = lib.array(np.eye(50) * 5), lib.array(normal("weights of the loss", 50, 50, kind="float64"))
    matrix = normal("B", 50, 50, kind="float64")
    return function(lib, lambda b: (lib.xp.linalg.cholesky(b @ b.T + five) * weights).sum(), matrix)


@case("log-likelihood of a Gaussian process, 200 points in three dimensions", promise=1.5, rtol=EXACT)
def gaussian_process(lib: Any) -> Task:
    xp = lib.xp
    y, noise = lib.array(normal("y", 200, kind="float64")), lib.array(np.eye(200) * 0.1)

    def f(x: Any, s: Any) -> Any:
        distances = ((x[:, None, :] - x[None, :, :]) ** 2).sum(-1)
        kernel = xp.exp(-distances / (s * s)) + noise
        factor = xp.linalg.cholesky(kernel)
        return 0.5 * (y * xp.linalg.solve(kernel, y)).sum() + xp.log(xp.diagonal(factor)).sum()

    return function(lib, f, normal("x", 200, 3, kind="float64"), np.array(1.5))


@case("100,000 out of 20,000 numbers, with repetitions", rtol=EXACT)
def gather(lib: Any) -> Task:
    positions = lib.array(integers("positions", 20_000, 100_000))
    return function(lib, lambda x: (x[positions] ** 2).sum(), normal("x", 20_000, kind="float64"))


@case("1,000 entries of a 300 x 400 matrix", rtol=EXACT)
def gather_pairs(lib: Any) -> Task:
    rows, columns = lib.array(integers("rows", 300, 1000)), lib.array(integers("columns", 400, 1000))
    return function(lib, lambda x: (x[rows, columns] ** 2).sum(), normal("x", 300, 400, kind="float64"))


@case("second differences by slices, 100 steps of a heat equation on 200 points", rtol=EXACT)
def slices(lib: Any) -> Task:
    def f(u: Any) -> Any:
        for _ in range(100):
            second = u[2:] - 2.0 * u[1:-1] + u[:-2]
            u = lib.xp.concatenate([u[:1], u[1:-1] + 0.1 * second, u[-1:]])
        return (u * u).sum()

    return function(lib, f, normal("u", 200, kind="float64"))


@case("sort 100,000 numbers", rtol=EXACT)
def sort(lib: Any) -> Task:
    weights = lib.array(normal("weights of the loss", 100_000, kind="float64"))
    return function(lib, lambda x: (lib.sort(x) * weights).sum(), normal("x", 100_000, kind="float64"))


@case("cumulative sums of 100,000 numbers", promise=2.6, rtol=EXACT)
def cumsum(lib: Any) -> Task:
    return function(lib, lambda x: (x.cumsum(0) ** 2).sum(), normal("x", 100_000, kind="float64", scale=0.01))


@case("softmax of 256 rows of 100, written out", rtol=EXACT)
def softmax_rows(lib: Any) -> Task:
    def f(x: Any) -> Any:
        e = lib.xp.exp(x - lib.row_maxima(x))
        return ((e / e.sum(1, keepdims=True)) ** 2).sum()

    return function(lib, f, normal("x", 256, 100, kind="float64"))


# --- derivatives as functions, minimization -----------------------------------------------------------------------


def logistic_loss(lib: Any) -> Callable[[Any], Any]:
    """300 samples, 200 variables."""
    xp = lib.xp
    x, y = lib.array(normal("X", 300, 200, kind="float64") / 5), lib.array(np.sign(normal("y", 300, kind="float64")))
    return lambda w: xp.log(1.0 + xp.exp(-y * (x @ w))).mean() + 0.01 * (w * w).sum()


@case("Jacobian of a network from 50 to 50 numbers", rtol=EXACT)
def jacobian(lib: Any) -> Task:
    tanh = lib.xp.tanh
    w1, w2 = (lib.array(normal(str(s), *s, kind="float64", scale=0.15)) for s in ((100, 50), (50, 100)))
    f, x = lib.jacobian(lambda x: tanh(w2 @ tanh(w1 @ x))), lib.array(normal("x", 50, kind="float64"))
    return Task(lambda: f(x), lambda j: [lib.total(j)])


@case("Hessian of a logistic regression with 200 variables", rtol=EXACT)
def hessian_logistic(lib: Any) -> Task:
    f, w = lib.hessian(logistic_loss(lib)), lib.array(normal("w", 200, kind="float64", scale=0.1))
    return Task(lambda: f(w), lambda h: [lib.total(h)])


@case("Hessian of a network's loss in all of its 151 parameters", promise=0.5, rtol=EXACT)
def hessian_mlp(lib: Any) -> Task:
    tanh = lib.xp.tanh
    x, y = lib.array(normal("X", 64, 10, kind="float64")), lib.array(normal("y", 64, 1, kind="float64"))

    def loss(w: Any) -> Any:
        h = tanh(x @ w[:100].reshape(10, 10) + w[100:110])
        h = tanh(h @ w[110:150].reshape(10, 4))
        return ((h.sum(1, keepdims=True) + w[150] - y) ** 2).mean()

    f, w = lib.hessian(loss), lib.array(normal("w", 151, kind="float64", scale=0.3))
    return Task(lambda: f(w), lambda h: [lib.total(h)])


@case("Hessian of the same regression times a vector", promise=1.3, rtol=EXACT)
def hvp_logistic(lib: Any) -> Task:
    f = logistic_loss(lib)
    w, v = (lib.array(normal(name, 200, kind="float64", scale=0.1)) for name in "wv")
    return Task(lambda: lib.hvp(f, w, v), lambda product: [lib.total(product)])


def rosenbrock(x: Any) -> Any:
    """The valley, in as many variables as one likes."""
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


@case("Rosenbrock's function of 100 variables by L-BFGS, at each library's defaults", rtol=1e-6)
def lbfgs(lib: Any) -> Task:
    return Task(lambda: lib.lbfgs(rosenbrock, np.full(100, -1.0)), lambda value: [1.0 + float(value)])


@case("the same by SciPy's L-BFGS-B, with each library's gradient", rtol=1e-6)
def lbfgs_scipy(lib: Any) -> Task | None:
    try:
        from scipy.optimize import minimize
    except ImportError:
        return None
    f, start = lib.value_and_grad(rosenbrock), np.full(100, -1.0)
    options = {"maxiter": 2000, "maxfun": 5000, "gtol": 1e-7, "ftol": 0}
    return Task(
        lambda: minimize(f, start, jac=True, method="L-BFGS-B", options=options), lambda r: [1.0 + float(r.fun)]
    )
