"""The table of all modules and losses: how to make each, what to feed it, and what plain NumPy makes of that.

`test_every_module.py` sends every case through one suite, and fails for a module of `nn` that has no case here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import nn
from autograd import OperandError
from nn import LabelError, LossShapeError

# --- plain NumPy --------------------------------------------------------------------------------------------------


def linear(state, x, name=""):
    z = x @ state[f"{name}weight"].T
    return z + state[f"{name}bias"] if f"{name}bias" in state else z


def relu(x):
    return np.where(x > 0, x, 0.0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


def mlp(state, x, *, hidden=relu, output=lambda z: z):
    for name in ("0.", "2."):
        x = hidden(linear(state, x, name))
    return output(linear(state, x, "4."))


def cross_entropy(state, logits, labels):
    p = softmax(np.moveaxis(logits, 1, -1))
    return -np.log(np.take_along_axis(p, labels[..., None], -1)[..., 0])


def binary_cross_entropy(state, x, t):
    return -t * np.log(sigmoid(x)) - (1 - t) * np.log(1 - sigmoid(x))


# --- inputs for a batch of n --------------------------------------------------------------------------------------


def numbers(*shape):
    """Normal numbers, none so near 0 that a kink would disturb finite differences."""

    def make(rng, n):
        x = rng.normal(size=(n, *shape))
        return (np.where(np.abs(x) < 0.05, 0.5, x),)

    return make


def pair(*shape):
    return lambda rng, n: (rng.normal(size=(n, *shape)), rng.normal(size=(n, *shape)))


def answers(*shape):
    return lambda rng, n: (rng.normal(size=(n, *shape)), rng.uniform(0, 1, size=(n, *shape)))


def classes(count, *shape):
    return lambda rng, n: (rng.normal(size=(n, count, *shape)), rng.integers(0, count, (n, *shape)))


# --- the table ----------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """One way to make a module."""

    name: str
    make: Callable[[], nn.Module]
    inputs: Callable[[np.random.Generator, int], tuple[Any, ...]]  # of a batch of n
    reference: Callable[..., Any]  # of the state as a dict of arrays, and the inputs
    repr: str
    torch: str = ""  # the same in PyTorch, where there is no other reading of "the same"
    # What is refused: inputs, the error, a part of the message.
    bad: list[tuple[tuple[Any, ...], type[Exception], str]] = field(default_factory=list)
    empty: bool = True  # whether a batch of 0 is allowed
    reduces: bool = False  # whether the output has no axis of samples

    def __str__(self):
        return self.name


def losses(name, make, inputs, reference, bad):
    """The three reductions of a loss."""
    for reduction, reduce in (("mean", np.mean), ("sum", np.sum), ("none", lambda x: x)):
        yield Case(
            f"{name}-{reduction}",
            lambda reduction=reduction: make(reduction=reduction),
            inputs,
            lambda *given, reduce=reduce: reduce(reference(*given)),
            f"{make.__name__}({'' if reduction == 'mean' else f'reduction={reduction!r}'})",
            torch=f"nn.{make.__name__}(reduction={reduction!r})",
            bad=bad,
            empty=reduction != "mean",
            reduces=reduction != "none",
        )


PAIR_ERRORS = [
    ((np.zeros((4, 1)), np.zeros(4)), LossShapeError, "target.reshape(4, 1)"),
    ((np.zeros(4), np.zeros((4, 1))), LossShapeError, "target.reshape(4)"),
    ((np.zeros((4, 2)), np.zeros((4, 3))), LossShapeError, "one target for each entry"),
    ((np.zeros((4, 2)), np.zeros(())), LossShapeError, "has shape (4, 2), but the target has shape ()"),
]

CLASS_ERRORS = [
    ((np.zeros((4, 3)), np.array([0, 1, 2, 3])), LabelError, "label 3 at index (3,) is not among the 3 classes 0 .. 2"),
    ((np.zeros((4, 3)), np.array([0, -1, 2, 0])), LabelError, "label -1 at index (1,)"),
    ((np.zeros((2, 3)), np.array([0, 200], np.uint8)), LabelError, "label 200"),
    ((np.zeros((4, 3)), np.zeros(4)), LabelError, "integers, not float64. Pass labels.astype(int)"),
    ((np.zeros((4, 3)), np.zeros((4, 3))), LabelError, "For one-hot rows pass labels.argmax(axis=1)"),
    ((np.zeros((4, 3)), np.zeros((4, 3), int)), LossShapeError, "for one-hot rows pass labels.argmax(axis=1)"),
    ((np.zeros((4, 3)), np.zeros((4, 1), int)), LossShapeError, "pass labels.reshape(4)"),
    ((np.zeros((4, 3)), np.zeros(5, int)), LossShapeError, "(4, 3) do not go with labels of shape (5,)"),
    ((np.zeros((4, 3, 2)), np.zeros(4, int)), LossShapeError, "without the axis of the classes"),
    ((np.zeros(()), np.array(0)), LossShapeError, "logits of shape ()"),
    ((np.zeros((4, 0)), np.zeros(4, int)), LabelError, "label 0 at index (0,) is not among the 0 classes"),
]

LINEAR_ERRORS = [
    (
        (np.zeros((2, 4)),),
        OperandError,
        "Linear(3, 2) needs 3 numbers on the last axis of its input, which has shape (2, 4)",
    ),
    ((np.zeros((3, 5)),), OperandError, "pass x.T"),
    ((np.zeros((5, 3, 1)),), OperandError, "x.reshape(len(x), 3)"),
    ((np.zeros(()),), OperandError, "shape ()"),
]

CASES = [
    Case(
        "Linear",
        lambda: nn.Linear(3, 2),
        numbers(3),
        linear,
        "Linear(in_features=3, out_features=2, bias=True)",
        torch="nn.Linear(3, 2)",
        bad=LINEAR_ERRORS,
    ),
    Case(
        "Linear-no-bias",
        lambda: nn.Linear(3, 2, bias=False),
        numbers(3),
        linear,
        "Linear(in_features=3, out_features=2, bias=False)",
        torch="nn.Linear(3, 2, bias=False)",
        bad=LINEAR_ERRORS,
    ),
    Case(
        "Linear-stack",
        lambda: nn.Linear(3, 2),
        numbers(4, 3),
        linear,
        "Linear(in_features=3, out_features=2, bias=True)",
    ),
    Case("ReLU", nn.ReLU, numbers(3, 2), lambda s, x: relu(x), "ReLU()", torch="nn.ReLU()"),
    Case("Tanh", nn.Tanh, numbers(3), lambda s, x: np.tanh(x), "Tanh()", torch="nn.Tanh()"),
    Case("Sigmoid", nn.Sigmoid, numbers(3), lambda s, x: sigmoid(x), "Sigmoid()", torch="nn.Sigmoid()"),
    Case("Softmax", nn.Softmax, numbers(3), lambda s, x: softmax(x), "Softmax(axis=-1)", torch="nn.Softmax(dim=-1)"),
    Case(
        "Softmax-dim",
        lambda: nn.Softmax(dim=1),
        numbers(3, 2),
        lambda s, x: softmax(x, 1),
        "Softmax(axis=1)",
        torch="nn.Softmax(dim=1)",
    ),
    Case(
        "Sequential",
        lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2)),
        numbers(3),
        lambda s, x: mlp(s, x, hidden=np.tanh),
        "Sequential(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): Tanh()\n"
        "  (2): Linear(in_features=4, out_features=4, bias=True)\n"
        "  (3): Tanh()\n"
        "  (4): Linear(in_features=4, out_features=2, bias=True)\n"
        ")",
        torch="nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))",
        bad=[((np.zeros((2, 5)),), OperandError, "in module 0: Linear(in_features=3")],
    ),
    Case("Sequential-empty", nn.Sequential, numbers(3), lambda s, x: x, "Sequential()"),
    Case(
        "MLP",
        lambda: nn.MLP([3, 4, 4, 2]),
        numbers(3),
        mlp,
        "MLP(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): ReLU()\n"
        "  (2): Linear(in_features=4, out_features=4, bias=True)\n"
        "  (3): ReLU()\n"
        "  (4): Linear(in_features=4, out_features=2, bias=True)\n"
        ")",
        torch="nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))",
        bad=[((np.zeros((2, 5)),), OperandError, "in module 0: Linear(in_features=3")],
    ),
    Case(
        "MLP-output",
        lambda: nn.MLP([3, 4, 4, 2], activation=nn.Tanh, output_activation="sigmoid"),
        numbers(3),
        lambda s, x: mlp(s, x, hidden=np.tanh, output=sigmoid),
        "MLP(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): Tanh()\n"
        "  (2): Linear(in_features=4, out_features=4, bias=True)\n"
        "  (3): Tanh()\n"
        "  (4): Linear(in_features=4, out_features=2, bias=True)\n"
        "  (5): Sigmoid()\n"
        ")",
    ),
    *losses("MSELoss", nn.MSELoss, pair(3), lambda s, x, t: (x - t) ** 2, PAIR_ERRORS),
    *losses(
        "BCEWithLogitsLoss",
        nn.BCEWithLogitsLoss,
        answers(3),
        binary_cross_entropy,
        [
            *PAIR_ERRORS,
            ((np.zeros(2), np.array([-1.0, 1.0])), LabelError, "Labels -1 and 1 become 0 and 1 by (target + 1) / 2"),
            ((np.zeros(2), np.array([0.0, np.nan])), LabelError, "from nan to nan"),
            ((np.zeros(2), np.array([0, 2])), LabelError, "from 0.0 to 2.0"),
        ],
    ),
    *losses("CrossEntropyLoss", nn.CrossEntropyLoss, classes(4), cross_entropy, CLASS_ERRORS),
    *losses("CrossEntropyLoss-pixels", nn.CrossEntropyLoss, classes(3, 2, 2), cross_entropy, []),
]


# --- what must be in it -------------------------------------------------------------------------------------------


def modules_of_nn(base=nn.Module):
    """Every public module class that `nn` defines."""
    for cls in base.__subclasses__():
        if cls.__module__.partition(".")[0] == "nn" and not cls.__name__.startswith("_"):
            yield cls
        yield from modules_of_nn(cls)


def without_case(found, cases):
    """The names of module classes that no case makes."""
    made = {type(case.make()) for case in cases}
    return sorted(cls.__name__ for cls in set(found) - made)
