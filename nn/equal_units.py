"""Units that start equal: found when a model is first called, reported at the first gradient (see docs/design.md)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from autograd import Tensor
from autograd.callers import users_level
from autograd.engine.tensor import plain
from nn.errors import SymmetryWarning

if TYPE_CHECKING:
    from nn.module import Module


def watch_equal_units(modules: list[tuple[str, Module]]) -> None:
    """Look at the first gradient of every weight whose rows are all equal, in modules with their paths."""
    for name, p, hidden, is_layer in weights_of_units(modules):
        if p.requires_grad and equal_rows(p._data):
            watch = next((hook for hook in p._get_info().hooks if isinstance(hook, _Watch)), None)
            if watch is None:
                p.register_hook(_Watch(name, p, hidden=hidden, is_layer=is_layer))
            else:  # it was called as a part of another model before
                watch.hidden |= hidden


def weights_of_units(modules: list[tuple[str, Module]]) -> list[tuple[str, Tensor, bool, bool]]:
    """The weights in modules: name, whether others follow, and whether the rows are the units of a layer."""
    weights = []
    for path, module in modules:
        units = vars(module).get("out_features", vars(module).get("out_channels"))
        for name, p in module.named_parameters(path, recurse=False):
            if p.ndim >= 2 and not name.endswith("bias"):  # a bias for each place of a map starts equal and may stay so
                weights.append((name, p, name.endswith("weight") and units == len(p)))
    return [(name, p, number < len(weights), is_layer) for number, (name, p, is_layer) in enumerate(weights, 1)]


def equal_units(data: np.ndarray[Any, Any], g: np.ndarray[Any, Any], *, hidden: bool, is_layer: bool) -> str | None:
    """The fault of units whose weights are the rows of ``data`` and have the gradients ``g``, if there is one."""
    if not equal_rows(data):
        return None
    # Sums of products are equal up to rounding only.
    largest = float(np.abs(g).max())
    if equal_rows(g, largest * float(np.sqrt(np.finfo(g.dtype).eps))) and (largest or hidden):
        return (
            f"{len(data)} units that start with equal weights and have the same gradient. Every step leaves them "
            "equal, so together they can learn no more than one unit."
        )
    if hidden and is_layer and data.any():
        return f"{len(data)} units that start with equal weights, so their outputs are nearly the same."
    return None


def equal_rows(a: np.ndarray[Any, Any], tolerance: float = 0.0) -> bool:
    """Whether there are several rows along the first axis, and all are the same."""
    if len(a) < 2 or not a.size:
        return False
    with np.errstate(invalid="ignore"):  # inf - inf
        if np.abs(a[0] - a[1]).max() > tolerance:  # most of the time, this is all
            return False
        return bool(np.abs(a - a[:1]).max() <= tolerance)


class _Watch:
    """A hook that looks at one gradient, and goes."""

    __slots__ = ("hidden", "is_layer", "name", "weight")

    def __init__(self, name: str, weight: Tensor, *, hidden: bool, is_layer: bool) -> None:
        self.name = name
        self.weight = ref(weight)
        self.hidden = hidden  # other weights follow
        self.is_layer = is_layer  # the rows are the units of a linear or convolutional layer

    def __call__(self, gradient: Any) -> None:
        weight = self.weight()
        if weight is None or gradient.shape != weight.shape:
            return
        assert weight._info is not None
        weight._info.hooks.remove(self)
        data, g = weight.data, np.asarray(plain(gradient))
        what = equal_units(data, g, hidden=self.hidden, is_layer=self.is_layer)
        if what is not None:
            remedy = "Start from different numbers, for example with nn.init.kaiming_uniform_."
            text = f"{self.name} holds the weights of {what} {remedy}"
            warnings.warn(text, SymmetryWarning, stacklevel=users_level())
