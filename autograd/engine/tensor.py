"""The Tensor: an array, its gradient, and its place in the graph.

This module owns how Tensors are made and changed, and the two ways of computing gradients; `autograd.values` defines
how a Tensor behaves in the rest of Python. It knows no op; operators and differentiable methods are attached from the
op table (`autograd.methods`), and `autograd.surface` declares their signatures to type checkers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from threading import Lock
from typing import Any, Never
from weakref import ref

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from autograd.arrays import is_real_floating, native, only_numbers
from autograd.engine.backward import backward_pass
from autograd.engine.graph import SMALL, Info, Leaf, Vertex, sequence
from autograd.errors import InvalidDtypeError
from autograd.stale import hand_out, take_back
from autograd.tensor_data import refuse_dtype
from autograd.values import TensorValues
from autograd.words import refuse_words

ndarray = np.ndarray
_new = object.__new__


class Tensor(TensorValues):
    """An array that remembers how it was computed.

    ``Tensor(data)`` shares memory with an ndarray given to it, unless its byte order is not this machine's; `tensor`
    copies. The dtype follows NumPy. ``data`` of a leaf is always an ndarray, of a computed scalar perhaps a NumPy
    scalar.

    >>> from autograd import tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    array([2., 4.])
    """

    __slots__ = ()  # those of `TensorData`

    _kind = "input"  # what a leaf of this class is called in pictures
    _held = False  # whether a module may hold it, so that ``x += 1`` changes it also when it requires no gradient

    def __init__(self, data: ArrayLike, *, requires_grad: bool = False, name: str | None = None) -> None:
        if data.__class__ is not ndarray:
            only_numbers(data, "the data of a Tensor")
        self._data = native(np.asarray(data))
        self._node = None
        self._grad = None
        self._requires_grad = False
        hand_out(self._data)
        frame = sys._getframe(1)
        self._info = Info(frame.f_code, frame.f_lasti, name)
        if requires_grad:
            if not is_real_floating(self._data.dtype):
                refuse_dtype(self._data.dtype)
            self._requires_grad = True

    # --- gradients --------------------------------------------------------------------------------------------

    def backward(
        self, gradient: ArrayLike | Tensor | None = None, *, retain_graph: bool = False, **more: Never
    ) -> None:
        """Compute the gradient of this Tensor with respect to everything it was computed from.

        Adds it to the ``.grad`` of every Tensor that is still held, leaf or not. ``gradient`` is the gradient of the
        final quantity with respect to this Tensor (1 for a single number) and has its shape. The values kept for the
        pass are released unless ``retain_graph`` is set. If the pass fails, no gradient has changed.

        Raises NonScalarBackwardError, GradientShapeError, RequiresGradError, GraphReleasedError, StaleLeafError.

        >>> from autograd import tensor
        >>> x = tensor(3.0, requires_grad=True)
        >>> (x ** 2).backward()
        >>> x.grad
        array(6.)
        """
        if more:
            refuse_words("Tensor.backward", more)
        node = self._vertex_of_live()
        backward_pass({node: self._seed(gradient, "backward", False)}, release=not retain_graph)

    def gradient(
        self, *inputs: Tensor, gradient: ArrayLike | Tensor | None = None, create_graph: bool = False,
        retain_graph: bool | None = None, allow_unused: bool = False,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        """The gradients of this Tensor with respect to the inputs, as Tensors; nothing is stored on any Tensor.

        With ``create_graph`` the gradients are differentiable themselves, to any order. ``retain_graph`` defaults to
        ``create_graph``. An input that was not used is an error, or None with ``allow_unused``.

        >>> from autograd import tensor
        >>> x = tensor(2.0, requires_grad=True)
        >>> (slope,) = (x ** 3).gradient(x, create_graph=True)
        >>> (curvature,) = slope.gradient(x)
        >>> slope.item(), curvature.item()
        (12.0, 12.0)
        """
        node = self._vertex_of_live()
        vertices: list[Any] = [x._place_below(node) for x in self._checked_inputs(inputs)]
        seed = self._seed(gradient, "gradient", create_graph)
        found = backward_pass(
            {node: constant(seed) if create_graph and not isinstance(seed, Tensor) else seed},
            create_graph=create_graph,
            release=not (create_graph if retain_graph is None else retain_graph),
            wanted=frozenset(v for v in vertices if v is not None),
        )
        gradients: list[Any] = [found.get(v) for v in vertices]
        if not allow_unused:
            self._check_used(inputs, gradients)
        gradients = [g if g is None or isinstance(g, Tensor) else constant(np.array(g)) for g in gradients]
        return tuple(gradients)

    def detach(self) -> Tensor:
        """A Tensor with the same values, in shared memory, and without a graph.

        >>> from autograd import tensor
        >>> x = tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).detach()
        tensor([1., 4.])
        """
        self._note_reading("detach()")
        return constant(np.asarray(self.data))

    def _vertex_of_live(self) -> Vertex:
        if not self._requires_grad:
            self._refuse_pass()
        return self._node if self._node is not None else leaf(self)

    def _seed(self, gradient: Any, caller: str, create_graph: bool) -> Any:
        """The gradient that a pass starts from: 1 for a single number."""
        shape, dtype = self._data.shape, self._data.dtype
        if gradient is None and self._data.size == 1:
            return dtype.type(1.0) if shape == () else np.ones(shape, dtype)
        return self._checked_seed(gradient, caller, create_graph)


def tensor(
    data: ArrayLike | Sequence[Any], *, dtype: DTypeLike | None = None, requires_grad: bool = False,
    name: str | None = None, **others: Never,
) -> Tensor:  # fmt: skip
    """Make a Tensor from a copy of the data.

    The dtype follows NumPy: Python floats are float64, arrays keep theirs. Raises InvalidDtypeError if a gradient is
    required for integers, booleans, complex numbers or objects.

    >>> from autograd import tensor
    >>> tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name="W").shape
    (2, 2)
    """
    if others:
        refuse_words("tensor", others)
    only_numbers(data, "the data of a Tensor")
    array = native(np.array(data, dtype))
    if array.dtype.kind in "OSUVM":
        raise InvalidDtypeError(f"a Tensor holds numbers, but this is {array.dtype}: {data!r:.80}")
    new = Tensor(array, requires_grad=requires_grad, name=name)
    take_back(array)
    frame = sys._getframe(1)
    new._info = Info(frame.f_code, frame.f_lasti, name)
    return new


def constant(data: Any) -> Tensor:
    """A Tensor without graph that shares the given data."""
    t = _new(Tensor)
    t._data = data
    t._node = None
    t._requires_grad = False
    t._info = None
    t._grad = None
    return t


# Threads that use a Tensor for the first time at once must agree on its place.
_FIRST_USE = Lock()


def plain(x: Any) -> Any:
    """The array of a Tensor; anything else unchanged."""
    return x._data if isinstance(x, Tensor) else x


def leaf_of_array(data: Any) -> Leaf:
    """The vertex of a plain array that is used beside a Tensor."""
    vertex = _new(Leaf)
    vertex.seq = next(sequence)
    vertex.shape = data.shape
    vertex.dtype = data.dtype
    vertex.value = None if data.size > SMALL else data.copy()
    vertex.scope = vertex.grad = vertex.tensor = vertex.info = vertex.prints = None
    vertex.kept = ()
    vertex.kind = "constant"
    return vertex


def leaf(x: Tensor) -> Leaf:
    """The vertex of a Tensor that starts a graph, made at its first use after each change of its data."""
    vertex = leaf_of_array(x._data)
    vertex.tensor = ref(x)
    vertex.info = x._info
    if x._requires_grad:
        vertex.kind = x._kind
    with _FIRST_USE:
        if x._node is None:
            x._node = vertex
        return x._node  # type: ignore[return-value]
