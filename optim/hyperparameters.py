"""Hyper-parameters: the values that each may have, and their values at a step."""

from collections.abc import Callable
from math import inf
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from optim.errors import HyperparameterError

Value = float | Callable[[int], float] | Tensor
"""The types of a numeric hyper-parameter; a function takes the number of steps done so far."""

Setting = bool | float | str | Tensor | tuple[float | Tensor, ...] | None
"""The types of a hyper-parameter at a step, and of the coefficients computed from them."""

Entry = float | NDArray[Any] | Tensor
"""The types that a formula computes with: of a parameter, its gradient, and the entries of its state."""


class Rule:
    """The allowed values of a hyper-parameter."""

    def resolve(self, owner: str, name: str, value: Any, t: int, tensors: bool = False) -> Any:
        """The value after t steps, checked: a Python float, a flag or a string (or a Tensor, with ``tensors``).

        Raises HyperparameterError, which names the optimizer, the hyper-parameter, the value and what is allowed.
        """
        raise NotImplementedError

    def is_fixed(self, value: Any) -> bool:
        """Whether the value is the same at every step, so that it needs to be resolved only once."""
        return isinstance(value, int | float | str)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class Number(Rule):
    """A real number between two bounds; a bound may be excluded."""

    def __init__(self, low: float, high: float = inf, *, low_open: bool = False) -> None:
        self.low, self.high, self.low_open = low, high, low_open

    def resolve(self, owner: str, name: str, value: Any, t: int, tensors: bool = False) -> Any:
        result = value(t) if callable(value) else value
        if tensors and isinstance(result, Tensor) and result.size:
            if self._contains(result.data.min()) and self._contains(result.data.max()):
                return result
        else:
            number = _plain(result)
            if number is not None and self._contains(number):
                return number
        sign = "<" if self.low_open else "<="
        raise HyperparameterError(
            f"{owner}: {name} must be a number with {self.low:g} {sign} {name} < {self.high:g}, or a function of the "
            f"step that returns one; got {result!r}{f' at step {t}' if callable(value) else ''}."
        )

    def _contains(self, x: float) -> bool:
        return bool((self.low < x if self.low_open else self.low <= x) and x < self.high)


class Whole(Rule):
    """An integer with a lower bound, mostly 1."""

    def __init__(self, least: int = 1) -> None:
        self.least = least

    def resolve(self, owner: str, name: str, value: Any, t: int, tensors: bool = False) -> Any:
        if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= self.least:
            return int(value)
        raise HyperparameterError(f"{owner}: {name} must be an integer >= {self.least}; got {value!r}.")


class Pair(Rule):
    """Two numbers with the same rule, each of which may be a function of the step."""

    def __init__(self, rule: Number) -> None:
        self.rule = rule

    def resolve(self, owner: str, name: str, value: Any, t: int, tensors: bool = False) -> Any:
        result = value(t) if callable(value) else value
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise HyperparameterError(f"{owner}: {name} must be two numbers, ({name}[0], {name}[1]); got {result!r}.")
        return tuple(self.rule.resolve(owner, f"{name}[{i}]", x, t, tensors) for i, x in enumerate(result))

    def is_fixed(self, value: Any) -> bool:
        return isinstance(value, tuple) and all(map(self.rule.is_fixed, value))


class Flag(Rule):
    """True or False."""

    def resolve(self, owner: str, name: str, value: Any, t: int, tensors: bool = False) -> Any:
        if not isinstance(value, bool | np.bool_):
            raise HyperparameterError(f"{owner}: {name} must be True or False; got {value!r}.")
        return bool(value)


class Choice(Rule):
    """One of several strings; None may be one of them."""

    def __init__(self, *words: str | None) -> None:
        self.words = words

    def resolve(self, owner: str, name: str, value: Any, t: int, tensors: bool = False) -> Any:
        if not isinstance(value, str | None) or value not in self.words:
            raise HyperparameterError(f"{owner}: {name} must be {' or '.join(map(repr, self.words))}; got {value!r}.")
        return value


NON_NEGATIVE = Number(0.0)

# How constructors annotate their hyper-parameters: the type, and the rule.
NonNegative = Annotated[Value, NON_NEGATIVE]
Share = Annotated[Value, Number(0.0, 1.0)]
Betas = Annotated[Any, Pair(Number(0.0, 1.0))]
EpsMode = Annotated[str, Choice("outside", "inside")]
Switch = Annotated[bool, Flag()]


def rules_of(init: Callable[..., None]) -> dict[str, Rule]:
    """The rules in the annotations of a constructor, by the names of the hyper-parameters."""
    notes = {name: getattr(kind, "__metadata__", ()) for name, kind in getattr(init, "__annotations__", {}).items()}
    return {name: note for name, found in notes.items() for note in found if isinstance(note, Rule)}


def _plain(value: Any) -> float | None:
    """A Python float for a number, or for an array or Tensor of one number; None for anything else."""
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Tensor):
        value = value.data
    if isinstance(value, np.ndarray | np.generic) and value.size == 1 and value.dtype.kind in "iuf":
        return float(value.item())
    return None


def is_off(value: Any) -> bool:
    """Whether a term is left out: its hyper-parameter is the number 0, not a Tensor, whose gradient may be needed."""
    return isinstance(value, int | float) and value == 0
