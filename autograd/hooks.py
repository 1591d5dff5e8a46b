"""Hooks on gradients: how they are removed, and how a backward pass calls them."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd.arrays import only_numbers
from autograd.engine.graph import Vertex
from autograd.errors import GradientShapeError
from autograd.provenance import describe


def are_hooked(vertices: Iterable[Vertex]) -> bool:
    """Whether one of these vertices has a hook."""
    return any(vertex.info is not None and vertex.info.hooks for vertex in vertices)


class HookHandle:
    """The handle that `Tensor.register_hook` returns; it removes the hook.

    >>> from autograd import tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> handle = x.register_hook(print)
    >>> handle.remove()
    >>> (x * 2).backward()
    >>> x.grad
    array(2.)
    """

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        self._hooks = hooks
        self._hook = hook

    def remove(self) -> None:
        """Remove the hook; calling this again has no effect."""
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)


def call_hooks(hooks: list[Callable[[Any], Any]], vertex: Vertex, g: Any) -> Any:
    """Call the user's hooks with the gradient; a result other than None replaces it."""
    for hook in list(hooks):
        if isinstance(g, np.ndarray):  # which may be the gradient of others too
            g = g.view()
            g.flags.writeable = False
        changed = hook(g)
        if changed is None:
            continue
        if isinstance(g, np.ndarray | np.generic) or not hasattr(changed, "dtype"):
            changed = np.asarray(only_numbers(changed, "the gradient that a hook returned"), g.dtype)
        elif changed.dtype != g.dtype:
            changed = changed.astype(g.dtype)
        if changed.shape != g.shape:
            raise GradientShapeError(
                f"a hook on {describe(vertex)} returned a gradient of shape {changed.shape}; it must have the "
                f"shape {g.shape} of the Tensor."
            )
        g = changed
    return g
