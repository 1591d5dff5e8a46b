"""What an item of the checklist is, and how a number in print is compared with one that is computed.

A number is written as it is printed, digit by digit: ``".291027924"`` agrees with what rounds to it. Whole numbers, and
decimals with an equals sign before them (``"=0.5"``), are meant exactly. Several, divided by ``", "``, are an array.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np

PITAS, HU, VISHWAJITH, HWANG, NEWSON = DECKS = ("Pitas", "Hu & Zhu", "Vishwajith", "Hwang", "Newson")
ALL = DECKS

# What the checklist has, by section. The page of docs/lectures.md and its test go by this list, not by what is there.
SECTIONS: dict[str, tuple[str, list[str]]] = {
    "models": ("Models and units", [f"M{i}" for i in range(1, 31)]),
    "activations": (
        "Activations",
        [
            *("identity", "step", "sigmoid", "tanh", "arctan", "softsign", "ReLU", "leaky ReLU", "PReLU", "RReLU"),
            *("ELU", "softplus", "softmax", "logistic with threshold", "dead ReLU", "saturation", "no upper bound"),
            "ReLU as output",
        ],
    ),
    "losses": (
        "Losses",
        [
            *("squared error", "binary cross-entropy", "categorical cross-entropy", "softmax with cross-entropy"),
            *("likelihoods", "perceptron and hinge", "problem, output, loss", "hundreds of classes"),
        ],
    ),
    "backprop": ("Backpropagation, graphs and exercises", [f"B{i}" for i in range(1, 18)]),
    "optimisation": ("Optimization, schedules, regularization, initialization", [f"O{i}" for i in range(1, 33)]),
    "metrics": ("Metrics, experiments and figures", [f"E{i}" for i in range(1, 11)]),
    "numbers": (
        "Numbers",
        [
            *("Mazur, one step", "Mazur, simultaneous", "Mazur, output first", "Mazur, 10,000 steps"),
            *("LeNet 1989", "convnetjs", "Playground", "Rosenbrock", "eps of Adam"),
        ],
    ),
    "slips": ("Further slips, claims and questions", [f"S{i}" for i in range(1, 18)]),
}


@dataclass(frozen=True)
class Item:
    """One item of the checklist: what a deck says, what computes it here, and the numbers that come out."""

    id: str
    claim: str
    decks: tuple[str, ...]
    compute: Callable[[], Any] | None  # None: the decks mention it, and so does a page
    numbers: Mapping[str, str] = field(default_factory=dict)  # by name, in the order in which compute returns them
    api: tuple[str, ...] = ()
    where: Mapping[int | str, str] = field(default_factory=dict)  # number of a notebook or path -> words to search for
    slip: str = ""  # of the deck, and what is right

    def __str__(self) -> str:
        return self.id

    def run(self) -> list[tuple[str, str, Any]]:
        """The numbers: name, digits in print, value. What has none asserts inside, and returns nothing."""
        assert self.compute is not None
        values = self.compute()
        if not self.numbers:
            assert values is None, f"{self.id} computes numbers, but the table has none"
            return []
        values = values if isinstance(values, tuple) else (values,)
        return [(name, text, value) for (name, text), value in zip(self.numbers.items(), values, strict=True)]


ITEMS: list[Item] = []


def _tuple(x: Any) -> tuple[Any, ...]:
    return x if isinstance(x, tuple) else (x,)


def item(id, claim, decks, *, where=None, api=(), numbers=None, slip=""):
    """Enter a function into the table as what computes an item."""

    def enter(compute):
        ITEMS.append(Item(id, claim, _tuple(decks), compute, numbers or {}, _tuple(api), where or {}, slip))
        return compute

    return enter


def mention(id, claim, decks, **fields):
    """Enter an item that is only mentioned."""
    item(id, claim, decks, **fields)(None)


# --- numbers in print ---------------------------------------------------------------------------------------------


def parts(text: str) -> list[str]:
    """The single numbers of a text, each with its equals sign."""
    exact = "=" if text.startswith("=") else ""
    return [exact + part for part in text.removeprefix("=").split(", ")]


def decimal(text: str) -> Decimal:
    return Decimal(text.removeprefix("=").replace(",", ""))


def is_exact(text: str) -> bool:
    return text.startswith("=") or not set(text) & set(".eE")


def agrees(text: str, value: Any) -> bool:
    """Whether a computed number, or array of them, is the one in print."""
    texts, values = parts(text), np.ravel(np.asarray(getattr(value, "data", value), float)).tolist()
    return len(texts) == len(values) and all(map(_agrees, texts, values))


def _agrees(text: str, value: float) -> bool:
    number = decimal(text)
    if not np.isfinite(value):
        return False
    if is_exact(text):
        return abs(value - float(number)) <= 1e-9 * max(1.0, abs(float(number)))
    unit = Decimal((0, (1,), number.as_tuple().exponent))
    return Decimal(value).quantize(unit, ROUND_HALF_EVEN) == number


def written(number: Decimal, like: str) -> str:
    """A number with an exponent, or without, as another one."""
    return str(number) if "e" in like else f"{number:f}"


def changed(text: str) -> list[str]:
    """The texts with one of the numbers one more, or one less, in its last digit."""
    found = []
    for i, part in enumerate(parts(text)):
        unit = Decimal((0, (1,), decimal(part).as_tuple().exponent))
        for other in (decimal(part) + unit, decimal(part) - unit):
            texts = [written(other, part) if i == j else p.removeprefix("=") for j, p in enumerate(parts(text))]
            found.append("=" * text.startswith("=") + ", ".join(texts))
    return found
