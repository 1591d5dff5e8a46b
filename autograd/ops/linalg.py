"""Linear algebra: solving, inverting, factorising.

Everything works on stacks of matrices (the last two axes), as NumPy does. Where NumPy reads only one triangle of a
symmetric matrix (cholesky, eigh), so does the derivative: the gradient lies in that triangle, and an entry of it counts
for both places. That is what finite differences of the NumPy function give, and through anything that makes the matrix
symmetric (x @ x.T, a kernel) it is the usual symmetric gradient.

Factors are differentiated where they are differentiable: the singular vectors of repeated singular values and the
eigenvectors of repeated eigenvalues are not. There the part of the gradient that would divide by zero is left out,
which is right for every function that does not depend on the choice of these vectors.

Sources: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
(2008); I. Murray, "Differentiation of the Cholesky decomposition" (arXiv:1602.07527); S. F. Walter, L. Lehmann,
"Algorithmic differentiation of linear algebra functions" (arXiv:1001.1654).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.arrays import Shape, add_reduce
from autograd.ops.limits import length_slope
from autograd.ops.reduce import keep
from autograd.registry import defop, joint

Array = Any


def transposed(a: Array) -> Array:
    """The last two axes exchanged."""
    return a.swapaxes(-1, -2)


def _identity_like(a: Array) -> Array:
    return np.eye(a.shape[-1], dtype=a.dtype)


def _diagonals(d: Array) -> Array:
    """Stacks of diagonal matrices from stacks of their diagonals."""
    return d[..., None] * _identity_like(d)


def _triangle_mask(a: Array, upper: bool) -> Array:
    n = a.shape[-1]
    return np.tri(n, dtype=bool).T if upper else np.tri(n, dtype=bool)


def fold(s: Array, upper: bool = False) -> Array:
    """The gradient of a function that reads one triangle, from the gradient s of all entries."""
    both = s + transposed(s) * (1.0 - _identity_like(s))
    return np.where(_triangle_mask(s, upper), both, 0.0)


# --- inverse, solve, determinant --------------------------------------------------------------------------------


def inv_rule(g: Array, out: Array) -> Array:
    return -np.matmul(np.matmul(transposed(out), g), transposed(out))


def solve_kernel(a: Array, b: Array) -> Array:
    return np.linalg.solve(a, b)


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
    bound = np.prod(np.sqrt(np.sum(x * x, axis=-1)), axis=-1)
    if np.any(np.abs(out) <= 1e-8 * bound) and (x.shape[-1] <= 16 or np.any(out == 0.0)):
        return g * cofactors(x)
    return g * (out[..., None, None] * transposed(np.linalg.inv(x)))


def cofactors(x: Array) -> Array:
    """The matrix of cofactors, from the determinants of all minors: exact for singular matrices."""
    n = x.shape[-1]
    others = np.array([[k for k in range(n) if k != i] for i in range(n)], dtype=int).reshape(n, max(n - 1, 0))
    minors = x[..., others[:, None, :, None], others[None, :, None, :]]
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return np.linalg.det(minors) * signs.astype(x.dtype)


def slogdet_kernel(x: Array) -> tuple[Array, ...]:
    return tuple(np.linalg.slogdet(x))


def pinv_kernel(x: Array, *, rcond: Any = None, hermitian: bool = False, rtol: Any = np._NoValue) -> Array:
    return np.linalg.pinv(x, rcond, hermitian, rtol=rtol)


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


inv = defop("inv", lambda x: np.linalg.inv(x), inv_rule)
solve = defop("solve", solve_kernel, joint(solve_rule))
det = defop("det", lambda x: np.linalg.det(x), det_rule)
slogdet = defop(
    "slogdet",
    slogdet_kernel,
    joint(lambda g, x: (g[1][..., None, None] * transposed(np.linalg.inv(x)),)),
    outputs=True,
)
pinv = defop("pinv", pinv_kernel, pinv_rule)


# --- factors ----------------------------------------------------------------------------------------------------


def cholesky_kernel(x: Array, *, upper: bool = False) -> Array:
    return np.linalg.cholesky(x, upper=upper)


def cholesky_rule(g: Array, out: Array, upper: bool) -> Array:
    lower, g = (transposed(out), transposed(g)) if upper else (out, g)
    phi = np.matmul(transposed(lower), g)
    phi = np.where(_triangle_mask(phi, False), phi, 0.0) * (1.0 - 0.5 * _identity_like(phi))
    # lower^-T phi lower^-1, by two triangular systems
    half = np.linalg.solve(transposed(lower), phi)
    s = transposed(np.linalg.solve(transposed(lower), transposed(half)))
    return fold(0.5 * (s + transposed(s)), upper)


def eigh_kernel(x: Array, *, UPLO: Any = "L") -> tuple[Array, ...]:
    return tuple(np.linalg.eigh(x, UPLO))


def _gaps(values: Array) -> Array:
    """1 / (values[j] - values[i]), with 0 where they are equal."""
    difference = values[..., None, :] - values[..., :, None]
    equal = difference == 0.0
    return np.where(equal, 0.0, 1.0 / np.where(equal, 1.0, difference))


def eigh_rule(g: Any, out: Any, UPLO: str) -> Any:
    (gw, gv), (w, v) = g, out
    inner = _diagonals(gw) + _gaps(w) * np.matmul(transposed(v), gv)
    s = np.matmul(np.matmul(v, inner), transposed(v))
    return (fold(0.5 * (s + transposed(s)), UPLO.upper() == "U"),)


def svd_kernel(x: Array) -> tuple[Array, ...]:
    return tuple(np.linalg.svd(x, full_matrices=False))


def svd_rule(g: Any, out: Any) -> Any:
    (gu, gs, gvh), (u, s, vh) = g, out
    gv, v = transposed(gvh), transposed(vh)
    nonzero = s != 0.0
    inverse = np.where(nonzero, 1.0 / np.where(nonzero, s, 1.0), 0.0)
    gaps = _gaps(s * s)
    ut, vt = transposed(u), vh
    from_u = np.matmul(ut, gu)
    from_v = np.matmul(vt, gv)
    inner = (
        (gaps * (from_u - transposed(from_u))) * s[..., None, :]
        + s[..., :, None] * (gaps * (from_v - transposed(from_v)))
        + _diagonals(gs)
    )
    total = np.matmul(np.matmul(u, inner), vt)
    if u.shape[-2] > u.shape[-1]:
        total = total + np.matmul((gu - np.matmul(u, from_u)) * inverse[..., None, :], vt)
    if v.shape[-2] > v.shape[-1]:
        total = total + np.matmul(u, transposed((gv - np.matmul(v, from_v)) * inverse[..., None, :]))
    return (total,)


def qr_kernel(x: Array) -> tuple[Array, ...]:
    return tuple(np.linalg.qr(x))


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
    strict = np.tri(m.shape[-1], k=-1, dtype=bool)
    lower = np.where(strict, m, 0.0)
    symmetric = lower + transposed(lower) + m * _identity_like(m)
    return transposed(np.linalg.solve(r, transposed(gq + np.matmul(q, symmetric))))


cholesky = defop("cholesky", cholesky_kernel, cholesky_rule)
eigh = defop("eigh", eigh_kernel, joint(eigh_rule), outputs=True)
svd = defop("svd", svd_kernel, joint(svd_rule), outputs=True)
qr = defop("qr", qr_kernel, joint(qr_rule), outputs=True)


# --- norms ------------------------------------------------------------------------------------------------------


def euclidean_kernel(x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
    return np.sqrt(add_reduce(x * x, axis=axis, keepdims=keepdims))


def euclidean_rule(g: Array, x: Array, out: Array, x_shape: Shape, axis: Any, keepdims: bool) -> Array:
    return length_slope(g, x, out, axis, lambda a: keep(a, x_shape, axis, keepdims))


euclidean = defop(
    "euclidean",
    euclidean_kernel,
    euclidean_rule,
    doc="sqrt(sum(x**2)) over axes, with gradient 0 at the origin.",
)
