"""What is measured: the settings of every workload, and its data, the same numbers for every peer.

Weights have the layout (out, in). Data is made from fixed seeds, in the process of each peer; that all peers had the
same shows in their losses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

BATCHES = 8  # distinct batches that training goes through in turn


class Task(NamedTuple):
    """What a peer makes of a workload: something to time."""

    step: Callable[[], Any]  # returns when the work is done
    values: Callable[[Any], list[float]]  # from what a step returned: the numbers that must agree between peers
    reset: Callable[[], None] = lambda: None  # back to the start


@dataclass(frozen=True)
class Workload:
    """One training step, or what takes its place. Peers have one function for each kind."""

    kind: str
    losses: int  # so many first losses are compared between the peers,
    rtol: float  # with this tolerance
    sizes: tuple[int, ...] = ()
    batch: int = 0
    activation: str = ""
    optimizer: str = "adam"
    lr: float = 1e-3
    momentum: float = 0.0
    decay: float = 0.0


WORKLOADS = {
    "scalar": Workload("scalar", 3, 1e-6, (2, 16, 16, 1), batch=100, lr=0.1, decay=1e-4),
    "scalar_chain": Workload("scalar_chain", 1, 1e-9, sizes=(10_000,)),
    "mlp_small": Workload("mlp", 20, 2e-4, (64, 64, 10), batch=32, activation="relu"),
    "deep_narrow": Workload("mlp", 20, 1e-3, (*[64] * 21, 10), batch=32, activation="tanh", optimizer="sgd", lr=0.01),
    "mlp_mnist": Workload("mlp", 20, 2e-3, (784, 256, 128, 10), batch=128, activation="relu"),
    "mlp_large": Workload(
        "mlp", 5, 2e-3, (1024, 2048, 2048, 10), batch=256, activation="relu", optimizer="sgd", lr=0.01, momentum=0.9
    ),
    "elementwise": Workload("elementwise", 1, 1e-3, sizes=(1_000_000,)),
    "adam": Workload("adam", 5, 1e-4, sizes=(10, 500, 1000)),
    "hessian": Workload("hessian", 1, 1e-9, sizes=(64,)),
    "cnn": Workload("cnn", 8, 2e-3, batch=64),
}

ABOUT = {
    "scalar": "micrograd's demo: a 2-16-16-1 network of single numbers, 100 samples, hinge loss, weight decay",
    "scalar_chain": "10,000 operations on single numbers: tanh, times a, plus b, repeated",
    "mlp_small": "64-64-10 network, batches of 32, ReLU, Adam",
    "deep_narrow": "20 hidden layers of 64, batches of 32, tanh, SGD",
    "mlp_mnist": "784-256-128-10 network, batches of 128, ReLU, Adam",
    "mlp_large": "1024-2048-2048-10 network, batches of 256, ReLU, SGD with momentum",
    "elementwise": "tanh(x w + b) sigmoid(x) + exp(-x²), summed over a million entries; three gradients",
    "adam": "only the update, of ten matrices of 500 x 1000",
    "hessian": "all second derivatives of the sum of tanh(A x)², 64 variables",
    "cnn": "two 5 x 5 convolutions with ReLU and pooling, one linear layer, 64 images of 28 x 28, Adam",
}

# The third table, beside libraries that compile.
COMPILED = ["mlp_small", "deep_narrow", "mlp_mnist", "hessian", "elementwise", "scalar_chain", "scalar"]
COMPILED += ["mlp_float64", "logistic_regression"]

# What chainrule promises: its time is at most so many times that of the peer.
PROMISES = [
    ("scalar", "micrograd", 0.25),
    ("scalar_chain", "micrograd", 0.5),
    ("scalar_chain", "pytorch", 0.4),
    ("mlp_small", "pytorch", 0.6),
    ("deep_narrow", "pytorch", 0.75),
    ("mlp_mnist", "pytorch", 0.65),
    ("mlp_large", "pytorch", 1.0),
    ("cnn", "pytorch", 1.05),
    ("hessian", "pytorch", 0.25),
]

COMPILED_PROMISES = [  # the same of a compiled step
    ("mlp_small", "pytorch", 0.33),
    ("deep_narrow", "pytorch", 0.43),
    ("hessian", "pytorch", 0.05),
    ("scalar_chain", "pytorch", 0.03),
    ("mlp_mnist", "numpy_by_hand", 1.2),
    ("mlp_float64", "numpy_by_hand", 1.0),
    ("elementwise", "numpy_by_hand", 1.2),
]

Arrays = dict[str, Any]


def data_of(name: str) -> Arrays:
    """The arrays of a workload by name; ``"parameters"`` is a list, weights and biases in turn."""
    w = WORKLOADS[name]
    rng = np.random.default_rng([1234, list(WORKLOADS).index(name)])
    return _DATA[w.kind](w, rng)


def _scalar(w: Workload, rng: np.random.Generator) -> Arrays:
    """Two half circles that interlock, labelled 1 and -1."""
    half = w.batch // 2
    t, u = rng.uniform(0, np.pi, (2, half))
    moons = np.concatenate([np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(u), 0.5 - np.sin(u)], 1)])
    parameters = []
    for n, m in zip(w.sizes, w.sizes[1:], strict=False):
        parameters += [rng.uniform(-1, 1, (m, n)), np.zeros(m)]
    labels = np.repeat([1.0, -1.0], half)
    return {"X": moons + rng.normal(0, 0.1, moons.shape), "Y": labels, "parameters": parameters}


def _scalar_chain(w: Workload, rng: np.random.Generator) -> Arrays:
    return {"start": (0.5, 1.0, 1e-3), "rounds": (w.sizes[0] - 1) // 3}


def _mlp(w: Workload, rng: np.random.Generator) -> Arrays:
    arrays = _batches(w, rng, (w.sizes[0],))
    gain = 2.0 if w.activation == "relu" else 1.5
    for n, m in zip(w.sizes, w.sizes[1:], strict=False):
        arrays["parameters"] += [_normal(rng, (m, n), np.sqrt(gain / n)), np.zeros(m, np.float32)]
    return arrays


def _cnn(w: Workload, rng: np.random.Generator) -> Arrays:
    arrays = _batches(w, rng, (1, 28, 28))
    for shape in (8, 1, 5, 5), (16, 8, 5, 5), (10, 784):
        scale = np.sqrt(2.0 / np.prod(shape[1:]))
        arrays["parameters"] += [_normal(rng, shape, scale), np.zeros(shape[0], np.float32)]
    return arrays


def _batches(w: Workload, rng: np.random.Generator, shape: tuple[int, ...]) -> Arrays:
    """Ten classes: noise around ten centres."""
    labels = rng.integers(0, 10, (BATCHES, w.batch))
    centres = rng.normal(0, 0.1, (10, *shape))
    images = centres[labels] + rng.normal(0, 1, (*labels.shape, *shape))
    return {"X": images.astype(np.float32), "Y": labels, "parameters": []}


def _elementwise(w: Workload, rng: np.random.Generator) -> Arrays:
    return {name: _normal(rng, w.sizes) for name in "xwb"}


def _adam(w: Workload, rng: np.random.Generator) -> Arrays:
    count, *shape = w.sizes
    return {
        "parameters": [_normal(rng, shape, 1e-3) for _ in range(count)],  # small, so that their sum shows the updates
        "gradients": [_normal(rng, shape) for _ in range(count)],
    }


def _hessian(w: Workload, rng: np.random.Generator) -> Arrays:
    (n,) = w.sizes
    return {"A": rng.normal(0, 1, (n, n)) / np.sqrt(n), "x": rng.normal(0, 1, n)}


def _normal(rng: np.random.Generator, shape: Any, scale: float = 1.0) -> Any:
    return (rng.normal(0, 1, shape) * scale).astype(np.float32)


_DATA = {
    "scalar": _scalar,
    "scalar_chain": _scalar_chain,
    "mlp": _mlp,
    "cnn": _cnn,
    "elementwise": _elementwise,
    "adam": _adam,
    "hessian": _hessian,
}


# --- single ops ---------------------------------------------------------------------------------------------------

BINARY = ("add", "multiply", "divide", "matmul")
UNARY = ("tanh", "sigmoid", "relu")
SHAPES: dict[str, tuple[int, ...]] = {"scalar": (), "(10,)": (10,), "(32, 64)": (32, 64)}
CHAIN = 100  # a step applies an op so many times


def op_names(shape: str) -> list[str]:
    """The ops that are measured on operands of a shape."""
    return [op for op in (*BINARY, *UNARY) if op != "matmul" or len(SHAPES[shape]) == 2]


def operands_of(op: str, shape: str) -> tuple[Any, Any]:
    """The operands of a chain whose numbers neither grow nor die out; the second is None for ops of one operand."""
    rng = np.random.default_rng(1234)
    size = SHAPES[shape] or None  # None: a float
    x = rng.uniform(0.5, 1.5, size)
    if op in UNARY:
        return x, None
    if op == "matmul":
        return x, np.linalg.qr(rng.normal(0, 1, (x.shape[1], x.shape[1])))[0]
    return x, rng.uniform(0.9, 1.1, size)


def chain(f: Callable[..., Any], x: Any, w: Any) -> Any:
    """``f(...f(f(x, w), w)..., w)``, or the same without w."""
    if w is None:
        for _ in range(CHAIN):
            x = f(x)
    else:
        for _ in range(CHAIN):
            x = f(x, w)
    return x
