"""numpy.linalg on Tensors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd.engine.tensor import constant
from autograd.numpy_functions.arguments import as_operand, as_tensor, plain
from autograd.numpy_functions.protocol import composed, implements
from autograd.numpy_functions.selection import take_along_axis
from autograd.numpy_functions.without_gradient import BASIS, RANK, REFLECTORS, refusal
from autograd.ops import arithmetic, linalg, linear, spectra
from autograd.ops.reduce import keep

# The named tuples that NumPy returns; it has no public name for them.
_one: Any = np.eye(1)
SlogdetResult: Any = type(np.linalg.slogdet(_one))
QRResult: Any = type(np.linalg.qr(_one))
EighResult: Any = type(np.linalg.eigh(_one))
SVDResult: Any = type(np.linalg.svd(_one))


@implements(np.linalg.tensorsolve)
def _tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    a, b = as_operand(a), as_operand(b)
    if axes is not None:
        a = np.transpose(a, [*(k for k in range(a.ndim) if k not in axes), *axes])
    free = a.shape[-(a.ndim - b.ndim) :] if a.ndim > b.ndim else ()
    return np.linalg.solve(np.reshape(a, (b.size, int(np.prod(free)))), np.ravel(b)).reshape(free)


@implements(np.linalg.tensorinv)
def _tensorinv(a: Any, ind: int = 2) -> Any:
    rows, columns = a.shape[:ind], a.shape[ind:]
    return np.linalg.inv(a.reshape((int(np.prod(rows)), -1))).reshape(columns + rows)


@implements(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    """At full rank: through the pseudo-inverse for the solution, by its definition for the residuals."""
    a, b = as_tensor(a), as_tensor(b)
    _, _, rank, _ = np.linalg.lstsq(a.data, b.data, rcond=rcond)
    rows, columns = a.shape
    if rank < min(rows, columns):
        raise refusal(f"numpy.linalg.lstsq of a matrix of rank {rank} and shape {a.shape}", RANK)
    x = np.matmul(np.linalg.pinv(a), b)
    residuals = b - np.matmul(a, x)
    squares = np.sum(residuals * residuals, axis=0, keepdims=b.ndim == 1)
    return x, squares if rows > columns else constant(np.zeros(0, x.dtype)), rank, np.linalg.svdvals(a)


implements(np.linalg.slogdet, direct=True)(lambda a: SlogdetResult(*linalg.slogdet(a)))


@implements(np.linalg.qr, direct=True)
def _qr(a: Any, mode: Any = "reduced") -> Any:
    square = a.shape[-1] >= a.shape[-2]
    if mode == "reduced" or (mode == "complete" and square):
        return QRResult(*linalg.qr(a))
    if mode == "r":
        return linalg.qr(a)[1]
    np.linalg.qr(plain(a), mode)  # which raises NumPy's errors
    raise refusal(f"numpy.linalg.qr of shape {a.shape} with mode={mode!r}", BASIS if mode == "complete" else REFLECTORS)


implements(np.linalg.eigh, direct=True)(lambda a, UPLO="L": EighResult(*spectra.eigh(a, UPLO=UPLO)))
implements(np.linalg.eigvalsh)(lambda a, UPLO="L": spectra.eigh(a, UPLO=UPLO)[0])


@implements(np.linalg.svd, direct=True)
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    if hermitian:
        return _svd_of_symmetric(a, full_matrices, compute_uv, hermitian)
    if not compute_uv:
        return np.linalg.svdvals(a)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise refusal(f"numpy.linalg.svd of shape {a.shape} with full_matrices=True", BASIS)
    return SVDResult(*spectra.svd(a))


def _from_eigenvalues(a: Any, full_matrices: bool, compute_uv: bool, hermitian: bool) -> Any:
    """As NumPy does it for symmetric matrices: the sizes of eigenvalues are the singular values, largest first."""
    values, vectors = spectra.eigh(a)
    order = np.argsort(np.abs(values.data), axis=-1)[..., ::-1]
    values = take_along_axis(values, order, -1)
    if not compute_uv:
        return np.abs(values)
    u = take_along_axis(vectors, order[..., None, :], -1)
    return SVDResult(u, np.abs(values), np.matrix_transpose(u * np.sign(values.data)[..., None, :]))


_svd_of_symmetric = composed(np.linalg.svd, _from_eigenvalues)
implements(np.linalg.svdvals)(lambda x, /: spectra.svd(x)[1])


@implements(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is None and (ord is None or (ord == 2 and x.ndim == 1)):
        return linalg.euclidean(x, axis=None, keepdims=keepdims)
    if axis is None:
        axis = tuple(range(x.ndim))
    axes = (axis,) if isinstance(axis, int | np.integer) else tuple(axis)
    if len(axes) == 1:
        return _vector_norm_along(x, 2 if ord is None else ord, axes[0], keepdims)
    return _matrix_norm(x, "fro" if ord is None else ord, axes, keepdims)


def _vector_norm_along(x: Any, ord: Any, axis: int | tuple[int, ...] | None, keepdims: bool) -> Any:
    if ord == 2:
        return linalg.euclidean(x, axis=axis, keepdims=keepdims)
    sizes = np.abs(x)
    if ord == np.inf:
        return np.max(sizes, axis=axis, keepdims=keepdims, initial=np._NoValue if x.size else 0.0)
    if ord == -np.inf:
        return np.min(sizes, axis=axis, keepdims=keepdims)
    if ord == 0:
        return constant(np.sum((x != 0).astype(x.dtype), axis=axis, keepdims=keepdims))
    if ord == 1:
        return np.sum(sizes, axis=axis, keepdims=keepdims)
    return linalg.p_norm(x, ord=float(ord), axis=axis, keepdims=keepdims)


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    row, column = (normalize_axis_index(k, x.ndim) for k in axes)
    if ord in ("fro", "f", None):
        return linalg.euclidean(x, axis=(row, column), keepdims=keepdims)
    if not x.size:  # 0, where NumPy has an answer
        return np.sum(np.abs(x), axis=(row, column), keepdims=keepdims)
    if ord in (2, -2, "nuc"):
        values = spectra.svd(np.moveaxis(x, (row, column), (-2, -1)))[1]
        reduced = np.sum(values, axis=-1) if ord == "nuc" else spectra.extreme(values, 0 if ord == 2 else -1)
    else:  # 1 or infinity, of either sign
        along, other = (row, column) if abs(ord) == 1 else (column, row)
        sums = np.sum(np.abs(x), axis=along)
        reduction: Any = np.max if ord > 0 else np.min
        reduced = reduction(sums, axis=other - (other > along))
    return keep(reduced, x.shape, (row, column), False) if keepdims else reduced


@implements(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return _vector_norm_along(x, ord, tuple(range(x.ndim)) if axis is None else axis, keepdims)


implements(np.linalg.matrix_norm)(lambda x, /, *, keepdims=False, ord="fro": _matrix_norm(x, ord, (-2, -1), keepdims))


@implements(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Any:
    if p in (None, 2, -2):
        values = spectra.svd(x)[1]
        return values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
    singular = ~np.isfinite(np.linalg.cond(plain(x), p))  # has a condition in NumPy, and no slope
    invertible = arithmetic.where(singular[..., None, None], np.eye(x.shape[-1], dtype=x.dtype), x)
    product = np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(invertible), p, axis=(-2, -1))
    return product * np.where(singular, np.nan, 1.0)


@implements(np.linalg.multi_dot)
def _multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """In the order with the fewest multiplications (Cormen et al., ch. 15.2); a vector has a row or a column."""
    arrays = [as_operand(a) for a in arrays]
    rows, columns = (1 if a.ndim == 1 else a.shape[k] for k, a in enumerate((arrays[0], arrays[-1])))
    sizes = [rows, *(a.shape[0] for a in arrays[1:]), columns]
    best = {(i, i): (0, i) for i in range(len(arrays))}  # the cost from one array to another, and where to split them
    for length in range(1, len(arrays)):
        for i in range(len(arrays) - length):
            j = i + length
            splits = [
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            ]
            best[i, j] = min(splits)

    def product(i: int, j: int) -> Any:
        k = best[i, j][1]
        return arrays[i] if i == j else np.matmul(product(i, k), product(k + 1, j))

    return product(0, len(arrays) - 1)


@implements(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n == 0:
        return np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape) + 0.0 * a
    if n == 1:
        return a
    half = _matrix_power(np.matmul(a, a), n // 2)
    return np.matmul(half, a) if n % 2 else half


implements(np.linalg.outer)(lambda x1, x2, /: linear.outer(as_operand(x1), as_operand(x2)))
implements(np.linalg.matrix_transpose, np.matrix_transpose, direct=True)(lambda x, /: x.swapaxes(-2, -1))
