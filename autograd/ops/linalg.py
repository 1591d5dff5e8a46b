"""Linear algebra: solving, inverting, factorizing.

Everything works on stacks of matrices (the last two axes), as in NumPy. docs/design.md says what the derivatives of
matrices of which NumPy reads one triangle are, and names the sources.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arrays import Array, Shape, add_reduce, maximum_reduce, minimum_reduce
from autograd.engine.op import OpFunction, defop, joint
from autograd.engine.tensor import Tensor, plain
from autograd.facts import Example
from autograd.ops.limits import length_slope, limits, unknown
from autograd.ops.reduce import keep
from autograd.ops.spectra import MATRIX, SYMMETRIC, fold, identity_like, transposed, triangle_mask


def inv_rule(g: Array, out: Array) -> Array:
    return -np.matmul(np.matmul(transposed(out), g), transposed(out))


def solve_rule(g: Array, need: tuple[bool, ...], a: Array, out: Array, b_shape: Shape) -> Any:
    vector = len(b_shape) == 1
    columns = g[..., None] if vector else g
    gb = np.linalg.solve(transposed(a), columns)
    ga = -np.matmul(gb, transposed(out[..., None] if vector else out)) if need[0] else None
    return ga, (gb[..., 0] if vector else gb)


def det_rule(g: Array, x: Array, out: Array) -> Array:
    g = g[..., None, None]
    # By Hadamard's bound |det| is at most the product of the lengths of the rows. Far below it the inverse, and with
    # it every further derivative, would be noise; the cofactors are exact, and affordable for small matrices.
    n = x.shape[-1]
    bound = np.prod(np.sqrt(np.sum(x * x, axis=-1)), axis=-1)
    if n <= 2 or (np.any(np.abs(out) <= 1e-8 * bound) and (n <= 16 or np.any(out == 0.0))):
        return g * cofactors(x)
    return g * (out[..., None, None] * transposed(np.linalg.inv(x)))


def cofactors(x: Array) -> Array:
    """The matrix of cofactors, from the determinants of all minors: exact for singular matrices."""
    n = x.shape[-1]
    if n == 2:  # NumPy's determinants come from their logarithms
        return x[..., ::-1, ::-1] * np.array([[1.0, -1.0], [-1.0, 1.0]], x.dtype)
    others = np.array([[k for k in range(n) if k != i] for i in range(n)], dtype=int).reshape(n, max(n - 1, 0))
    minors = x[..., others[:, None, :, None], others[None, :, None, :]]
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return np.linalg.det(minors) * signs.astype(x.dtype)


def pinv_rule(g: Array, x: Array, out: Array) -> Array:
    """The derivative at constant rank (G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10 (1973), 413)."""
    p, pt, gt = out, transposed(out), transposed(g)
    rows = np.eye(x.shape[-2], dtype=x.dtype) - np.matmul(x, p)
    columns = np.eye(x.shape[-1], dtype=x.dtype) - np.matmul(p, x)
    return (
        np.matmul(np.matmul(rows, gt), np.matmul(p, pt))
        + np.matmul(np.matmul(np.matmul(pt, p), gt), columns)
        - np.matmul(np.matmul(pt, g), pt)
    )


inv: OpFunction = defop(
    "inv", lambda x: np.linalg.inv(x), inv_rule, numpy=np.linalg.inv, kind="whole", matrix="-out.T @ G @ out.T",
    example=MATRIX, doc="The inverse of each matrix.", doctest="np.linalg.inv(tensor([[4.0]])) -> tensor([[0.25]])",
)  # fmt: skip
solve: OpFunction = defop(
    "solve", lambda a, b: np.linalg.solve(a, b), joint(solve_rule), numpy=np.linalg.solve,
    kind="whole", slope=None, example=Example(*MATRIX.operands, (3, 2)),
    doc="The x for which a @ x = b.",
    doctest="np.linalg.solve(tensor([[2.0, 0.0], [0.0, 4.0]]), [2.0, 2.0]) -> tensor([1. , 0.5])",
)  # fmt: skip
det: OpFunction = defop(
    "det", lambda x: np.linalg.det(x), det_rule, numpy=np.linalg.det,
    kind="whole", matrix="G * out * inv(x).T", example=MATRIX,
    doc="The determinant of each matrix; its gradient is right for singular matrices too.",
    doctest="np.linalg.det(tensor([[2.0, 0.0], [0.0, 4.0]])) -> tensor(8.)",
)  # fmt: skip
slogdet: OpFunction = defop(
    "slogdet", lambda x: tuple(np.linalg.slogdet(x)),
    joint(lambda g, x: (g[1][..., None, None] * transposed(np.linalg.inv(x)),)), outputs=True,
    kind="whole", slope=None, example=MATRIX,
    doc="The sign of the determinant, and the logarithm of its absolute value, which cannot overflow.",
    doctest="np.linalg.slogdet(tensor([[-1.0]])) -> SlogdetResult(sign=tensor(-1.), logabsdet=tensor(0.))",
)  # fmt: skip
pinv: OpFunction = defop(
    "pinv",
    lambda x, *, rcond=None, hermitian=False, rtol=np._NoValue: np.linalg.pinv(x, rcond, hermitian, rtol=rtol),
    pinv_rule, numpy=np.linalg.pinv, kind="whole", slope=None, example=MATRIX,
    doc="The pseudo-inverse of each matrix; its gradient is valid as long as the rank stays the same.",
    doctest="np.linalg.pinv(tensor([[3.0], [4.0]])) @ [3.0, 4.0] -> tensor([1.])",
)  # fmt: skip


_BLOCK = 32


def _lower_inverse_kernel(x: Array) -> Array:
    """Inverts by products of blocks, taken as upper triangles, which LAPACK's factorization leaves unchanged. NumPy has
    no solver for triangular systems: it would factorize the matrix, at four times the cost."""
    n = x.shape[-1]
    if n <= _BLOCK:
        return transposed(np.linalg.inv(transposed(x)))
    m = n // 2
    out = np.zeros_like(x)
    first = out[..., :m, :m] = _lower_inverse_kernel(x[..., :m, :m])
    second = out[..., m:, m:] = _lower_inverse_kernel(x[..., m:, m:])
    np.matmul(second, np.matmul(x[..., m:, :m], -first), out=out[..., m:, :m])
    return out


_lower_inverse: Callable[..., Any] = defop(
    "_lower_inverse", _lower_inverse_kernel, inv_rule, kind="whole",
    doc="The inverse of each lower triangle.",
)  # fmt: skip


def cholesky_rule(g: Array, out: Array, upper: bool) -> Array:
    lower, g = (transposed(out), transposed(g)) if upper else (out, g)
    phi = np.matmul(transposed(lower), g)
    phi = np.where(triangle_mask(phi, False), phi, 0.0) * (1.0 - 0.5 * identity_like(phi))
    inverse = _lower_inverse(lower)
    return fold(np.matmul(transposed(inverse), np.matmul(phi, inverse)), upper)


def qr_rule(g: Any, x: Array, out: Any) -> Any:
    (gq, gr), (q, r) = g, out
    rows, columns = x.shape[-2:]
    if rows >= columns:
        return (_qr_tall(gq, gr, q, r),)
    # x = (left, right): left = q r1, right = q r2, so r2 = q^T right
    right = x[..., rows:]
    gq = gq + np.matmul(right, transposed(gr[..., rows:]))
    left = _qr_tall(gq, gr[..., :rows], q, r[..., :rows])
    return (np.concatenate([left, np.matmul(q, gr[..., rows:])], axis=-1),)


def _qr_tall(gq: Array, gr: Array, q: Array, r: Array) -> Array:
    m = np.matmul(r, transposed(gr)) - np.matmul(transposed(gq), q)
    lower = np.where(np.tri(m.shape[-1], k=-1, dtype=bool), m, 0.0)
    symmetric = lower + transposed(lower) + m * identity_like(m)
    return transposed(np.linalg.solve(r, transposed(gq + np.matmul(q, symmetric))))


cholesky: OpFunction = defop(
    "cholesky", lambda x, *, upper=False: np.linalg.cholesky(x, upper=upper), cholesky_rule,
    numpy=np.linalg.cholesky, kind="whole", slope=None, example=SYMMETRIC,
    doc="The lower triangular factor L of x = L @ L.T; one triangle of x is read.",
    doctest="np.linalg.cholesky(tensor([[4.0, 0.0], [0.0, 9.0]])) -> tensor([[2., 0.], [0., 3.]])",
)  # fmt: skip
qr: OpFunction = defop(
    "qr", lambda x: tuple(np.linalg.qr(x)), joint(qr_rule), outputs=True, kind="whole", slope=None, example=MATRIX,
    doc="The factors of x = q @ r: q with orthonormal columns, r upper triangular.",
    doctest="abs(np.linalg.qr(tensor([[3.0], [4.0]])).R) -> tensor([[5.]])",
)  # fmt: skip


def euclidean_rule(g: Array, x: Array, out: Array, x_shape: Shape, axis: Any, keepdims: bool) -> Array:
    return length_slope(g, x, out, axis, lambda a: keep(a, x_shape, axis, keepdims))


euclidean: OpFunction = defop(
    "euclidean",
    lambda x, *, axis=None, keepdims=False: np.sqrt(add_reduce(x * x, axis=axis, keepdims=keepdims)),
    euclidean_rule,
    kind="reduces", slope="x / out",
    doc="The length sqrt(sum(x**2)) over axes, with gradient 0 at the origin.",
    doctest="np.linalg.norm(tensor([3.0, 4.0])) -> tensor(5.)",
)  # fmt: skip


def p_norm_rule(g: Array, x: Array, out: Array, x_shape: Shape, ord: float, axis: Any, keepdims: bool) -> Array:
    """``sign(x) (|x| / out)**(ord - 1)``, 0 for an entry 0; scaled so that the largest terms are near 1."""

    def keep_axes(a: Array) -> Array:
        return keep(a, x_shape, axis, keepdims)

    if not x.size:
        return keep_axes(g) * x
    x = x.astype(np.float32) if x.dtype.itemsize == 2 else x
    sizes = np.abs(plain(x))
    zero = sizes == 0.0
    unit = (maximum_reduce if ord > 0.0 else minimum_reduce)(sizes, axis=axis, keepdims=True)
    unit = np.where((unit == 0.0) | ~np.isfinite(unit), 1.0, unit).astype(x.dtype)
    ratios = np.abs(np.where(zero, 1.0, x) / unit)
    total = add_reduce(np.where(zero, 0.0, np.power(ratios, ord)), axis=axis, keepdims=True)
    origin = np.all(zero, axis=axis, keepdims=True)
    flat = zero | origin if ord > 0.0 else np.any(zero, axis=axis, keepdims=True) | zero
    # np.power, because ** of plain arrays takes another way to a root in NumPy before 2.4.
    powers = np.power(ratios, ord - 1.0) * np.power(np.where(origin, 1.0, total), (1.0 - ord) / ord)
    slope = np.where(flat, 0.0, np.sign(plain(x)) * powers)
    d = keep_axes(g) * slope.astype(g.dtype)
    if not isinstance(out, Tensor) or not flat.any():
        return d
    # No second derivative: at an entry 0 for orders below 2, at the origin for what is not flatter than a square.
    limit, vanishes = (keep_axes(part) for part in limits(g, out, origin.reshape(out.shape)))
    curved = origin & ~(vanishes & (plain(limit) == 0.0))
    d = d + np.where(curved, unknown(np.broadcast_to(add_reduce(x, axis=axis, keepdims=True), x.shape)), 0.0)
    return d + np.where(flat & ~origin, unknown(x), 0.0) if ord < 2.0 else d


p_norm: OpFunction = defop(
    "p_norm",
    lambda x, *, ord=2.0, axis=None, keepdims=False: np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord),
    p_norm_rule,
    kind="reduces", slope="sign(x) * (abs(x) / out) ** (ord - 1)",
    doc="The norm sum(|x|**ord)**(1 / ord) over axes, for any ord but 0.",
    doctest="np.linalg.norm(tensor([1.0, 2.0]), 3) ** 3 -> tensor(9.)",
)  # fmt: skip
