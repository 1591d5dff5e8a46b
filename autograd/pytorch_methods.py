"""PyTorch's methods that NumPy's arrays do not have, and ``dim`` and ``keepdim`` for ``axis`` and ``keepdims``."""

import warnings
from collections.abc import Callable
from itertools import accumulate
from math import prod
from operator import lt
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.typing import NDArray

from autograd.callers import users_level
from autograd.engine.graph import STATE
from autograd.engine.tensor import Tensor, constant, plain
from autograd.errors import LiveGraphError, OperandError, OperandTypeError
from autograd.inplace import refused
from autograd.ops import shape
from autograd.tensor_data import Argument

__autograd_transparent__ = True

_NO: Any = np._NoValue
_PAIR = "PyTorch returns two results here, values and positions. Write {} for the values and {} for the positions."
_OF_N = "PyTorch divides by n - 1, NumPy by n. Write {} for PyTorch's result and {} for NumPy's, or pass unbiased=."
# Words that give something else in PyTorch, and how to write both.
_OTHERWISE = {
    "max": _PAIR.format("t.max({axis})", "t.argmax({axis})"),
    "min": _PAIR.format("t.min({axis})", "t.argmin({axis})"),
    "sort": "NumPy's method sorts in place, which would change what the graph has kept; "
    + _PAIR.format("np.sort(t, {axis})", "t.argsort({axis})")
    + " np.flip of either puts the largest first.",
    "median": "Of two middle numbers NumPy returns the mean, PyTorch the smaller one and its position. Write "
    "np.median(t, {axis}) for NumPy's; PyTorch's is the middle one of np.sort(t, {axis}) and t.argsort({axis}).",
    "std": _OF_N.format("t.std({axis}, ddof=1)", "t.std({axis})"),
    "var": _OF_N.format("t.var({axis}, ddof=1)", "t.var({axis})"),
}


def _refuse(name: str, axis: Any, **words: Any) -> NoReturn:
    """Refuse a call for which PyTorch and NumPy return different results, and say how to write both."""
    given = ", ".join(f"{word}={value!r}" for word, value in words.items() if value is not None)
    text = _OTHERWISE[name].format(axis=f"axis={axis!r}" + ", keepdims=True" * bool(words.get("keepdim")))
    raise OperandTypeError(f"{name}({given}): {text}")


def in_either_words(name: str, function: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    """The function that a method calls for rarer options: NumPy's, which here takes PyTorch's keywords too."""

    def call(x: Any, *, dim: Any = None, keepdim: Any = None, unbiased: Any = None, **given: Any) -> Any:
        if dim is not None:
            if given["axis"] != options["axis"]:
                raise OperandTypeError(f"{name}: axis={given['axis']!r} and dim={dim!r} mean the same: pass one.")
            given["axis"] = (tuple(dim) or None) if isinstance(dim, list | tuple) else dim
            if name == "squeeze":
                given["axis"] = tuple(d for d in normalize_axis_tuple(dim, x.ndim) if x.shape[d] == 1)
        for other in ("dtype", "out"):
            if isinstance(flag := given.get(other), bool) and "keepdims" in options:
                word = "unbiased" if name in ("std", "var") else "keepdim"
                raise OperandTypeError(f"{name}: the argument after axis is {other}, not {flag}. Write {word}={flag}.")
        if keepdim is not None:
            given["keepdims"] = bool(keepdim)
        if unbiased is not None:
            given["ddof"] = int(unbiased)
        elif not (dim is keepdim is None) and name in _OTHERWISE and given.get("correction", _NO) is _NO:
            _refuse(name, given["axis"], dim=dim, keepdim=keepdim)
        return function(x, **given)

    return call


def warn_of_two_axes(t: Tensor, axes: tuple[Any, ...]) -> None:
    """Warn of a call that may have been meant to exchange two axes of a matrix: for NumPy it changes nothing."""
    if t.ndim == 2 and (axes[0] % 2, axes[1] % 2) == (0, 1):
        i, j = axes
        warnings.warn(
            f"transpose({i}, {j}) leaves a matrix unchanged: NumPy takes the axes in their new order. To exchange "
            f"them, as PyTorch does, write t.T or t.swapaxes({i}, {j}); to keep them, t.transpose(({i}, {j})).",
            stacklevel=users_level(),
        )


class TopK(NamedTuple):
    """The largest (or smallest) entries along an axis, and their positions."""

    values: Tensor
    indices: NDArray[np.intp]


def _at_once(sizes: tuple[Any, ...]) -> Any:
    """Sizes or axes given one by one, or all in one tuple."""
    return sizes[0] if len(sizes) == 1 and isinstance(sizes[0], list | tuple) else sizes


def _flatten(t: Any, order: Any = "C", start_dim: int | None = None, end_dim: int | None = None) -> Any:
    if order == "C" and start_dim is None and end_dim is None:
        return shape.ravel(t)
    if not isinstance(order, str):
        raise OperandTypeError(
            f"flatten({order!r}): NumPy's flatten takes an order in memory, PyTorch's the first axis to flatten. Write "
            f"t.flatten(start_dim={order!r}), or t.reshape(len(t), -1) for all axes but the first."
        )
    if order != "C":
        return t.ravel(order)
    first = normalize_axis_index(start_dim or 0, t.ndim)
    last = normalize_axis_index(-1 if end_dim is None else end_dim, t.ndim)
    if last < first:
        raise OperandError(f"flatten: start_dim={start_dim} comes after end_dim={end_dim}, in shape {t.shape}.")
    return shape.reshape(t, shape=(*t.shape[:first], prod(t.shape[first : last + 1]), *t.shape[last + 1 :]))


def _view(t: Any, *shape: Any) -> Any:
    """Another shape; NumPy's other meaning, the same bytes as numbers of another dtype, is refused."""
    if len(shape) == 1 and isinstance(shape[0], type | str | np.dtype):
        raise OperandTypeError(
            f"view({shape[0]!r}): a Tensor shows numbers, not their bytes. Write t.astype(...) to convert the numbers, "
            "or t.numpy().view(...) for plain numbers made of the same bytes."
        )
    return t.reshape(*shape)


def _expand(t: Tensor, *sizes: Any) -> Any:
    wanted = tuple(_at_once(sizes))
    own = (1,) * (len(wanted) - t.ndim) + t.shape
    return np.broadcast_to(t, tuple(n if size == -1 else size for size, n in zip(wanted, own, strict=False)))


def _length(t: Tensor, dim: int) -> int:
    return t.shape[normalize_axis_index(dim, t.ndim)]


def _split(t: Tensor, split_size: Any, *axis: Any, dim: int | None = None) -> Any:
    if dim is None:
        k, size = axis[0] if axis else 0, repr(split_size)
        raise OperandTypeError(
            f"split({', '.join(map(repr, (split_size, *axis)))}) gives the size of the pieces in PyTorch, and their "
            f"number in NumPy. Write t.split({size}, dim={k}) for PyTorch's, np.split(t, {size}, axis={k}) for "
            "NumPy's."
        )
    n = _length(t, dim)
    if isinstance(split_size, list | tuple):
        *cuts, total = accumulate(split_size)
        if total != n:
            raise OperandError(f"split: the sizes {split_size} add up to {total}, but axis {dim} has {n} entries.")
    elif split_size > 0:
        cuts = [*range(split_size, n, split_size)]
    else:
        raise OperandError(f"a piece of the {n} entries along axis {dim} has at least 1 entry, not {split_size}.")
    return tuple(np.split(t, cuts, axis=dim))


def _chunk(t: Tensor, chunks: int, dim: int = 0) -> Any:
    return _split(t, max(-(-_length(t, dim) // chunks), 1) if chunks > 0 else chunks, dim=dim)


def _places(t: Tensor, dim: int, index: Any) -> tuple[Any, ...]:
    """The positions that an index along an axis selects, one for each of its own entries."""
    index = np.asarray(plain(index))
    if index.ndim != t.ndim or index.dtype.kind not in "iu":
        raise OperandError(
            f"the index has shape {index.shape}, {index.dtype}. It must hold integers and have as many axes as the "
            f"Tensor of shape {t.shape}: use index.reshape(...), or t[...] for NumPy's indexing."
        )
    places = list(np.indices(index.shape, sparse=True))
    places[normalize_axis_index(dim, t.ndim)] = index
    return tuple(places)


def _part(src: Any, index: Any) -> Any:
    """The scattered values, cut to the length of the index along each axis."""
    lengths = np.shape(index)
    if np.shape(src) in ((), lengths):
        return src
    if np.ndim(src) != len(lengths) or any(map(lt, np.shape(src), lengths)):
        raise OperandError(
            f"src has shape {np.shape(src)}, but the index has shape {lengths}: src must not be smaller."
        )
    return (src if isinstance(src, Tensor) else np.asarray(src))[tuple(map(slice, lengths))]


def _topk(t: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> TopK:
    n, axis = _length(t, dim), dim % t.ndim
    if not 0 <= k <= n:
        raise OperandError(f"topk: k={k}, but there are {n} entries along axis {dim} of shape {t.shape}.")
    order = np.argsort(plain(t), axis=dim, kind="stable")
    order = (np.flip(order, dim) if largest else order)[(slice(None),) * axis + (slice(k),)]
    values: Any = np.take_along_axis(t, order, dim)
    return TopK(values, order)


def _requires_grad_(t: Tensor, requires_grad: bool = True) -> Tensor:
    t.requires_grad = requires_grad
    return t


def _zero_(t: Tensor) -> Tensor:
    if not t.is_leaf or t._info.__class__ is Argument:
        raise LiveGraphError(
            f"zero_ changes a leaf in place, but {t._describe()} was computed: write np.zeros_like(t)."
        )
    if t._requires_grad and STATE.get().grad:
        raise refused(t, "zero_", "{0}.zero_()", "np.zeros_like({0})")
    t.data[...] = 0
    t._changed()
    return t


def _in(dtype: Any) -> Callable[..., Any]:
    return lambda t: t if t.dtype == dtype else t.astype(dtype)


def dtype_among(
    *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False, copy: bool = False
) -> np.dtype[Any] | None:
    """The dtype among the arguments of ``to``: a dtype, a device, both, or an array of the dtype; None for none."""
    found = None
    for x in (*args, device, dtype):
        if x is None or isinstance(x, bool) or str(x) == "cpu":  # non_blocking and copy need nothing done
            continue
        try:
            found = own if isinstance(own := getattr(x, "dtype", None), np.dtype) else np.dtype(x)
        except TypeError:
            raise OperandError(f'there is no device {str(x)!r} here: leave it out, or write "cpu".') from None
    return found


def _norm(t: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Any:
    axis = tuple(dim) if isinstance(dim, list) else dim
    return np.linalg.vector_norm(t, axis=axis, keepdims=keepdim, ord=2 if p in ("fro", None) else p)


# The method, and a call of it with what it equals; t has shape (2, 3), i holds positions, np.array([[0], [2]]).
METHODS: dict[str, tuple[Callable[..., Any], str]] = {
    "view": (_view, "t.view(-1, 2) is t.reshape(-1, 2)"),
    "view_as": (lambda t, other: t.reshape(np.shape(other)), "t.view_as(t.T) is t.reshape(t.T.shape)"),
    "flatten": (_flatten, "t.flatten(start_dim=1) is t.reshape(len(t), -1)"),
    "unsqueeze": (lambda t, dim: np.expand_dims(t, dim), "t.unsqueeze(0) is np.expand_dims(t, 0)"),
    "permute": (lambda t, *dims: np.transpose(t, _at_once(dims)), "t.permute(1, 0) is t.transpose((1, 0))"),
    "t": (lambda t: t if t.ndim < 2 else t.mT, "t.t() is t.mT"),
    "expand": (_expand, "t.expand(4, -1, -1) is np.broadcast_to(t, (4, 2, 3))"),
    "expand_as": (lambda t, other: np.broadcast_to(t, np.shape(other)), "t[0].expand_as(t) is np.stack([t[0], t[0]])"),
    "chunk": (_chunk, "t.chunk(2, dim=1) is (t[:, :2], t[:, 2:])"),
    "split": (_split, "t.split(2, dim=1) is (t[:, :2], t[:, 2:])"),
    "unbind": (lambda t, dim=0: tuple(np.moveaxis(t, dim, 0)), "t.unbind() is (t[0], t[1])"),
    "contiguous": (lambda t: t if t.flags.c_contiguous else t.copy(), "t.T.contiguous() is t.T.copy()"),
    "is_contiguous": (lambda t: t.flags.c_contiguous, "t.is_contiguous() is t.flags.c_contiguous"),
    "numel": (lambda t: int(t.size), "t.numel() is 6"),
    "dim": (lambda t: t.ndim, "t.dim() is t.ndim"),
    "add": (lambda t, other, *, alpha=1: t + other if alpha == 1 else t + alpha * other, "t.add(2.0) is t + 2.0"),
    "sub": (lambda t, other, *, alpha=1: t - other if alpha == 1 else t - alpha * other, "t.sub(2.0) is t - 2.0"),
    "mul": (lambda t, other: t * other, "t.mul(2.0) is t * 2.0"),
    "div": (lambda t, other: t / other, "t.div(2.0) is t / 2.0"),
    "pow": (lambda t, exponent: t**exponent, "t.pow(2) is t**2"),
    "matmul": (lambda t, other: t @ other, "t.matmul(t.T) is t @ t.T"),
    "mm": (lambda t, mat2: t @ mat2, "t.mm(t.T) is t @ t.T"),
    "bmm": (lambda t, mat2: t @ mat2, "t[:, None].bmm(t[:, :, None]) is t[:, None] @ t[:, :, None]"),
    "clamp": (lambda t, min=None, max=None: t.clip(min, max), "t.clamp(max=2.0) is t.clip(max=2.0)"),
    "norm": (_norm, "t.norm(1, dim=0) is np.linalg.vector_norm(t, ord=1, axis=0)"),
    "eq": (lambda t, other: t == other, "t.eq(2.0) is (t == 2.0)"),
    "where": (lambda t, condition, other: np.where(condition, t, other), "t.where(t > 1, 0) is np.where(t > 1, t, 0)"),
    "masked_fill": (lambda t, mask, value: np.where(plain(mask), value, t),
        "t.masked_fill(t > 1, 0.0) is np.where(t > 1, 0.0, t)"),
    "gather": (lambda t, dim, index: t[_places(t, dim, index)], "t.gather(1, i) is np.take_along_axis(t, i, 1)"),
    "scatter": (lambda t, dim, index, src=_NO, *, value=_NO: t.at[_places(t, dim, index)].set(
        _part(value if src is _NO else src, index)), "t.scatter(1, i, 5.0) is t.at[[0, 1], [0, 2]].set(5.0)"),
    "scatter_add": (lambda t, dim, index, src: t.at[_places(t, dim, index)].add(_part(src, index)),
        "t.scatter_add(1, i, t) is t.at[[0, 1], [0, 2]].add(t[:, 0])"),
    "index_select": (lambda t, dim, index: np.take(t, index, axis=dim), "t.index_select(1, [0, 2]) is t[:, [0, 2]]"),
    "topk": (_topk, "t.topk(2) is (np.sort(t)[:, :0:-1], np.argsort(t)[:, :0:-1])"),
    "sort": (lambda t, dim=-1, descending=False, **how: _refuse("sort", axis=how.get("axis", dim), dim=dim),
        "t.sort(1) is refused: write np.sort(t, 1) and t.argsort(1)"),
    "median": (lambda t, dim=None, keepdim=None: _refuse("median", dim, dim=dim, keepdim=keepdim),
        "t.median(1) is refused: write np.median(t, 1)"),
    "clone": (lambda t: t.copy(), "t.clone() is t.copy()"),
    "cpu": (lambda t: t, "t.cpu() is t"),
    "to": (lambda t, *args, **options: _in(dtype_among(*args, **options) or t.dtype)(t),
        't.to("cpu", np.float32) is t.astype(np.float32)'),
    "type_as": (lambda t, other: _in(other.dtype)(t), "t.type_as(i) is t.astype(i.dtype)"),
    "half": (_in(np.float16), "t.half() is t.astype(np.float16)"),
    "float": (_in(np.float32), "t.float() is t.astype(np.float32)"),
    "double": (_in(np.float64), "t.double() is t.astype(np.float64)"),
    "int": (_in(np.int32), "t.int() is t.astype(np.int32)"),
    "long": (_in(np.int64), "t.long() is t.astype(np.int64)"),
    "bool": (_in(np.bool), "t.bool() is t.astype(bool)"),
    "new_zeros": (lambda t, *size: constant(np.zeros(_at_once(size), t.dtype)),
        "t.new_zeros(2, 3) is tensor(np.zeros((2, 3), t.dtype))"),
    "new_ones": (lambda t, *size: constant(np.ones(_at_once(size), t.dtype)),
        "t.new_ones(2, 3) is tensor(np.ones((2, 3), t.dtype))"),
    "requires_grad_": (_requires_grad_, "tensor([1.0]).requires_grad_() is tensor([1.0], requires_grad=True)"),
    "retain_grad": (lambda t: None, "t.retain_grad() is None"),
    "zero_": (_zero_, "tensor([1.0]).zero_() is tensor([0.0])"),
}  # fmt: skip


def attach_methods() -> None:
    """Give Tensor the methods of the table."""
    for name, (method, example) in METHODS.items():
        call, _, same = example.partition(" is ")
        method.__name__, method.__qualname__, method.__module__ = name, f"Tensor.{name}", Tensor.__module__
        method.__doc__ = f"``{call}`` is {same}." if same.startswith("refused") else f"``{call}`` is ``{same}``."
        method.__annotations__ = {}  # which would spread over lines of `help`
        setattr(Tensor, name, method)
    Tensor.device = property(lambda t: "cpu", doc='``t.device`` is ``"cpu"``.')  # type: ignore[method-assign, assignment]
