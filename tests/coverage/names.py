"""What becomes of every public callable of NumPy when it meets a Tensor: one of five statuses.

- *differentiable*: the result is a Tensor with a gradient, to any order;
- *constant*: the result does not change with small changes of the numbers: plain arrays, or Tensors without gradient;
- *refused*: raises `NotDifferentiable` with the name and the reason;
- *not dispatchable*: NumPy does not ask us; it ends in our error that names the way to write it;
- *no array*: takes no array that could have a gradient.

The first three are known where a function is registered (the op table, `autograd.numpy_functions`); the last two are
listed in names.toml. The tests walk the installed NumPy and execute each status.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from autograd.numpy_functions.protocol import STATUS
from autograd.remedies import rewrites

# The newest NumPy whose names have all been looked at; what a newer one adds is reported by the tests, not failed. The
# oldest is the one that pyproject.toml asks for.
NEWEST_NUMPY = "2.5"
SINCE: dict[str, str] = {}  # the first NumPy with this name, where that is not the oldest
OF_THE_PLATFORM = frozenset({"float96", "float128", "complex192", "complex256"})  # what its long double is called

_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
UNTIL: dict[str, str] = _TABLE["until"]  # the last NumPy with this name

# Name: what to write instead.
NOT_DISPATCHABLE: dict[str, str] = {
    **dict.fromkeys(
        _TABLE["not_dispatchable"]["arrays"].split(),
        "np.stack or np.concatenate to build an array of Tensors, t.numpy() for plain values",
    ),
    **dict.fromkeys(_TABLE["not_dispatchable"]["values"].split(), "t.numpy() for plain values"),
    **rewrites(),
}
NO_ARRAY: frozenset[str] = frozenset(" ".join(_TABLE["no_array"].values()).split())


def numpy_callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public callable of ``numpy`` and ``numpy.linalg`` by name (the latter as ``linalg.name``)."""
    for module, prefix in ((np, ""), (np.linalg, "linalg.")):
        for name in sorted(dir(module)):
            if not name.startswith("_") and callable(getattr(module, name)):
                yield prefix + name, getattr(module, name)


def status_of(name: str, function: Callable[..., Any]) -> str | None:
    """The status of a NumPy callable; None when nobody has given it one."""
    if name in NOT_DISPATCHABLE:
        return "not dispatchable"
    if name in NO_ARRAY:
        return "no array"
    return STATUS.get(function)
