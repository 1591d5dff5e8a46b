"""Differences, integrals, interpolation, convolution, polynomials and pairs of results."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd.engine.tensor import constant
from autograd.numpy_functions.arguments import NoValue, along, as_operand, as_tensor, plain
from autograd.numpy_functions.protocol import STATUS, implements, named
from autograd.numpy_functions.without_gradient import ZEROS, refusal
from autograd.ops import arithmetic, shape


@implements(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = NoValue, append: Any = NoValue) -> Any:
    a = as_operand(a)
    axis = normalize_axis_index(axis, a.ndim)
    parts = [p for p in (prepend, a, append) if p is not NoValue]
    if len(parts) > 1:
        ends = (*a.shape[:axis], 1, *a.shape[axis + 1 :])
        parts = [np.broadcast_to(as_operand(p), ends) if np.ndim(p) == 0 else p for p in parts]
        a = shape.concatenate(*parts, axis=axis)
    for _ in range(n):
        a = a[along(axis, slice(1, None))] - a[along(axis, slice(None, -1))]
    return a


@implements(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    flat = np.ravel(as_operand(ary))
    parts = [to_begin, flat[1:] - flat[:-1], to_end]
    return shape.concatenate(*(np.ravel(as_operand(p)).astype(flat.dtype) for p in parts if p is not None))


@implements(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = as_operand(f)
    axes = list(range(f.ndim) if axis is None else normalize_axis_tuple(axis, f.ndim))
    spacings = list(varargs) or [1.0]
    if len(spacings) == 1:
        spacings = spacings * len(axes)
    slopes = [_slope(f, h, k, edge_order) for h, k in zip(spacings, axes, strict=True)]
    dtype = f.dtype if f.dtype.kind == "f" else np.float64
    slopes = [as_tensor(slope).astype(dtype) for slope in slopes]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slope(f: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    n = f.shape[axis]
    spacing = as_operand(spacing)
    if spacing.dtype.kind in "iub":  # products of steps must not wrap
        spacing = spacing.astype(np.float64)
    steps = spacing + np.zeros(n - 1) if spacing.ndim == 0 else spacing[1:] - spacing[:-1]
    steps = steps.reshape((-1,) + (1,) * (f.ndim - axis - 1))

    def at(start: int | None, stop: int | None) -> Any:
        return f[along(axis, slice(start, stop))]

    def slope(a: Any, b: Any, c: Any, left: Any, right: Any, t: Any = 0.0) -> Any:
        """The slope at t of the parabola through a at -left, b at 0 and c at right."""
        of_a = a * ((2.0 * t - right) / (left * (left + right)))
        of_c = c * ((2.0 * t + left) / (right * (left + right)))
        return of_a - b * ((2.0 * t + left - right) / (left * right)) + of_c

    inside = slope(at(None, -2), at(1, -1), at(2, None), steps[:-1], steps[1:])
    first, last = steps[:1], steps[-1:]
    if edge_order == 1:
        begin = (at(1, 2) - at(0, 1)) / first
        end = (at(n - 1, n) - at(n - 2, n - 1)) / last
    else:
        begin = slope(at(0, 1), at(1, 2), at(2, 3), first, steps[1:2], -first)
        end = slope(at(n - 3, n - 2), at(n - 2, n - 1), at(n - 1, n), steps[-2:-1], last, last)
    return shape.concatenate(begin, inside, end, axis=axis)


@implements(np.trapezoid, *named("trapz"))
def _trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    y = as_operand(y)
    axis = normalize_axis_index(axis, y.ndim)
    if x is None:
        steps: Any = dx
    else:
        x = as_operand(x)
        steps = x[1:] - x[:-1] if x.ndim == 1 else _diff(x, axis=axis)
        if x.ndim == 1:
            steps = steps.reshape((-1,) + (1,) * (y.ndim - axis - 1))
    heights = (y[along(axis, slice(1, None))] + y[along(axis, slice(None, -1))]) / 2.0
    return np.sum(steps * heights, axis=axis)


@implements(np.unwrap)
def _unwrap(p: Any, discont: float | None = None, axis: int = -1, *, period: float = 2 * np.pi) -> Any:
    # The correction is a multiple of the period, constant in pieces.
    return p + (np.unwrap(plain(p), discont, axis, period=period) - plain(p))


@implements(np.interp)
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: float | None = None) -> Any:
    x, xp, fp = (as_operand(a).astype(np.float64) for a in (x, xp, fp))
    if period is not None:
        period = abs(period)
        x, xp = np.remainder(x, period), np.remainder(xp, period)
        order = np.argsort(plain(xp))
        xp, fp = xp[order], fp[order]
        xp = shape.concatenate(xp[-1:] - period, xp, xp[:1] + period)
        fp = shape.concatenate(fp[-1:], fp, fp[:1])
    places, knots = plain(x), plain(xp)
    if len(knots) == 1:
        inside: Any = fp[np.zeros(places.shape, int)] + 0.0 * x
    else:
        i = np.clip(np.searchsorted(knots, places, side="right") - 1, 0, len(knots) - 2)
        slope = (fp[i + 1] - fp[i]) / (xp[i + 1] - xp[i])
        # Beyond the ends the end values hold; the line must not be extended there, nor give 0 * inf.
        within = ~((places < knots[0]) | (places > knots[-1]))  # so NaN is within, and stays NaN
        step = arithmetic.where(within, x - xp[i], 0.0)
        inside = fp[i] + slope * step
    below = arithmetic.where(places < knots[0], fp[0] if left is None else left, inside)
    return arithmetic.where(places > knots[-1], fp[-1] if right is None else right, below)


@implements(np.convolve)
def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    a, v = np.atleast_1d(as_operand(a)), np.atleast_1d(as_operand(v))
    if len(v) > len(a):
        a, v = v, a
    return _windows_times(a, v[::-1], mode)


@implements(np.correlate)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = as_operand(a), as_operand(v)
    return _windows_times(v, a, mode)[::-1] if len(v) > len(a) else _windows_times(a, v, mode)


_MODES = ("valid", "same", "full")  # NumPy takes their numbers and first letters too


def _windows_times(a: Any, v: Any, mode: str) -> Any:
    """The inner products of v with all windows of a (not shorter than v), a padded with zeros as the mode says."""
    n, m = len(a), len(v)
    mode = _MODES[mode] if isinstance(mode, int) else next(name for name in _MODES if name[0] == mode[0].lower())
    before = {"full": m - 1, "same": m // 2, "valid": 0}[mode]
    count = {"full": n + m - 1, "same": n, "valid": n - m + 1}[mode]
    after = count + m - 1 - n - before
    padded = np.pad(a, (before, after)) if before or after else a
    return np.matmul(padded[np.arange(count)[:, None] + np.arange(m)], v)


@implements(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    p, x = as_operand(p), as_operand(x)
    value: Any = np.zeros(x.shape, x.dtype)
    for coefficient in (p[i] for i in range(len(p))):
        value = value * x + coefficient
    return value


@implements(np.polyadd)
def _polyadd(a1: Any, a2: Any) -> Any:
    first, second = np.atleast_1d(as_operand(a1)), np.atleast_1d(as_operand(a2))
    length = max(len(first), len(second))
    return np.pad(first, (length - len(first), 0)) + np.pad(second, (length - len(second), 0))


implements(np.polysub)(lambda a1, a2: _polyadd(a1, -as_operand(a2)))
implements(np.polymul)(lambda a1, a2: _convolve(a1, a2))


@implements(np.polyder)
def _polyder(p: Any, m: int = 1) -> Any:
    for _ in range(int(m)):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


@implements(np.polyint)
def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    m = int(m)
    constants = np.zeros(m) if k is None else np.broadcast_to(as_operand(k), (m,))
    for i in range(m):
        p = shape.concatenate(p / np.arange(len(p), 0, -1), constants[i : i + 1])
    return p


@implements(np.polydiv)
def _polydiv(u: Any, v: Any) -> Any:
    u, v = np.atleast_1d(as_operand(u)) + 0.0, np.atleast_1d(as_operand(v)) + 0.0
    u = u.astype(np.promote_types(u.dtype, v.dtype))
    scale = 1.0 / v[0]
    quotient = []
    for k in range(len(u) - len(v) + 1):
        quotient.append(scale * u[k])
        u = shape.concatenate(u[:k], u[k : k + len(v)] - quotient[-1] * v, u[k + len(v) :])
    # NumPy leaves out leading zeros, and numbers so small that it takes them for zero.
    kept = np.flatnonzero(~np.isclose(plain(u), 0.0, rtol=1e-14))
    remainder = as_tensor(u[kept[0] :] if kept.size else u[-1:])
    return (shape.stack(*quotient) if quotient else constant(np.zeros(1, u.dtype))), remainder


@implements(np.poly)
def _poly(seq_of_zeros: Any) -> Any:
    if isinstance(seq_of_zeros, list | tuple):
        seq_of_zeros = shape.stack(*seq_of_zeros)
    if seq_of_zeros.ndim != 1:
        raise refusal("numpy.poly of a matrix", ZEROS)
    if not len(seq_of_zeros):
        return 1.0
    p: Any = constant(np.ones(1, np.mintypecode(seq_of_zeros.dtype.char)))
    for i in range(len(seq_of_zeros)):
        p = _convolve(p, shape.stack(np.ones((), p.dtype), -seq_of_zeros[i]))
    return p


@implements(np.polyfit)
def _polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    x, y = as_tensor(x) + 0.0, as_tensor(y) + 0.0
    vector = y.ndim == 1
    deg = int(deg)
    powers = np.vander(x, deg + 1)
    if w is not None:
        powers, y = powers * as_operand(w)[:, None], y * (w if vector else as_operand(w)[:, None])
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    rcond = len(x) * np.finfo(x.dtype).eps if rcond is None else rcond
    solution, squares, rank, sizes = np.linalg.lstsq(powers / scale, y, rcond)
    solution = solution / (scale if vector else scale[:, None])
    if full:
        return solution, squares, rank, sizes, rcond
    if not cov:
        return solution
    spread = np.linalg.inv(np.matmul(powers.T, powers))
    squares = 1.0 if cov == "unscaled" else squares / (len(x) - (deg + 1))
    return solution, spread * squares if vector else spread[:, :, None] * squares


@implements(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    x = x.astype(np.promote_types(x.dtype, int))
    n = len(x) if N is None else N
    columns = [constant(np.ones(len(x), x.dtype))]
    for _ in range(n - 1):
        columns.append(columns[-1] * x)
    columns = columns[:n]
    return shape.stack(*(columns if increasing else columns[::-1]), axis=1) if n else x[:, None][:, :0]


STATUS[np.poly1d] = "differentiable"  # a class in Python, whose methods call the functions above


implements(np.divmod, direct=True)(lambda x, y: (arithmetic.floor_divide(x, y), arithmetic.remainder(x, y)))


@implements(np.modf)
def _modf(x: Any) -> Any:
    finite = arithmetic.where(np.isinf(plain(x)), np.copysign(0.0, plain(x)), x)  # the fraction of infinity is 0
    return finite - np.trunc(plain(finite)), np.trunc(x)


@implements(np.frexp)
def _frexp(x: Any) -> Any:
    _, exponent = np.frexp(plain(x))
    return arithmetic.ldexp(x, -exponent), exponent


@implements(np.float_power)
def float_power(x: Any, y: Any) -> Any:
    """The power x ** y, in double precision at least."""
    x = as_operand(x)
    return arithmetic.power(x.astype(np.promote_types(x.dtype, np.float64)), y)


implements(np.real_if_close, direct=True)(lambda a, tol=100: arithmetic.positive(a))


@implements(np.apply_over_axes, direct=True)
def _apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    for axis in np.atleast_1d(axes):
        reduced = func(a, int(axis))
        a = reduced if reduced.ndim == a.ndim else np.expand_dims(reduced, int(axis))
    return a
