"""Making nodes: the last part of an op's function, once the result is there.

This is the hot path of the forward pass: attributes are stored one by one, and nothing is looked up twice.
"""

import sys
from typing import Any
from weakref import ref

import numpy as np

from autograd.arrays import FLOAT32, FLOAT64
from autograd.engine.graph import SMALL, Node, State, sequence
from autograd.engine.tensor import Tensor, leaf, leaf_of_array
from autograd.memory import LARGE, keep_freed
from autograd.operand_errors import no_gradient_of

_new = object.__new__
_getframe = sys._getframe
float64 = np.float64
ndarray = np.ndarray

# A module of ours that stands between a user's line and an op sets this name; its frames are passed over when a node
# notes where it was made.
TRANSPARENT = "__autograd_transparent__"

__autograd_transparent__ = True


def transparent(package: str) -> None:
    """Set `TRANSPARENT` in every module of a package; called at the end of its ``__init__``."""
    for name in [name for name in sys.modules if name.startswith(f"{package}.")]:
        vars(sys.modules[name])[TRANSPARENT] = True


def record(
    op: Any, out: Any, edges: Any, left: Any, right: Any, shown: Any, kept: Any, attrs: Any, prints: Any, state: State
) -> Tensor:
    """The node of one application of an op, and the Tensor of its result."""
    node = Node()
    node.op = op
    node.edges, node.left, node.right = edges, left, right
    node.shown, node.kept, node.attrs = shown, kept, attrs
    node.prints, node.scope = prints, state.scope
    node.seq = next(sequence)
    node.grad = node.info = node.tensor = None
    frame = _getframe(2)
    while TRANSPARENT in frame.f_globals:  # such a module is always called by another
        frame = frame.f_back  # type: ignore[assignment]
    node.code, node.lasti = frame.f_code, frame.f_lasti
    t = _new(Tensor)
    t._data = out
    t._node = node
    t._requires_grad = True
    if out.__class__ is float64:
        node.shape = ()
        node.dtype = FLOAT64
        node.value = out
    else:
        node.shape = out.shape
        node.dtype = dtype = out.dtype
        if dtype is not FLOAT32 and dtype is not FLOAT64 and dtype.kind != "f":
            raise no_gradient_of(dtype, op, node.operands)
        if out.size > SMALL:
            node.value = None
            node.tensor = ref(t)
            if out.nbytes >= LARGE:
                keep_freed()
        else:
            node.value = out if out.__class__ is not ndarray or out.base is None else out.copy()
    return t


_LITERALS = (int, float, type(None))


def source(x: Any) -> Any:
    """A constant operand as pictures show it: a leaf, or a literal number."""
    if isinstance(x, Tensor):
        return x._node or leaf(x)
    return x if isinstance(x, _LITERALS) else leaf_of_array(np.asarray(x))
