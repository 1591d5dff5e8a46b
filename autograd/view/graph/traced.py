"""Records what is computed from given inputs, also where no gradient flows: a watcher of one call.

Without it a graph starts at the first value that needs a gradient, so the ops between an input and the first parameter
would be missing. This module must not know how a graph is drawn.
"""

import sys
from typing import Any

import numpy as np

from autograd.debugging import node_of
from autograd.engine.graph import SMALL, STATE, Leaf, Node, Vertex, sequence
from autograd.engine.tape import TRANSPARENT, source
from autograd.engine.tensor import Tensor, leaf, leaf_of_array, plain
from autograd.modes import Watch
from autograd.outputs import output_of
from autograd.pytree import flatten


class Traced(Watch):
    """The graph of one call: set as the watcher of its modes, then given to `snapshot` with the ``outputs``.

    Constants other than the inputs belong to the module that uses them. ``outputs`` may also be the error that ended
    the call.

    >>> from autograd import tensor
    >>> from autograd.modes import changed
    >>> from autograd.view import draw
    >>> from autograd.view.graph.traced import Traced
    >>> x = tensor(3.0, name="x")
    >>> traced = Traced()
    >>> traced.enter(x, "x")
    >>> with changed(watch=traced):
    ...     traced.outputs = x * 2.0 + 1.0
    >>> draw(traced)
    · + 1  value 7  no gradient
    └─ x * 2  value 6  no gradient
       └─ x: input  value 3  no gradient
    (all float64; no gradients yet: backward() has not run)
    """

    def __init__(self) -> None:
        self.outputs: Any = None
        self.names: dict[Vertex, str] = {}  # of the inputs, which all have one
        self._exact: dict[tuple[Any, ...], Vertex] = {}
        self._owners: dict[int, tuple[Any, Vertex]] = {}  # by the id of the array that owns memory

    def enter(self, x: Any, name: str) -> None:
        """An input: a Tensor, or an array that the program goes on using as such."""
        vertex = (x._node or leaf(x)) if isinstance(x, Tensor) else leaf_of_array(x)
        self.names[vertex] = vertex.name or name
        self._register(x._data if isinstance(x, Tensor) else x, vertex)

    def converted(self, old: Any, new: Any) -> None:
        """A layer has converted an array to another dtype."""
        vertex = self._find(old)
        if vertex is not None:
            self._register(new, vertex)

    def unrecorded(self, op: Any, xs: tuple[Any, ...], attributes: Any, out: Any, result: Any) -> None:
        """Make the node of a result that needs no gradient, which may also be a plain array."""
        node = Node()
        node.op, node.attrs, node.scope, node.seq = op, attributes, STATE.get().scope, next(sequence)
        node.edges, node.left, node.right, node.kept = (None,) * len(xs), None, None, ()
        node.shown = tuple([source(x) for x in xs])
        node.value = node.grad = node.info = node.tensor = node.prints = None
        frame = sys._getframe(1)
        while TRANSPARENT in frame.f_globals:
            frame = frame.f_back  # type: ignore[assignment]
        node.code, node.lasti = frame.f_code, frame.f_lasti
        if op.outputs:
            node.shape, node.dtype = tuple(part.shape for part in out), tuple(part.dtype for part in out)
        else:
            node.shape, node.dtype = np.shape(out), np.asarray(out).dtype
            node.value = np.array(out)[()] if np.size(out) <= SMALL else None
        self._connect(node, xs)
        for k, t in enumerate(result if op.outputs else (result,)):
            vertex = output_of(node, k) if op.outputs else node
            if isinstance(t, Tensor):
                t._node = vertex
            self._register(plain(t), vertex)

    def applied(self, op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], out: Any, result: Any) -> None:
        """Take note of a node that the engine has made."""
        node = node_of(result)
        if node is None or not any(node.parents):
            return
        self._connect(node, xs)
        for t in result if isinstance(result, tuple) else (result,):
            if t._node is not None:
                self._register(t._data, t._node)

    def _connect(self, node: Node, xs: tuple[Any, ...]) -> None:
        """Replace constants among the operands by what they are in this call; arrays among the attributes follow."""
        operands = list(node.operands[: len(xs)])
        for i, x in enumerate(xs):
            if isinstance(operands[i], Leaf):
                if isinstance(x, Tensor) and x._requires_grad:
                    self._register(x._data, operands[i])
                else:
                    operands[i] = self._find(plain(x)) or operands[i]
        attributes = [self._find(x) for x in flatten(node.attrs or {})]
        node.shown = (*operands, *dict.fromkeys(vertex for vertex in attributes if vertex is not None))

    def _register(self, array: Any, vertex: Vertex) -> None:
        if isinstance(array, np.ndarray):
            self._exact[_memory(array)] = vertex
            owner = _owner(array)
            self._owners.setdefault(id(owner), (owner, vertex))

    def _find(self, array: Any) -> Vertex | None:
        """The vertex whose memory an array is, or is a part of."""
        if not isinstance(array, np.ndarray) or not array.size:
            return None
        found = self._exact.get(_memory(array))
        return found or self._owners.get(id(_owner(array)), (None, None))[1]


def _memory(array: Any) -> tuple[Any, ...]:
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def _owner(array: Any) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
