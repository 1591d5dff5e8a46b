"""What one run of a model costs: the multiply-adds of its products, and the bytes that wait for the backward pass.

Counted is what runs, op by op, and not what kinds of layers there are, so a model that multiplies matrices in its own
``forward`` is counted as well. This module knows ops and paths of modules, and no layer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine.graph import Node, Vertex
from autograd.modes import Watch
from autograd.pytree import flatten


class Cost(Watch):
    """What a run has cost, by the path of the module whose own ``forward`` did it."""

    def __init__(self, not_counted: Iterable[Any] = ()) -> None:
        self.products: dict[str, int] = defaultdict(int)
        self.kept: dict[str, int] = defaultdict(int)
        # Memory by its address. It is held here, so that no address is used twice.
        self._seen = {id(buffer): buffer for buffer in map(_buffer, _arrays(not_counted))}

    def forward(self, node: Node, operands: Any, out: Any) -> None:
        frame = node.scope
        while frame is not None and frame.path is None:  # a module that no attribute leads to
            frame = frame.parent
        path = "" if frame is None else str(frame.path)
        if (cost := node.op.facts.cost) is not None:
            shapes = [x.shape if isinstance(x, Vertex) else np.shape(x) for x in node.operands if x is not None]
            self.products[path] += cost(shapes, node.shape, node.attrs or {})
        for array in _arrays(node.kept):
            buffer = _buffer(array)
            if id(buffer) not in self._seen:
                self._seen[id(buffer)] = buffer
                self.kept[path] += buffer.nbytes


def _arrays(values: Any) -> Iterable[np.ndarray[Any, Any]]:
    """All arrays in what a node keeps, or in the inputs of a model."""
    leaves = (leaf.data if isinstance(leaf, Tensor) else leaf for leaf in flatten(values))
    return (leaf for leaf in leaves if isinstance(leaf, np.ndarray))


def _buffer(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array that owns the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
