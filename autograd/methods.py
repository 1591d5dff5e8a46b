"""The operators and methods of Tensor: those that ops name in their records, and those made of NumPy functions."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.codegen import write_method, write_operator
from autograd.engine.graph import STATE
from autograd.engine.op import REGISTRY
from autograd.engine.tensor import Tensor, constant
from autograd.errors import InvalidDtypeError, OperandTypeError
from autograd.inplace import in_place
from autograd.ops import arithmetic, index, shape
from autograd.pytorch_methods import attach_methods, in_either_words, warn_of_two_axes
from autograd.remedies import COMPLEX

__autograd_transparent__ = True

# Python's names of the operators, by their symbols.
OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
}
COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def reshape(self: Tensor, *sizes: Any, order: Any = "C") -> Any:
    """The same numbers in another shape: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``.

    >>> from autograd import tensor
    >>> tensor([1.0, 2.0, 3.0, 4.0]).reshape(2, 2)
    tensor([[1., 2.],
            [3., 4.]])
    """
    size = sizes[0] if len(sizes) == 1 else sizes
    return shape.reshape(self, shape=size) if order == "C" else np.reshape(self, size, order)


def transpose(self: Tensor, *axes: Any) -> Any:
    """The axes in another order, reversed if none is given.

    >>> from autograd import tensor
    >>> tensor([[1.0, 2.0, 3.0]]).transpose().shape, tensor([[[1.0, 2.0]]]).transpose(0, 2, 1).shape
    ((3, 1), (1, 2, 1))
    """
    if not axes:
        return shape.transpose(self)
    if len(axes) == 1:
        return shape.transpose(self, axes=axes if isinstance(axes[0], int) else axes[0])
    if axes[1] != 0 and len(axes) == 2:
        warn_of_two_axes(self, axes)
    return shape.transpose(self, axes=axes)


def astype(
    self: Tensor, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
) -> Any:
    """The numbers in another dtype; integers and booleans are constants, without gradient.

    >>> from autograd import tensor
    >>> x = tensor([1.5, 2.0], requires_grad=True)
    >>> x.astype("float32").sum().backward()
    >>> x.grad
    array([1., 1.])
    >>> x.astype(int)
    tensor([1, 2])
    """
    dtype = np.dtype(dtype)
    if dtype.kind == "c" and self.requires_grad and STATE.get().grad:
        raise InvalidDtypeError(f"astype gives {dtype}, which has no gradient here: {COMPLEX}.")
    if dtype.kind not in "fiubc":
        raise InvalidDtypeError(f"a Tensor holds numbers, not {dtype}. For other dtypes, write t.numpy().astype(...).")
    if casting != "unsafe":
        np.empty(0, self.dtype).astype(dtype, casting=casting)  # the error NumPy raises for it
    return arithmetic.astype(self, dtype=dtype) if dtype.kind == "f" else constant(self.data.astype(dtype))


def argpartition(self: Tensor, kth: Any, axis: int | None = -1, kind: Any = "introselect", order: Any = None) -> Any:
    """The order that puts the kth smallest entry at position k, smaller ones before it and larger ones after it.

    >>> from autograd import tensor
    >>> x = tensor([3.0, 1.0, 2.0])
    >>> x[x.argpartition(0)][0]
    tensor(1.)
    """
    return np.argpartition(self, kth, axis, kind, order)


def repeat(self: Tensor, repeats: Any, axis: int | None = None, *sizes: int) -> Any:
    """Each entry repeated, along an axis or in the flattened Tensor.

    >>> from autograd import tensor
    >>> tensor([1.0, 2.0]).repeat(2)
    tensor([1., 1., 2., 2.])
    """
    if sizes:
        raise OperandTypeError(f"repeat{(n := (repeats, axis, *sizes))}: for whole copies, write np.tile(t, {n}).")
    return np.repeat(self, repeats, axis=axis)


def imaginary(self: Tensor) -> Any:
    """Zeros, because the numbers are real.

    >>> from autograd import tensor
    >>> tensor([1.0, 2.0]).imag
    tensor([0., 0.])
    """
    return np.imag(self)


def divide_with_remainder(self: Tensor, other: Any) -> Any:
    """``divmod(t, other)``: the quotient rounded down, and the remainder."""
    return np.divmod(self, other)


def divided_with_remainder(self: Tensor, other: Any) -> Any:
    """``divmod(other, t)``."""
    return np.divmod(other, self)


def matrix_transpose(self: Tensor) -> Any:
    """The last two axes exchanged.

    >>> from autograd import tensor
    >>> tensor([[[1.0, 2.0]]]).mT.shape
    (1, 2, 1)
    """
    return shape.swapaxes(self, -2, -1)


# Methods that are functions of NumPy: with their parameters, the docstring, and its example.
OF_NUMPY: dict[str, tuple[Callable[..., Any], str, str]] = {
    "ravel": (lambda self, order="C": shape.ravel(self) if order == "C" else np.ravel(self, order),
        "The numbers as a Tensor with one axis.",
        "tensor([[1.0, 2.0], [3.0, 4.0]]).ravel() -> tensor([1., 2., 3., 4.])"),
    "nonzero": (lambda self: np.nonzero(self), "The positions of the entries that are not 0: one array for each axis.",
        "tensor([0.0, 3.0, 4.0]).nonzero() -> (array([1, 2]),)"),
    "searchsorted": (lambda self, v, side="left", sorter=None: np.searchsorted(self, v, side, sorter),
        "The positions where numbers must be inserted into this sorted Tensor to keep it sorted.",
        "tensor([1.0, 2.0, 4.0]).searchsorted([0.5, 3.0]) -> array([0, 2])"),
    "diagonal": (lambda self, offset=0, axis1=0, axis2=1: np.diagonal(self, offset, axis1, axis2),
        "The diagonal of each matrix.", "tensor([[1.0, 2.0], [3.0, 4.0]]).diagonal() -> tensor([1., 4.])"),
    "trace": (lambda self, offset=0, axis1=0, axis2=1, dtype=None, out=None:
        np.trace(self, offset, axis1, axis2, dtype, out),
        "The sum of the diagonal of each matrix.", "tensor([[1.0, 2.0], [3.0, 4.0]]).trace() -> tensor(5.)"),
    "take": (lambda self, indices, axis=None, out=None, mode="raise": np.take(self, indices, axis, out, mode),
        "The entries at given positions, along an axis or in the flattened Tensor.",
        "tensor([[1.0, 2.0], [3.0, 4.0]]).take([1, 1], axis=0) -> tensor([[3., 4.],\n        [3., 4.]])"),
    "compress": (lambda self, condition, axis=None, out=None: np.compress(condition, self, axis, out),
        "The entries where a condition holds, along an axis or in the flattened Tensor.",
        "tensor([1.0, 2.0, 3.0]).compress([True, False, True]) -> tensor([1., 3.])"),
    "round": (lambda self, decimals=0, out=None: np.round(self, decimals, out),
        "The numbers rounded to some decimals: piecewise constant, so without gradient.",
        "tensor([1.26, 2.0], requires_grad=True).round(1) -> tensor([1.3, 2. ])"),
    "conjugate": (lambda self: np.conjugate(self), "The numbers unchanged, because they are real.",
        "tensor([1.0, 2.0]).conjugate(), tensor([1.0, 2.0]).real -> (tensor([1., 2.]), tensor([1., 2.]))"),
}  # fmt: skip


def attach() -> None:
    """Give Tensor its operators and methods."""
    for op in REGISTRY.values():
        facts = op.facts
        if name := OPERATORS.get(facts.symbol):
            setattr(Tensor, f"__{name}__", write_operator(op))
            setattr(Tensor, f"__r{name}__", write_operator(op, reflected=True))
            setattr(Tensor, f"__i{name}__", in_place(op, getattr(operator, f"i{name}")))
        elif name := COMPARISONS.get(facts.symbol):
            setattr(Tensor, f"__{name}__", write_operator(op))
        for name in facts.method:
            options = facts.options
            function = getattr(np, name, op.function)
            if options and "dim" in options:
                function = in_either_words(name, function, options)
            setattr(Tensor, name, write_method(op, function, options) if options else op.function)
    divmods = {"__divmod__": divide_with_remainder, "__rdivmod__": divided_with_remainder}
    written: dict[str, Any] = {f.__name__: f for f in (reshape, transpose, astype, repeat, argpartition)}
    for name, (function, doc, doctest) in OF_NUMPY.items():
        call, _, result = doctest.partition(" -> ")
        function.__name__, function.__qualname__, function.__module__ = name, f"Tensor.{name}", Tensor.__module__
        function.__doc__ = f"{doc}\n\n>>> from autograd import tensor\n>>> {call}\n{result}"
        written[name] = function
    conjugate = written["conj"] = written["conjugate"]
    for name, function in (written | divmods).items():
        setattr(Tensor, name, function)
    attach_methods()
    Tensor.real = property(conjugate)  # type: ignore[method-assign, assignment]
    Tensor.imag = property(imaginary)  # type: ignore[method-assign, assignment]
    Tensor.T = property(transpose)  # type: ignore[method-assign, assignment]
    Tensor.mT = property(matrix_transpose)  # type: ignore[method-assign, assignment]
    Tensor.at = property(index.At)  # type: ignore[method-assign, assignment]
