"""NaN and infinities from training that do not belong in a checkpoint: docs/training.md says which these are."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.module import Module
from optim import Optimizer

# The arrays of a model by name: masks of where they were finite at some time, or None if they were finite everywhere.
Known = Mapping[str, NDArray[np.bool_] | None]


def known_of(model: Module) -> Known:
    """Record which numbers of a model are finite now."""
    return {name: None if _is_finite(array) else np.isfinite(array) for name, array, _ in _arrays_of(model)}


def spoiled(model: Module, optimizer: Optimizer | None = None, others: Any = None, known: Known | None = None) -> str:
    """Describe the first array with numbers that should be finite but are not; empty if there is none.

    ``others`` is a tree of further values; its arrays named like an array of the model are judged like that array.
    """
    known = known or {}
    for name, array, trained in _all_of(model, optimizer, others):
        if _is_finite(array):
            continue
        key = name.rpartition("/")[2]
        before = known.get(key)
        wrong = ~np.isfinite(array) if trained or key in known else np.isnan(array)
        if before is not None and before.shape == array.shape:
            wrong &= before | np.isnan(array) if trained else before
        if wrong.any():
            return f"{name} is not finite in {np.count_nonzero(wrong)} of its {array.size} numbers"
    return ""


def _all_of(model: Module, optimizer: Optimizer | None, others: Any) -> Iterator[tuple[str, NDArray[Any], bool]]:
    yield from _arrays_of(model)
    if optimizer is not None:
        names = {id(p): name for name, p in model.named_parameters()}
        for number, (p, state) in enumerate(optimizer.state.items()):
            name = names.get(id(p), f"parameter {number}")
            yield from ((f"the optimizer's {key} of {name}", array, True) for key, array in _inside("", state, float))
    yield from ((name, array, False) for name, array in _inside("", others))


def _arrays_of(model: Module) -> Iterator[tuple[str, NDArray[Any], bool]]:
    """The names and values of all parameters and buffers, and whether they are parameters."""
    yield from ((name, p.data, True) for name, p in model.named_parameters())
    yield from ((name, b.data, False) for name, b in model.named_buffers())


def _inside(name: str, tree: Any, *kinds: type) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays in a tree, and numbers of some kinds, each with its position."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _inside(f"{name}/{key}" if name else str(key), value, *kinds)
    elif isinstance(tree, list | tuple):
        for i, value in enumerate(tree):
            yield from _inside(f"{name}/{i}", value, *kinds)
    elif isinstance(tree, (np.ndarray, np.generic, *kinds)):
        yield name, np.asarray(tree)


def _is_finite(array: NDArray[Any]) -> bool:
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())
