# Operators and differentiable methods of a Tensor, for editors and type checkers. The functions themselves are attached
# by `autograd.methods`; a test holds both against each other, names and parameters. Of ops, docs/make_surface.py writes
# what stands here.

from builtins import bool as Bool, int as Int
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NoReturn, Self, overload

import numpy as np
from numpy._core.multiarray import flagsobj
from numpy.typing import DTypeLike, NDArray

from autograd.arrays import Axis
from autograd.engine.tensor import Tensor
from autograd.ops.index import At
from autograd.pytorch_methods import TopK

Flags = flagsobj
Rows = Iterator[Tensor]
Operand = Any  # a Tensor, an array, a number, or a list of numbers

class PyTorchMethods:
    # fmt: off
    # --- of autograd.pytorch_methods, written by docs/make_surface.py
    def view(self, *shape: Any) -> Tensor:
        """``t.view(-1, 2)`` is ``t.reshape(-1, 2)``."""
    def view_as(self, other: Operand) -> Tensor:
        """``t.view_as(t.T)`` is ``t.reshape(t.T.shape)``."""
    def flatten(self, order: Any = "C", start_dim: Int | None = None, end_dim: Int | None = None) -> Tensor:
        """``t.flatten(start_dim=1)`` is ``t.reshape(len(t), -1)``."""
    def unsqueeze(self, dim: Int) -> Tensor:
        """``t.unsqueeze(0)`` is ``np.expand_dims(t, 0)``."""
    def permute(self, *dims: Any) -> Tensor:
        """``t.permute(1, 0)`` is ``t.transpose((1, 0))``."""
    def t(self) -> Tensor:
        """``t.t()`` is ``t.mT``."""
    def expand(self, *sizes: Any) -> Tensor:
        """``t.expand(4, -1, -1)`` is ``np.broadcast_to(t, (4, 2, 3))``."""
    def expand_as(self, other: Operand) -> Tensor:
        """``t[0].expand_as(t)`` is ``np.stack([t[0], t[0]])``."""
    def chunk(self, chunks: Int, dim: Int = 0) -> tuple[Tensor, ...]:
        """``t.chunk(2, dim=1)`` is ``(t[:, :2], t[:, 2:])``."""
    def split(self, split_size: Any, *axis: Any, dim: Int | None = None) -> tuple[Tensor, ...]:
        """``t.split(2, dim=1)`` is ``(t[:, :2], t[:, 2:])``."""
    def unbind(self, dim: Int = 0) -> tuple[Tensor, ...]:
        """``t.unbind()`` is ``(t[0], t[1])``."""
    def contiguous(self) -> Tensor:
        """``t.T.contiguous()`` is ``t.T.copy()``."""
    def is_contiguous(self) -> Bool:
        """``t.is_contiguous()`` is ``t.flags.c_contiguous``."""
    def numel(self) -> Int:
        """``t.numel()`` is ``6``."""
    def dim(self) -> Int:
        """``t.dim()`` is ``t.ndim``."""
    def add(self, other: Operand, *, alpha: Operand = 1) -> Tensor:
        """``t.add(2.0)`` is ``t + 2.0``."""
    def sub(self, other: Operand, *, alpha: Operand = 1) -> Tensor:
        """``t.sub(2.0)`` is ``t - 2.0``."""
    def mul(self, other: Operand) -> Tensor:
        """``t.mul(2.0)`` is ``t * 2.0``."""
    def div(self, other: Operand) -> Tensor:
        """``t.div(2.0)`` is ``t / 2.0``."""
    def pow(self, exponent: Operand) -> Tensor:
        """``t.pow(2)`` is ``t**2``."""
    def matmul(self, other: Operand) -> Tensor:
        """``t.matmul(t.T)`` is ``t @ t.T``."""
    def mm(self, mat2: Operand) -> Tensor:
        """``t.mm(t.T)`` is ``t @ t.T``."""
    def bmm(self, mat2: Operand) -> Tensor:
        """``t[:, None].bmm(t[:, :, None])`` is ``t[:, None] @ t[:, :, None]``."""
    def clamp(self, min: Operand = None, max: Operand = None) -> Tensor:
        """``t.clamp(max=2.0)`` is ``t.clip(max=2.0)``."""
    def norm(self, p: Any = "fro", dim: Axis | list[Int] = None, keepdim: Bool = False) -> Tensor:
        """``t.norm(1, dim=0)`` is ``np.linalg.vector_norm(t, ord=1, axis=0)``."""
    def eq(self, other: Operand) -> NDArray[np.bool_]:
        """``t.eq(2.0)`` is ``(t == 2.0)``."""
    def where(self, condition: Any, other: Operand) -> Tensor:
        """``t.where(t > 1, 0)`` is ``np.where(t > 1, t, 0)``."""
    def masked_fill(self, mask: Any, value: Operand) -> Tensor:
        """``t.masked_fill(t > 1, 0.0)`` is ``np.where(t > 1, 0.0, t)``."""
    def gather(self, dim: Int, index: Any) -> Tensor:
        """``t.gather(1, i)`` is ``np.take_along_axis(t, i, 1)``."""
    def scatter(self, dim: Int, index: Any, src: Any = ..., *, value: Operand = ...) -> Tensor:
        """``t.scatter(1, i, 5.0)`` is ``t.at[[0, 1], [0, 2]].set(5.0)``."""
    def scatter_add(self, dim: Int, index: Any, src: Any) -> Tensor:
        """``t.scatter_add(1, i, t)`` is ``t.at[[0, 1], [0, 2]].add(t[:, 0])``."""
    def index_select(self, dim: Int, index: Any) -> Tensor:
        """``t.index_select(1, [0, 2])`` is ``t[:, [0, 2]]``."""
    def topk(self, k: Int, dim: Int = -1, largest: Bool = True, sorted: Bool = True) -> TopK:
        """``t.topk(2)`` is ``(np.sort(t)[:, :0:-1], np.argsort(t)[:, :0:-1])``."""
    def sort(self, dim: Int = -1, descending: Bool = False, **how: Any) -> NoReturn:
        """``t.sort(1)`` is refused: write np.sort(t, 1) and t.argsort(1)."""
    def median(self, dim: Int | None = None, keepdim: Bool | None = None) -> NoReturn:
        """``t.median(1)`` is refused: write np.median(t, 1)."""
    def clone(self) -> Tensor:
        """``t.clone()`` is ``t.copy()``."""
    def cpu(self) -> Tensor:
        """``t.cpu()`` is ``t``."""
    def to(self, *args: Any, **options: Any) -> Tensor:
        """``t.to("cpu", np.float32)`` is ``t.astype(np.float32)``."""
    def type_as(self, other: Operand) -> Tensor:
        """``t.type_as(i)`` is ``t.astype(i.dtype)``."""
    def half(self) -> Tensor:
        """``t.half()`` is ``t.astype(np.float16)``."""
    def float(self) -> Tensor:
        """``t.float()`` is ``t.astype(np.float32)``."""
    def double(self) -> Tensor:
        """``t.double()`` is ``t.astype(np.float64)``."""
    def int(self) -> Tensor:
        """``t.int()`` is ``t.astype(np.int32)``."""
    def long(self) -> Tensor:
        """``t.long()`` is ``t.astype(np.int64)``."""
    def bool(self) -> Tensor:
        """``t.bool()`` is ``t.astype(bool)``."""
    def new_zeros(self, *size: Any) -> Tensor:
        """``t.new_zeros(2, 3)`` is ``tensor(np.zeros((2, 3), t.dtype))``."""
    def new_ones(self, *size: Any) -> Tensor:
        """``t.new_ones(2, 3)`` is ``tensor(np.ones((2, 3), t.dtype))``."""
    def requires_grad_(self, requires_grad: Bool = True) -> Self:
        """``tensor([1.0]).requires_grad_()`` is ``tensor([1.0], requires_grad=True)``."""
    def retain_grad(self) -> None:
        """``t.retain_grad()`` is ``None``."""
    def zero_(self) -> Self:
        """``tensor([1.0]).zero_()`` is ``tensor([0.0])``."""
    # fmt: on

class Surface(PyTorchMethods):
    # fmt: off
    # --- of ops, written by docs/make_surface.py
    def __add__(self, other: Operand) -> Tensor:
        """The sum of x and y.

        d/dx = 1, d/dy = 1

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) + 1.0
        tensor([2., 3.])
        """
    def __radd__(self, other: Operand) -> Tensor:
        """The sum of x and y.

        d/dx = 1, d/dy = 1

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) + 1.0
        tensor([2., 3.])
        """
    def __iadd__(self, other: Operand) -> Self:
        """``x += y``: see `autograd.inplace`."""
    def __sub__(self, other: Operand) -> Tensor:
        """The difference of x and y.

        d/dx = 1, d/dy = -1

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) - 1.0
        tensor([0., 1.])
        """
    def __rsub__(self, other: Operand) -> Tensor:
        """The difference of x and y.

        d/dx = 1, d/dy = -1

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) - 1.0
        tensor([0., 1.])
        """
    def __isub__(self, other: Operand) -> Self:
        """``x -= y``: see `autograd.inplace`."""
    def __mul__(self, other: Operand) -> Tensor:
        """The product of x and y, entry by entry.

        d/dx = y, d/dy = x

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) * [3.0, 4.0]
        tensor([3., 8.])
        """
    def __rmul__(self, other: Operand) -> Tensor:
        """The product of x and y, entry by entry.

        d/dx = y, d/dy = x

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) * [3.0, 4.0]
        tensor([3., 8.])
        """
    def __imul__(self, other: Operand) -> Self:
        """``x *= y``: see `autograd.inplace`."""
    def __truediv__(self, other: Operand) -> Tensor:
        """The quotient of x and y.

        d/dx = 1 / y, d/dy = -x / y ** 2

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) / 4.0
        tensor([0.25, 0.5 ])
        """
    def __rtruediv__(self, other: Operand) -> Tensor:
        """The quotient of x and y.

        d/dx = 1 / y, d/dy = -x / y ** 2

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) / 4.0
        tensor([0.25, 0.5 ])
        """
    def __itruediv__(self, other: Operand) -> Self:
        """``x /= y``: see `autograd.inplace`."""
    def __pow__(self, other: Operand) -> Tensor:
        """x to the power y; the derivative by y exists where x is not negative.

        d/dx = y * x ** (y - 1), d/dy = x ** y * log(x)

        >>> from autograd import tensor
        >>> tensor([2.0, 3.0]) ** 2
        tensor([4., 9.])
        """
    def __rpow__(self, other: Operand) -> Tensor:
        """x to the power y; the derivative by y exists where x is not negative.

        d/dx = y * x ** (y - 1), d/dy = x ** y * log(x)

        >>> from autograd import tensor
        >>> tensor([2.0, 3.0]) ** 2
        tensor([4., 9.])
        """
    def __ipow__(self, other: Operand) -> Self:
        """``x **= y``: see `autograd.inplace`."""
    def __mod__(self, other: Operand) -> Tensor:
        """The remainder of x / y, with the sign of y.

        d/dx = 1, d/dy = -floor(x / y)

        >>> from autograd import tensor
        >>> tensor([7.0, -7.0]) % 4.0
        tensor([3., 1.])
        """
    def __rmod__(self, other: Operand) -> Tensor:
        """The remainder of x / y, with the sign of y.

        d/dx = 1, d/dy = -floor(x / y)

        >>> from autograd import tensor
        >>> tensor([7.0, -7.0]) % 4.0
        tensor([3., 1.])
        """
    def __imod__(self, other: Operand) -> Self:
        """``x %= y``: see `autograd.inplace`."""
    def __floordiv__(self, other: Operand) -> Tensor:
        """The quotient of x and y, rounded down: piecewise constant, without gradient.

        >>> from autograd import tensor
        >>> tensor([7.0, -7.0]) // 4.0
        tensor([ 1., -2.])
        """
    def __rfloordiv__(self, other: Operand) -> Tensor:
        """The quotient of x and y, rounded down: piecewise constant, without gradient.

        >>> from autograd import tensor
        >>> tensor([7.0, -7.0]) // 4.0
        tensor([ 1., -2.])
        """
    def __ifloordiv__(self, other: Operand) -> Self:
        """``x //= y``: see `autograd.inplace`."""
    def __eq__(self, other: object) -> NDArray[np.bool]:  # type: ignore[override]
        """True where x equals y.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) == 2.0
        array([False,  True])
        """
    def __ne__(self, other: object) -> NDArray[np.bool]:  # type: ignore[override]
        """True where x differs from y.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) != 2.0
        array([ True, False])
        """
    def __lt__(self, other: Operand) -> NDArray[np.bool]:
        """True where x is less than y.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) < 2.0
        array([ True, False])
        """
    def __le__(self, other: Operand) -> NDArray[np.bool]:
        """True where x is at most y.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) <= 2.0
        array([ True,  True])
        """
    def __gt__(self, other: Operand) -> NDArray[np.bool]:
        """True where x is greater than y.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) > 1.0
        array([False,  True])
        """
    def __ge__(self, other: Operand) -> NDArray[np.bool]:
        """True where x is at least y.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]) >= 2.0
        array([False,  True])
        """
    def __matmul__(self, other: Operand) -> Tensor:
        """The product of the matrices in the last two axes; a vector counts as a row on the left and as a column on the
        right.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]) @ [1.0, 1.0]
        tensor([3., 7.])
        """
    def __rmatmul__(self, other: Operand) -> Tensor:
        """The product of the matrices in the last two axes; a vector counts as a row on the left and as a column on the
        right.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]) @ [1.0, 1.0]
        tensor([3., 7.])
        """
    def __imatmul__(self, other: Operand) -> Self:
        """``x @= y``: see `autograd.inplace`."""
    def __neg__(self) -> Tensor:
        """The negative of x.

        d/dx = -1

        >>> from autograd import tensor
        >>> -tensor([1.0, -2.0])
        tensor([-1.,  2.])
        """
    def __pos__(self) -> Tensor:
        """x unchanged.

        d/dx = 1

        >>> from autograd import tensor
        >>> +tensor([1.0, -2.0])
        tensor([ 1., -2.])
        """
    def abs(self) -> Tensor:
        """The absolute value of x, with slope 0 at 0.

        d/dx = sign(x)

        >>> from autograd import tensor
        >>> abs(tensor([2.0, -3.0]))
        tensor([2., 3.])
        """
    def __abs__(self) -> Tensor:
        """The absolute value of x, with slope 0 at 0.

        d/dx = sign(x)

        >>> from autograd import tensor
        >>> abs(tensor([2.0, -3.0]))
        tensor([2., 3.])
        """
    def clip(
        self, min: Operand = None, max: Operand = None, out: None = None, *, dtype: DTypeLike | None = None, where:
        Any = True, casting: Any = ...,
    ) -> Tensor:
        """x limited to the range between two bounds; beyond a bound, the gradient goes to that bound.

        >>> from autograd import tensor
        >>> tensor([-2.0, 0.5, 2.0]).clip(-1.0, 1.0)
        tensor([-1. ,  0.5,  1. ])
        """
    def copy(self, order: Any = "C") -> Tensor:
        """A copy of x within the graph.

        d/dx = 1

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]).copy()
        tensor([1., 2.])
        """
    def sum(
        self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, keepdims: bool = False, initial:
        Operand = ..., where: Any = True, dim: Axis | list[int] = None, keepdim: bool | None = None,
    ) -> Tensor:
        """The sum of all entries, or of the entries along axes.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]).sum(axis=0)
        tensor([4., 6.])
        """
    def mean(
        self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, keepdims: bool = False, where:
        Any = True, dim: Axis | list[int] = None, keepdim: bool | None = None,
    ) -> Tensor:
        """The mean of all entries, or of the entries along axes.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]).mean(axis=1)
        tensor([1.5, 3.5])
        """
    def cumsum(
        self, axis: int | None = None, dtype: DTypeLike | None = None, out: None = None, dim: int | None = None,
    ) -> Tensor:
        """The running sum along an axis, or over the flattened array.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0, 3.0]).cumsum()
        tensor([1., 3., 6.])
        """
    def prod(
        self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, keepdims: bool = False, initial:
        Operand = ..., where: Any = True, dim: Axis | list[int] = None, keepdim: bool | None = None,
    ) -> Tensor:
        """The product of all entries, or of the entries along axes; its gradient is right even if some are 0.

        >>> from autograd import tensor
        >>> tensor([2.0, 3.0, 4.0]).prod()
        tensor(24.)
        """
    def cumprod(
        self, axis: int | None = None, dtype: DTypeLike | None = None, out: None = None, dim: int | None = None,
    ) -> Tensor:
        """The running product along an axis, or over the flattened array; its gradient is right at zeros too.

        >>> from autograd import tensor
        >>> tensor([2.0, 3.0, 4.0]).cumprod()
        tensor([ 2.,  6., 24.])
        """
    def max(
        self, axis: Axis = None, out: None = None, keepdims: bool = False, initial: Operand = ..., where: Any =
        True, dim: Axis | list[int] = None, keepdim: bool | None = None,
    ) -> Tensor:
        """The largest entry, overall or along axes; equal entries share the gradient.

        >>> from autograd import tensor
        >>> tensor([[1.0, 4.0], [3.0, 2.0]]).max(axis=0)
        tensor([3., 4.])
        """
    def min(
        self, axis: Axis = None, out: None = None, keepdims: bool = False, initial: Operand = ..., where: Any =
        True, dim: Axis | list[int] = None, keepdim: bool | None = None,
    ) -> Tensor:
        """The smallest entry, overall or along axes; equal entries share the gradient.

        >>> from autograd import tensor
        >>> tensor([[1.0, 4.0], [3.0, 2.0]]).min(axis=0)
        tensor([1., 2.])
        """
    @overload
    def argmax(
        self, axis: None = None, out: None = None, keepdims: Literal[False] = False, dim: None = None, keepdim:
        Literal[False] | None = None,
    ) -> np.intp:
        """The position of the largest entry; among equal ones, the first.

        >>> from autograd import tensor
        >>> tensor([1.0, 4.0, 3.0]).argmax()
        np.int64(1)
        """
    @overload
    def argmax(
        self, axis: int | None = None, out: None = None, keepdims: bool = False, dim: int | None = None, keepdim:
        bool | None = None,
    ) -> NDArray[np.intp]: ...
    @overload
    def argmin(
        self, axis: None = None, out: None = None, keepdims: Literal[False] = False, dim: None = None, keepdim:
        Literal[False] | None = None,
    ) -> np.intp:
        """The position of the smallest entry; among equal ones, the first.

        >>> from autograd import tensor
        >>> tensor([2.0, 1.0, 3.0]).argmin()
        np.int64(1)
        """
    @overload
    def argmin(
        self, axis: int | None = None, out: None = None, keepdims: bool = False, dim: int | None = None, keepdim:
        bool | None = None,
    ) -> NDArray[np.intp]: ...
    def argsort(
        self, axis: int | None = -1, kind: Any = None, order: Any = None, stable: bool | None = None,
    ) -> NDArray[np.intp]:
        """The positions of the entries in ascending order.

        >>> from autograd import tensor
        >>> tensor([2.0, 1.0, 3.0]).argsort()
        array([1, 0, 2])
        """
    @overload
    def any(
        self, axis: None = None, out: None = None, keepdims: Literal[False] = False, where: Any = True, dim: None =
        None, keepdim: Literal[False] | None = None,
    ) -> np.bool:
        """Whether any entry is nonzero.

        >>> from autograd import tensor
        >>> tensor([0.0, 2.0]).any()
        np.True_
        """
    @overload
    def any(
        self, axis: Axis = None, out: None = None, keepdims: bool = False, where: Any = True, dim: Axis | list[int]
        = None, keepdim: bool | None = None,
    ) -> NDArray[np.bool]: ...
    @overload
    def all(
        self, axis: None = None, out: None = None, keepdims: Literal[False] = False, where: Any = True, dim: None =
        None, keepdim: Literal[False] | None = None,
    ) -> np.bool:
        """Whether all entries are nonzero.

        >>> from autograd import tensor
        >>> tensor([0.0, 2.0]).all()
        np.False_
        """
    @overload
    def all(
        self, axis: Axis = None, out: None = None, keepdims: bool = False, where: Any = True, dim: Axis | list[int]
        = None, keepdim: bool | None = None,
    ) -> NDArray[np.bool]: ...
    def var(
        self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, ddof: float = 0, keepdims: bool =
        False, dim: Axis | list[int] = None, keepdim: bool | None = None, unbiased: bool | None = None, *, where:
        Any = True, mean: Operand = ..., correction: float = ...,
    ) -> Tensor:
        """The variance: the mean square of the deviations from the mean, or their sum divided by n - ddof.

        >>> from autograd import tensor
        >>> tensor([1.0, 3.0]).var()
        tensor(1.)
        """
    def std(
        self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, ddof: float = 0, keepdims: bool =
        False, dim: Axis | list[int] = None, keepdim: bool | None = None, unbiased: bool | None = None, *, where:
        Any = True, mean: Operand = ..., correction: float = ...,
    ) -> Tensor:
        """The standard deviation, the square root of the variance; its slope is 0 where all entries are equal.

        >>> from autograd import tensor
        >>> tensor([1.0, 3.0]).std()
        tensor(1.)
        """
    def logsumexp(
        self, axis: Axis = None, keepdims: bool = False, dim: Axis | list[int] = None, keepdim: bool | None = None,
    ) -> Tensor:
        """log(sum(exp(x))) of all entries, or along axes, without overflow.

        >>> from autograd import tensor
        >>> tensor([1000.0, 1000.0]).logsumexp()
        tensor(1000.69314718)
        """
    def softmax(self, axis: int = -1, dim: int | None = None) -> Tensor:
        """exp(x) / sum(exp(x)) along an axis, without overflow: positive shares that add up to 1.

        >>> from autograd import tensor
        >>> tensor([0.0, 1000.0]).softmax()
        tensor([0., 1.])
        """
    def log_softmax(self, axis: int = -1, dim: int | None = None) -> Tensor:
        """The logarithm of the softmax along an axis, without overflow.

        >>> from autograd import tensor
        >>> tensor([0.0, 1000.0]).log_softmax()
        tensor([-1000.,     0.])
        """
    def __getitem__(self, index: Any) -> Tensor:
        """x[index] for every kind of NumPy index; the gradients of a position chosen several times add up.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0, 3.0])[[0, 0, 2]]
        tensor([1., 1., 3.])
        """
    def dot(self, y: Operand, out: None = None) -> Tensor:
        """The sum of products over the last axis of x and the second-to-last axis of y, or its only one.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]).dot([3.0, 4.0])
        tensor(11.)
        """
    def exp(self) -> Tensor:
        """e to the power x.

        d/dx = exp(x)

        >>> from autograd import tensor
        >>> tensor(1.0).exp()
        tensor(2.71828183)
        """
    def log(self) -> Tensor:
        """The natural logarithm of x.

        d/dx = 1 / x

        >>> from autograd import tensor
        >>> tensor(2.0).log()
        tensor(0.69314718)
        """
    def sqrt(self) -> Tensor:
        """The square root of x, whose slope at 0 is infinite.

        d/dx = 1 / (2 * sqrt(x))

        >>> from autograd import tensor
        >>> tensor([4.0, 9.0]).sqrt()
        tensor([2., 3.])
        """
    def sin(self) -> Tensor:
        """The sine of the angle x, in radians.

        d/dx = cos(x)

        >>> import numpy as np
        >>> from autograd import tensor
        >>> np.sin(tensor(np.pi / 2))
        tensor(1.)
        """
    def cos(self) -> Tensor:
        """The cosine of the angle x, in radians.

        d/dx = -sin(x)

        >>> import numpy as np
        >>> from autograd import tensor
        >>> np.cos(tensor(np.pi))
        tensor(-1.)
        """
    def tanh(self) -> Tensor:
        """The hyperbolic tangent of x.

        d/dx = 1 - out ** 2

        >>> from autograd import tensor
        >>> tensor(1.0).tanh()
        tensor(0.76159416)
        """
    def sigmoid(self) -> Tensor:
        """The logistic function 1 / (1 + exp(-x)), without overflow.

        d/dx = out * (1 - out)

        >>> from autograd import tensor
        >>> tensor([0.0, 1000.0]).sigmoid()
        tensor([0.5, 1. ])
        """
    def softplus(self) -> Tensor:
        """log(1 + exp(x)), a smooth max(x, 0), without overflow.

        d/dx = sigmoid(x)

        >>> from autograd import tensor
        >>> tensor(1000.0).softplus()
        tensor(1000.)
        """
    def relu(self) -> Tensor:
        """max(x, 0), with slope 0 at 0.

        d/dx = x > 0

        >>> from autograd import tensor
        >>> tensor([-1.0, 2.0]).relu()
        tensor([0., 2.])
        """
    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """x with two axes exchanged.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0]]).swapaxes(0, 1).shape
        (2, 1)
        """
    def squeeze(self, axis: Axis = None, dim: Axis | list[int] = None) -> Tensor:
        """x without its axes of length 1, or without the given ones.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0]]).squeeze()
        tensor([1., 2.])
        """

    # --- made of NumPy's functions
    def __divmod__(self, other: Operand) -> tuple[Tensor, Tensor]:
        """``divmod(t, other)``: the quotient rounded down, and the remainder."""
    def __rdivmod__(self, other: Operand) -> tuple[Tensor, Tensor]:
        """``divmod(other, t)``."""
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Called by NumPy for a ufunc with a Tensor among its operands."""
    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Called by NumPy for any other of its functions with a Tensor among its arguments."""
    @property
    def T(self) -> Tensor:
        """The axes in another order, reversed if none is given.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0, 3.0]]).transpose().shape, tensor([[[1.0, 2.0]]]).transpose(0, 2, 1).shape
        ((3, 1), (1, 2, 1))
        """
    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged.

        >>> from autograd import tensor
        >>> tensor([[[1.0, 2.0]]]).mT.shape
        (1, 2, 1)
        """
    @property
    def real(self) -> Tensor:
        """The numbers unchanged, because they are real.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]).conjugate(), tensor([1.0, 2.0]).real
        (tensor([1., 2.]), tensor([1., 2.]))
        """
    @property
    def imag(self) -> Tensor:
        """Zeros, because the numbers are real.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]).imag
        tensor([0., 0.])
        """
    @property
    def device(self) -> str:
        """``t.device`` is ``"cpu"``."""
    @property
    def at(self) -> At:
        """``t.at[index].set(value)`` and ``.add(value)``: differentiable answers to ``t[index] = value``.

        >>> from autograd import tensor
        >>> x = tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> x.at[0].set(10.0).sum().backward()
        >>> x.grad
        array([0., 1., 1.])
        """
    def argpartition(
        self, kth: Any, axis: int | None = -1, kind: Any = "introselect", order: None = None,
    ) -> NDArray[np.intp]:
        """The order that puts the kth smallest entry at position k, smaller ones before it and larger ones after it.

        >>> from autograd import tensor
        >>> x = tensor([3.0, 1.0, 2.0])
        >>> x[x.argpartition(0)][0]
        tensor(1.)
        """
    def nonzero(self) -> tuple[NDArray[np.intp], ...]:
        """The positions of the entries that are not 0: one array for each axis.

        >>> from autograd import tensor
        >>> tensor([0.0, 3.0, 4.0]).nonzero()
        (array([1, 2]),)
        """
    @overload
    def searchsorted(self, v: float, side: Any = "left", sorter: Any = None) -> np.intp:
        """The positions where numbers must be inserted into this sorted Tensor to keep it sorted.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0, 4.0]).searchsorted([0.5, 3.0])
        array([0, 2])
        """
    @overload
    def searchsorted(
        self, v: Sequence[Any] | NDArray[Any] | Tensor, side: Any = "left", sorter: Any = None,
    ) -> NDArray[np.intp]: ...
    def reshape(self, *shape: Any, order: Any = "C") -> Tensor:
        """The same numbers in another shape: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0, 3.0, 4.0]).reshape(2, 2)
        tensor([[1., 2.],
                [3., 4.]])
        """
    def transpose(self, *axes: Any) -> Tensor:
        """The axes in another order, reversed if none is given.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0, 3.0]]).transpose().shape, tensor([[[1.0, 2.0]]]).transpose(0, 2, 1).shape
        ((3, 1), (1, 2, 1))
        """
    def ravel(self, order: Any = "C") -> Tensor:
        """The numbers as a Tensor with one axis.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]).ravel()
        tensor([1., 2., 3., 4.])
        """
    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """The diagonal of each matrix.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]).diagonal()
        tensor([1., 4.])
        """
    def trace(
        self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: DTypeLike | None = None, out: None = None,
    ) -> Tensor:
        """The sum of the diagonal of each matrix.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]).trace()
        tensor(5.)
        """
    def take(self, indices: Any, axis: int | None = None, out: None = None, mode: Any = "raise") -> Tensor:
        """The entries at given positions, along an axis or in the flattened Tensor.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]).take([1, 1], axis=0)
        tensor([[3., 4.],
                [3., 4.]])
        """
    def compress(self, condition: Any, axis: int | None = None, out: None = None) -> Tensor:
        """The entries where a condition holds, along an axis or in the flattened Tensor.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0, 3.0]).compress([True, False, True])
        tensor([1., 3.])
        """
    def repeat(self, repeats: Any, axis: int | None = None, *sizes: Any) -> Tensor:
        """Each entry repeated, along an axis or in the flattened Tensor.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]).repeat(2)
        tensor([1., 1., 2., 2.])
        """
    def round(self, decimals: int = 0, out: None = None) -> Tensor:
        """The numbers rounded to some decimals: piecewise constant, so without gradient.

        >>> from autograd import tensor
        >>> tensor([1.26, 2.0], requires_grad=True).round(1)
        tensor([1.3, 2. ])
        """
    def conjugate(self) -> Tensor:
        """The numbers unchanged, because they are real.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]).conjugate(), tensor([1.0, 2.0]).real
        (tensor([1., 2.]), tensor([1., 2.]))
        """
    def conj(self) -> Tensor:
        """The numbers unchanged, because they are real.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]).conjugate(), tensor([1.0, 2.0]).real
        (tensor([1., 2.]), tensor([1., 2.]))
        """
    def astype(
        self, dtype: DTypeLike, order: Any = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True,
    ) -> Tensor:
        """The numbers in another dtype; integers and booleans are constants, without gradient.

        >>> from autograd import tensor
        >>> x = tensor([1.5, 2.0], requires_grad=True)
        >>> x.astype("float32").sum().backward()
        >>> x.grad
        array([1., 1.])
        >>> x.astype(int)
        tensor([1, 2])
        """
    # fmt: on
