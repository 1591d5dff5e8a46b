"""Lengths, and the limits of the quotients 0/0 in their rules."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd.arrays import Array, Axis, add_reduce, maximum_reduce, sum_to
from autograd.engine.backward import Route, backward_pass
from autograd.engine.graph import GONE, STATE, Output, newest_first
from autograd.engine.op import defop
from autograd.engine.tensor import Tensor, constant, plain
from autograd.hazards import Hazards

# Whether the pass is one of `derivative`: a kink that gets a gradient then answers nan, because what is being
# differentiated depends on a second kink at the same place, and its limit on the direction.
_RESOLVING: ContextVar[bool] = ContextVar("autograd_resolving", default=False)


# Products with a slope that need not exist.
def _times_known(g: Array, r: Array) -> Array:
    """g * r; where r is nan, nan for the whole slice that shares r, unless no gradient comes to it."""
    none = np.isnan(plain(r))
    if not none.any():
        return g * r
    reached = sum_to(np.abs(plain(g)), none.shape) > 0.0
    return np.where(none, np.where(reached, np.nan, 0.0), g * np.where(none, 0.0, r))


zero_times: Callable[..., Any] = defop(
    "_zero_times", lambda x, r: x * np.where(x == 0.0, 0.0, r), (_times_known, lambda g, x: g * x), stacked=False,
    kind="elementwise",
    doc="x * r, which is 0 where x is 0, whatever r is.",
)  # fmt: skip
unknown: Callable[..., Any] = defop(
    "_unknown", lambda x: 0.0 * x, lambda g: np.where(g == 0.0, 0.0, np.nan), stacked=False,
    kind="elementwise", hazards=Hazards(no_slope=True),
    doc="0, whose derivative is not known.",
)  # fmt: skip
crossing: Callable[..., Any] = defop(
    "_crossing", lambda x: 0.0 * x, lambda g, x: unknown(x), stacked=False,
    kind="elementwise", hazards=Hazards(no_slope=True),
    doc="0, whose derivative is defined as 0, and whose second derivative is not known.",
)  # fmt: skip


def limits(g: Array, out: Array, lost: Array) -> tuple[Array, Array]:
    """For the entries of a mask, where out is 0: the limits of g / out, and whether g vanishes with out as they say.

    They are the derivatives of each entry of g by its entry of out; nan if g depends on several of them, or on another
    kink.
    """
    if _RESOLVING.get():
        return np.zeros(out.shape, out.dtype), np.zeros(out.shape, bool)
    weights = 1.0 + 0.5 * np.sin(np.arange(1.0, lost.size + 1.0)).reshape(lost.shape)
    seeds = [np.where(lost, w, 0.0).astype(out.dtype) for w in (1.0, weights)]
    slopes, mixed = (derivative(g, out, seed) for seed in seeds)
    values, weighted = plain(slopes), plain(mixed)
    close = np.sqrt(np.finfo(out.dtype).eps)
    with np.errstate(all="ignore"):
        alone = np.abs(weighted - seeds[1] * values) <= close * np.abs(weighted)
        vanishes = np.abs(plain(g) - values * np.where(lost, plain(out), 0.0)) <= close * np.abs(plain(g))
    return np.where(lost & ~alone, np.nan, slopes), lost & alone & vanishes


def derivative(g: Array, out: Array, seed: Array) -> Array:
    """The gradient of ``sum(seed * g)`` by the result ``out`` of a node: a recorded pass inside a recorded pass.

    It goes no further than the node and what that was computed from; nan, when one of these gets something that is not
    finite, or g depends on another output of the node.
    """
    zeros = np.zeros(out.shape, out.dtype)
    start = g._node if isinstance(g, Tensor) and g._requires_grad else None
    place: Any = out._node
    node: Any = place.parents[0] if isinstance(place, Output) else place
    if start is None:
        return zeros
    behind = frozenset(newest_first([node]))
    route = Route([start], behind)
    assert route.edges is not None
    route.edges.update((vertex, ()) for vertex in behind)
    reached = {start}
    for vertex in route.order:
        if vertex in reached:
            reached.update(parent for parent in route.edges.get(vertex, ()) if parent is not None)
    route.order = [vertex for vertex in route.order if vertex in reached]
    if any(vertex.kept is GONE for vertex in route.order):
        return zeros  # released as it is walked: nobody will differentiate the result
    resolving = _RESOLVING.set(True)
    state = STATE.set(STATE.get().replace(watch=None))
    try:
        found = backward_pass({start: constant(seed)}, create_graph=True, release=False, route=route)
    finally:
        STATE.reset(state)
        _RESOLVING.reset(resolving)
    arrived = [part for d in found.values() for part in (d if isinstance(d, tuple) else (d,))]
    if not all(np.isfinite(plain(part)).all() for part in arrived):
        return zeros + np.nan
    slope = found.get(node, zeros)
    if not isinstance(slope, tuple):
        return slope
    others = [part for k, part in enumerate(slope) if k != place.index]
    return zeros + np.nan if any(np.any(plain(part)) for part in others) else slope[place.index]


def leg(g: Array, x: Array, out: Array, slope: Array) -> Array:
    """The gradient ``g * slope`` of x, one of two numbers that make a length entry by entry, at the origin too."""
    lost = plain(out) == 0.0
    if not isinstance(out, Tensor) or not lost.any():
        return g * slope
    limit, vanishes = limits(g, out, lost)
    none = np.isnan(plain(limit)) | (lost & ~vanishes & (plain(g) != 0.0))
    if _RESOLVING.get():
        return np.where(none, np.nan, g * slope)
    at_origin = np.where(none, unknown(out), x * np.where(lost & ~none, limit, 0.0))
    return np.where(lost, at_origin, g * slope)


def side(g: Array, x: Array, out: Array) -> Array:
    """The gradient ``g * sign(x)`` of x for ``out = abs(x)``, with the curvature of smooth functions of it at 0.

    Where g is not 0 there is none, and the second derivative is 0, that of both sides: so a penalty of absolute values
    has the Hessian 0. It is nan where g vanishes together with another kink, as in ``abs(x) * abs(y)``.
    """
    slope = g * np.sign(x)
    if not isinstance(out, Tensor) or not (lost := plain(out) == 0.0).any():
        return slope
    still = plain(g) == 0.0
    if _RESOLVING.get():
        return np.where(lost & ~still, np.nan, slope)
    limit, vanishes = limits(g, out, lost)
    none = np.isnan(plain(limit))
    curved = np.where(none, unknown(out), x * np.where(none, 0.0, limit))
    return np.where(lost & still & (vanishes | none), curved, slope)


def length_slope(
    g: Array, x: Array, out: Array, axis: Axis, keep: Callable[[Array], Array], share: Any = 1.0, rounded: bool = False
) -> Array:
    """The gradient of x for ``out = sqrt(share * sum(x**2))`` over axes; ``keep`` puts the reduced axes back.

    Squares that overflow or vanish are scaled by a power of two, so that none does. ``rounded``: out may be another
    number than 0 where x is 0.
    """
    lengths = plain(out)
    with np.errstate(over="ignore"):
        ordinary = np.all((lengths * lengths >= np.finfo(x.dtype).tiny) & (lengths < np.inf))
    if ordinary and not (rounded and np.any(np.all(plain(x) == 0.0, axis=axis))):
        return keep(g) * (x * (share / keep(out)))
    if not x.size:
        return keep(g) * x
    y, scale = scaled(x, axis)
    squares = add_reduce(y * y, axis=axis, keepdims=True)
    flat = plain(squares) == 0.0
    r = keep(g) * share**0.5 / np.sqrt(np.where(flat, 1.0, squares))
    lost = flat | keep(lengths == 0.0)
    if not isinstance(out, Tensor) or not lost.any():
        return (y * r).astype(g.dtype)
    limit, vanishes = (keep(part) for part in limits(g, out, lost.reshape(out.shape)))
    known = vanishes & (True if isinstance(limit, Tensor) and limit.requires_grad else plain(limit) != 0.0)
    r = np.where(known, limit * (share / scale), r)
    r = np.where(np.isnan(plain(limit)) | (flat & ~vanishes & (plain(keep(g)) != 0.0)), np.nan, r)
    return (y * r if _RESOLVING.get() else zero_times(y, r)).astype(g.dtype)


def scaled(x: Array, axis: Axis) -> tuple[Array, Array]:
    """x times a power of two for each slice, the largest then near 1, and that power.

    In a slice with infinities only these count, as 1 each. Half precision becomes single, whose sums do not overflow.
    """
    x = x.astype(np.float32) if x.dtype.itemsize == 2 else x
    largest = maximum_reduce(np.abs(plain(x)), axis=axis, keepdims=True)
    ordinary = np.isfinite(largest) & (largest > 0.0)
    exponents = np.frexp(np.where(ordinary, largest, 1.0))[1]
    scale = np.ldexp(np.ones((), x.dtype), -np.maximum(exponents, np.finfo(x.dtype).minexp + 2))
    y = x * scale
    if np.isinf(largest).any():
        y = np.where(np.isinf(largest), np.where(np.isinf(plain(x)), np.sign(plain(x)), 0.0), y)
    return y, scale
