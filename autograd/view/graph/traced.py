"""Records what is computed from given inputs, also where no gradient flows (docs/design.md): a watcher of one call."""

from typing import Any

import numpy as np

from autograd.debugging import node_of
from autograd.engine.graph import SMALL, STATE, Leaf, Node, Vertex
from autograd.engine.tape import source
from autograd.engine.tensor import Tensor, leaf, leaf_of_array, plain, tensor
from autograd.interpret import node_of_outputs, output_of
from autograd.modes import Watch
from autograd.pytree import flatten


class Traced(Watch):
    """The graph of one call: set as the watcher of its modes, then given to `snapshot` with the ``outputs``.

    Constants other than the inputs belong to the module that uses them. ``outputs`` may also be the error that ended
    the call; ``model`` keeps alive what the graph refers to.
    """

    def __init__(self, model: Any = None) -> None:
        self.model = model
        self.outputs: Any = None
        self.names: dict[Vertex, str] = {}  # of the inputs, which all have one
        self._exact: dict[tuple[Any, ...], Vertex] = {}
        self._owners: dict[int, tuple[Any, Vertex]] = {}  # by the id of the array that owns memory

    def enter(self, x: Any, name: str) -> Any:
        """An input as the program gets it: a Tensor if it is one or a floating array, so that its ops are seen."""
        if isinstance(x, Tensor):
            x = x if x.requires_grad else tensor(x.data, name=x.name)
        elif isinstance(x, np.ndarray):
            x = tensor(x) if x.dtype.kind == "f" else x.copy()
        else:
            return x
        vertex = (x._node or leaf(x)) if isinstance(x, Tensor) else leaf_of_array(x)
        self.names[vertex] = vertex.name or name
        self._register(plain(x), vertex)
        return x

    def _converted(self, old: Any, new: Any) -> None:
        """A layer has converted an array to another dtype."""
        if (vertex := self._find(old)) is not None:
            self._register(new, vertex)

    def _unrecorded(self, op: Any, xs: tuple[Any, ...], attributes: Any, out: Any, result: Any) -> None:
        """Make the node of a result that needs no gradient, which may also be a plain array."""
        outs = out if op.outputs else (np.asarray(out),)
        shown = tuple([source(x) for x in xs])
        node = node_of_outputs(op, outs, (None,) * len(xs), None, None, shown, (), attributes, None, STATE.get())
        if not op.outputs:
            [node.shape], [node.dtype] = node.shape, node.dtype
            node.value = outs[0].copy()[()] if outs[0].size <= SMALL else None
        self._connect(node, xs)
        for k, t in enumerate(result if op.outputs else (result,)):
            vertex = output_of(node, k) if op.outputs else node
            if isinstance(t, Tensor):
                t._node = vertex
            self._register(plain(t), vertex)

    def applied(self, op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], out: Any, result: Any) -> None:
        """Take note of a node that the engine has made."""
        node = node_of(result)
        if node is not None and any(node.parents):
            self._connect(node, xs)
            for t in result if isinstance(result, tuple) else (result,):
                if t._node is not None:
                    self._register(t._data, t._node)

    def _connect(self, node: Node, xs: tuple[Any, ...]) -> None:
        """Replace constants among the operands by what they are in this call; arrays among the attributes follow."""
        operands = list(node.operands)
        for i, x in enumerate(xs):
            if isinstance(x, Tensor) and x._requires_grad:
                self._register(x._data, operands[i])
            elif isinstance(operands[i], Leaf):
                operands[i] = self._find(plain(x)) or operands[i]
        attributes = filter(None, map(self._find, flatten(node.attrs or {})))
        node.shown = (*operands, *dict.fromkeys(attributes))

    def _register(self, array: Any, vertex: Vertex) -> None:
        if isinstance(array, np.ndarray):
            self._exact[_memory(array)] = vertex
            self._owners.setdefault(id(owner := _owner(array)), (owner, vertex))

    def _find(self, array: Any) -> Vertex | None:
        """The vertex whose memory an array is, or is a part of."""
        if not isinstance(array, np.ndarray) or not array.size:
            return None
        return self._exact.get(_memory(array)) or self._owners.get(id(_owner(array)), (None, None))[1]


def _memory(array: Any) -> tuple[Any, ...]:
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def _owner(array: Any) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
