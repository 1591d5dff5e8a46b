"""Eigenvalues and singular values, with their vectors."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arrays import Array, maximum_reduce, minimum_reduce
from autograd.engine.op import OpFunction, defop, joint
from autograd.engine.tensor import Tensor, plain
from autograd.facts import Example
from autograd.ops.limits import crossing, derivative, unknown

MATRIX = Example(np.array([[2.1, -0.4, 0.7], [0.3, 1.6, -0.8], [-0.5, 0.9, 2.4]]))
SYMMETRIC = Example(np.array([[2.1, 0.4, -0.3], [0.4, 4.7, 0.6], [-0.3, 0.6, 8.2]]))


def transposed(a: Array) -> Array:
    """The last two axes exchanged."""
    return a.swapaxes(-1, -2)


def identity_like(a: Array) -> Array:
    """The identity matrix of the size and dtype of a."""
    return np.eye(a.shape[-1], dtype=a.dtype)


def triangle_mask(a: Array, upper: bool) -> Array:
    """Where the upper or the lower triangle of a lies."""
    n = a.shape[-1]
    return np.tri(n, dtype=bool).T if upper else np.tri(n, dtype=bool)


def fold(s: Array, upper: bool = False) -> Array:
    """The gradient of a function that reads one triangle, from the gradient s of all entries."""
    both = s + transposed(s) * (1.0 - identity_like(s))
    return np.where(triangle_mask(s, upper), both, 0.0)


def _diagonals(d: Array) -> Array:
    """Stacks of diagonal matrices from stacks of their diagonals."""
    return d[..., None] * identity_like(d)


def _rounding(values: Array) -> Array:
    """How far values may be off, for LAPACK."""
    n = values.shape[-1]
    return 4.0 * n * np.finfo(values.dtype).eps * maximum_reduce(np.abs(values), axis=-1, keepdims=True, initial=0.0)


def _repeated(values: Array) -> Array:
    """Which pairs of different places hold the same value."""
    distances = np.abs(values[..., None, :] - values[..., :, None])
    return (distances <= _rounding(values)[..., None]) & ~np.eye(values.shape[-1], dtype=bool)


def extreme(values: Array, end: int) -> Array:
    """The largest (0) or the smallest (-1) of values in falling order. Of equal ones all have a share in the gradient,
    and the second derivative is not known, because nothing says which will be the first."""
    best: Array = (maximum_reduce if end == 0 else minimum_reduce)(values, axis=-1)
    tied = np.sum(np.abs(plain(values) - plain(best)[..., None]) <= _rounding(plain(values)), axis=-1) > 1
    return best + np.where(tied, crossing(best), 0.0) if tied.any() else best


def _over(numerator: Array, denominator: Array, lost: Array, evidence: Array) -> Array:
    """A quotient; where a mask says 0/0: 0 without evidence that it counts, else nan."""
    quotient = np.where(lost, 0.0, numerator / np.where(lost, 1.0, denominator))
    unresolved = lost & (plain(evidence) != 0.0)
    return np.where(unresolved, np.nan, quotient) if unresolved.any() else quotient


def _is_live(x: Array) -> bool:
    """Whether something may be known of x that its values do not show: they are not 0, or depend on others."""
    return (isinstance(x, Tensor) and x.requires_grad) or bool(np.any(plain(x)))


# Differences of slopes by differences of values.
class _Slopes:
    """The slopes of a function of all values, as numbers, beside the values and what is known of how they change."""

    def __init__(self, slopes: Array, values: Array) -> None:
        self.slopes, self.values = plain(slopes), plain(values)
        unit = np.eye(self.values.shape[-1], dtype=self.values.dtype)
        seeds = [np.broadcast_to(row, values.shape) for row in unit]
        rows = [plain(derivative(slopes, values, seed)) for seed in seeds]
        self.changes = np.stack(rows, axis=-2)  # [..., i, k]: of slope i with value k
        self.own = np.diagonal(self.changes, axis1=-2, axis2=-1)
        largest = np.max(np.abs(self.changes), axis=(-2, -1), keepdims=True)
        self.rounding = np.sqrt(np.finfo(self.values.dtype).eps) * largest
        # How far a slope may be off where its value is: what tells 0 from a kink.
        self.noise = 4.0 * np.abs(self.own) * _rounding(self.values)

    def quotients(self, sign: float, lost: Array) -> Array:
        """(slope j + sign * slope i) / (value j + sign * value i) for all i, j; the limit or nan where masked."""
        above = self.slopes[..., None, :] + sign * self.slopes[..., :, None]
        below = self.values[..., None, :] + sign * self.values[..., :, None]
        by_column = self.own[..., None, :] + sign * self.changes
        by_row = self.own[..., :, None] + sign * transposed(self.changes)
        noise = self.noise[..., None, :] + self.noise[..., :, None]
        if sign < 0.0:  # equal values: equal slopes
            noise = noise + np.sqrt(np.finfo(above.dtype).eps) * np.max(np.abs(self.slopes), axis=-1)[..., None, None]
            even = np.True_
        else:  # both 0: slopes 0, neither of which depends on the other value
            even = (np.abs(self.changes) <= self.rounding) | np.eye(self.values.shape[-1], dtype=bool)
        known = (np.abs(above) <= noise) & (np.abs(by_column - by_row) <= self.rounding) & even
        limit = np.where(known, by_column, np.nan)
        return np.where(lost, limit, above / np.where(lost | (below == 0.0), 1.0, below))

    def by_value(self, lost: Array) -> Array:
        """slope / value; where a mask says that it is 0/0 its limit, or nan."""
        limit = np.where(np.abs(self.slopes) <= self.noise, self.own, np.nan)
        return np.where(lost, limit, self.slopes / np.where(lost, 1.0, self.values))


def _known(g: Array, d: Array, *quotients: Array) -> Array:
    """A second derivative d; nan for a matrix of which a quotient is not known, unless no gradient comes to it."""
    unclear = np.any([np.isnan(q).any(axis=(-2, -1), keepdims=True) for q in quotients], axis=0)
    if not unclear.any():
        return d
    reached = np.any(plain(g) != 0.0, axis=(-2, -1), keepdims=True)
    return np.where(unclear, np.where(reached, np.nan, 0.0), d)


def eigh_rule(g: Any, x: Array, out: Any, UPLO: str) -> Any:
    (gw, gv), (w, v) = g, out
    upper = UPLO.upper() == "U"
    repeated, diagonal = _repeated(plain(w)), np.eye(w.shape[-1], dtype=bool)
    if isinstance(w, Tensor) and repeated.any() and not _is_live(gv):
        differences = np.where(diagonal, 0.0, _Slopes(gw, w).quotients(-1.0, repeated))
        s = _of_eigenvalues(x, gw, v=plain(v), differences=differences, upper=upper)
    else:
        from_v = np.where(diagonal, 0.0, np.matmul(transposed(v), gv))
        inner = _diagonals(gw) + _over(from_v, w[..., None, :] - w[..., :, None], repeated | diagonal, from_v)
        s = np.matmul(np.matmul(v, inner), transposed(v))
    return (fold(0.5 * (s + transposed(s)), upper),)


def _of_eigenvalues_rule(g: Array, x: Array, v: Array, differences: Array, upper: bool) -> Any:
    along = np.matmul(np.matmul(transposed(v), 0.5 * (g + transposed(g))), v)
    s = _known(g, np.matmul(np.matmul(v, along * np.nan_to_num(differences)), transposed(v)), differences)
    of_values = np.sum(along * identity_like(v), axis=-1) + unknown(np.sum(x, axis=-1))
    return fold(0.5 * (s + transposed(s)), upper) + unknown(x), of_values


_of_eigenvalues: Callable[..., Any] = defop(
    "_of_eigenvalues",
    lambda x, gw, *, v, differences, upper: np.matmul(v * gw[..., None, :], transposed(v)),
    joint(_of_eigenvalues_rule),
    doc="The gradient of a function of the eigenvalues of x with slopes gw, where some eigenvalues are equal.",
)  # fmt: skip
eigh: OpFunction = defop(
    "eigh", lambda x, *, UPLO="L": tuple(np.linalg.eigh(x, UPLO)), joint(eigh_rule), outputs=True,
    kind="whole", slope=None, example=SYMMETRIC,
    doc="Eigenvalues, ascending, and eigenvectors of a symmetric matrix; one triangle of it is read.",
    doctest="np.linalg.eigh(tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues -> tensor([1., 2.])",
)  # fmt: skip


def svd_rule(g: Any, x: Array, out: Any) -> Any:
    (gu, gs, gvh), (u, s, vh) = g, out
    gv, v = transposed(gvh), transposed(vh)
    diagonal = np.eye(s.shape[-1], dtype=bool)
    repeated, zero = _repeated(plain(s)), plain(s) <= _rounding(plain(s))
    zeros = zero[..., None, :] & zero[..., :, None]
    if isinstance(s, Tensor) and (repeated.any() or zero.any()) and not _is_live(gu) and not _is_live(gvh):
        slopes = _Slopes(gs, s)
        even, odd = (np.where(diagonal, 0.0, slopes.quotients(*facts)) for facts in ((-1.0, repeated), (1.0, zeros)))
        outside = slopes.by_value(zero)[..., None, :] if x.shape[-1] != x.shape[-2] else np.zeros((1, 1))
        return (_of_singular_values(x, gs, u=plain(u), v=plain(v), even=even, odd=odd, outside=outside),)
    from_u, from_v = np.matmul(transposed(u), gu), np.matmul(transposed(v), gv)
    of_u, of_v = from_u - transposed(from_u), from_v - transposed(from_v)
    evidence = np.where(diagonal, 0.0, np.abs(plain(from_u)) + np.abs(plain(from_v)))
    inner = (
        _over(0.5 * (of_u + of_v), s[..., None, :] - s[..., :, None], repeated | diagonal, evidence)
        + _over(0.5 * (of_u - of_v), s[..., None, :] + s[..., :, None], zeros | diagonal, evidence)
        + _diagonals(gs)
    )
    total = np.matmul(np.matmul(u, inner), vh)
    if u.shape[-2] > u.shape[-1]:
        beside = gu - np.matmul(u, from_u)
        total = total + np.matmul(_over(beside, s[..., None, :], zero[..., None, :], beside), vh)
    if v.shape[-2] > v.shape[-1]:
        beside = gv - np.matmul(v, from_v)
        total = total + np.matmul(u, transposed(_over(beside, s[..., None, :], zero[..., None, :], beside)))
    return (total,)


def _of_singular_values_kernel(
    x: Array, gs: Array, *, u: Array, v: Array, even: Array, odd: Array, outside: Array
) -> Array:
    return np.matmul(u * gs[..., None, :], transposed(v))


def _of_singular_values_rule(g: Array, x: Array, u: Array, v: Array, even: Array, odd: Array, outside: Array) -> Any:
    left, right = np.matmul(transposed(u), g), np.matmul(g, v)
    along = np.matmul(left, v)
    symmetric, skew = 0.5 * (along + transposed(along)), 0.5 * (along - transposed(along))
    total = np.matmul(np.matmul(u, symmetric * np.nan_to_num(even) + skew * np.nan_to_num(odd)), transposed(v))
    if u.shape[-2] > u.shape[-1]:
        total = total + np.matmul((right - np.matmul(u, along)) * np.nan_to_num(outside), transposed(v))
    if v.shape[-2] > v.shape[-1]:
        beside = transposed(left) - np.matmul(v, transposed(along))
        total = total + np.matmul(u, transposed(beside * np.nan_to_num(outside)))
    of_values = np.sum(along * identity_like(even), axis=-1)
    return _known(g, total, even, odd, outside) + unknown(x), of_values + unknown(np.sum(x))


_of_singular_values: Callable[..., Any] = defop(
    "_of_singular_values", _of_singular_values_kernel, joint(_of_singular_values_rule),
    doc="The gradient of a function of the singular values of x with slopes gs, where some are equal, or 0.",
)  # fmt: skip
svd: OpFunction = defop(
    "svd", lambda x: tuple(np.linalg.svd(x, full_matrices=False)), joint(svd_rule), outputs=True,
    kind="whole", slope=None, example=MATRIX,
    doc="The factors of x = u @ diag(s) @ vh, with the singular values s in descending order.",
    doctest="np.linalg.svd(tensor([[1.0, 0.0], [0.0, 2.0]])).S -> tensor([2., 1.])",
)  # fmt: skip
