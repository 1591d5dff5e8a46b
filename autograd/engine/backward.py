"""How a pass runs: gradients travel from the results back to everything that they were computed from.

The pass owns every edge: whatever a rule returns is fitted to the operand's shape and dtype here, added up here and
freed here. The same pass runs on plain arrays (fast, first order) or, with ``create_graph=True``, on Tensors, in which
case the rules record a graph themselves. This module knows no op, no Tensor and no NumPy function with a rule.
"""

import sys
from collections.abc import Iterable, Iterator
from operator import length_hint
from typing import Any

import numpy as np

from autograd.arrays import FLOAT64, expand, sum_to
from autograd.collector import paused
from autograd.engine.graph import GONE, STATE, Leaf, Node, Output, Vertex, newest_first
from autograd.errors import GradientShapeError
from autograd.hooks import call_hooks
from autograd.provenance import where
from autograd.stale import may_be_changed, refuse_changed
from autograd.undo import STORING, take_back

float64 = np.float64
ndarray = np.ndarray
Array = Any  # an ndarray or NumPy scalar in a first-order pass, a Tensor in a differentiable one
Grads = dict[Vertex, Array]
Noted = list[tuple[Any, ...]]  # what to go back to when the pass fails: see `undo.take_back`


class Route:
    """The route of a backward pass through a graph: the vertices, newest first, and the edges to follow.

    With ``wanted``, only the paths that lead to these vertices; ``reached`` is everything that the roots depend on. A
    route may be used for several passes.
    """

    __slots__ = ("edges", "order", "reached", "wanted")

    def __init__(self, roots: Iterable[Vertex], wanted: frozenset[Vertex] | None = None) -> None:
        self.reached: list[Vertex] = newest_first(roots)
        self.order: list[Vertex] = self.reached
        self.wanted: frozenset[Vertex] | None = wanted
        self.edges: dict[Vertex, tuple[Vertex | None, ...]] | None = None
        if wanted is not None:
            self.edges = edges = {}  # filled oldest first: of what leads to the wanted vertices, and nothing else
            for vertex in reversed(self.order):
                parents = (vertex.left, vertex.right) if vertex.edges is None else vertex.edges
                for parent in parents:
                    if parent is not None and parent not in edges:
                        parents = tuple([p if p in edges else None for p in parents])
                        parents = parents if any(parents) else ()
                        break
                if parents or vertex in wanted:
                    edges[vertex] = parents
            self.order = [*reversed(edges)]


def backward_pass(
    seeds: Grads, *, create_graph: bool = False, release: bool = True, wanted: frozenset[Vertex] | None = None,
    route: Route | None = None,
) -> Grads:  # fmt: skip
    """Send gradients from the seeds to everything they depend on (the chain rule, newest vertex first).

    With ``wanted``, only the paths that lead there are walked, nothing is stored on Tensors, and the gradients of the
    wanted vertices are returned. Without it, every Tensor that somebody still holds gets its ``.grad``. A given
    ``route`` must have been made for the same seeds and wanted vertices.

    On a blackboard, a pass is this loop, which leaves out freeing, storing, hooks and ops with several outputs:

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from autograd.engine.backward import fit
    >>> from autograd.engine.graph import newest_first
    >>> def backward(root, seed):
    ...     grads = {root: seed}
    ...     for vertex in newest_first([root]):
    ...         if vertex in grads and vertex.op is not None:
    ...             gradients = vertex.op.vjp(grads[vertex], vertex.kept, vertex.parents)
    ...             for parent, d in zip(vertex.parents, gradients):
    ...                 if parent is not None and d is not None:
    ...                     d = fit(d, parent, vertex.op.name)
    ...                     grads[parent] = grads[parent] + d if parent in grads else d
    ...     return grads
    >>> x, w = tensor(2.0, requires_grad=True), tensor(3.0, requires_grad=True)
    >>> z = x * w + x
    >>> grads = backward(z._node, np.float64(1.0))
    >>> float(grads[x._node]), float(grads[w._node])
    (4.0, 2.0)
    """
    route = route or Route(seeds, wanted)
    _check_values(route.order)
    walk, grads = iter(route.order), dict(seeds)
    noted: Noted = []
    token = STATE.set(STATE.get().replace(grad=True)) if create_graph and not STATE.get().grad else None
    try:
        if create_graph and len(route.order) > 100:  # rules record a graph; other passes free more than they make
            return paused(_run, route, walk, grads, create_graph, release, noted)  # type: ignore[no-any-return]
        return _run(route, walk, grads, create_graph, release, noted)
    except BaseException as error:
        if route.wanted is None:
            passed = route.order[: len(route.order) - length_hint(walk)]
            take_back((vertex for vertex in passed if vertex not in grads), noted, error)
        raise
    finally:
        if token is not None:
            STATE.reset(token)


def _check_values(order: list[Vertex]) -> None:
    """Refuse a pass whose rules would meet released or changed values, before anything is touched."""
    for vertex in order:
        if vertex.kept is GONE or (vertex.prints is not None and may_be_changed(vertex)):
            refuse_changed(order)
            return


def _run(route: Route, walk: Iterator[Vertex], grads: Grads, create_graph: bool, release: bool, noted: Noted) -> Grads:
    """The loop of `backward_pass`: finish, store, send on, add up, free. Rare cases have their own functions below."""
    wanted, edges = route.wanted, route.edges
    found: Grads = {}
    hand_over: Any = _store if wanted is None else dict.__setitem__
    place: Any = noted if wanted is None else found
    owned: set[Vertex] | None = None if create_graph else set()  # whose gradient lies in a buffer of this pass
    watch = STATE.get().watch
    arrived, leave = grads.get, grads.pop
    for vertex in walk:
        g = leave(vertex, None)  # complete: whatever uses this vertex is younger, and has had its turn
        op = vertex.op
        if g is None:
            _pass_over(vertex, release, noted)
            continue
        if g.__class__ is list or (vertex.info is not None and vertex.info.hooks):
            g = _finish(vertex, g, noted)
        # Storing: on Tensors and for the pictures, or for the caller who wants it.
        if g.__class__ is float64 and wanted is None and op is not None and vertex.grad is None:
            vertex.grad = g  # scalars are immutable, no copy
        elif (
            vertex in wanted
            if wanted is not None
            else vertex.value is not None or ((held := vertex.tensor) is not None and held() is not None)
        ):
            hand_over(place, vertex, g)
        # Sending on: the rules of the op give a gradient for each operand.
        parents = edges[vertex] if edges else (vertex.left, vertex.right) if vertex.edges is None else vertex.edges
        if op is None or not parents:  # one of several outputs; a leaf; or wanted, but a leaf of the route
            if vertex.__class__ is Output:
                _collect_output(vertex, g, grads)
            continue
        try:
            g, kept = op.recorded(vertex, g) if create_graph else (g, vertex.kept)
            gradients: Any = op.vjp(g, kept, parents)
            for parent, d in zip(parents, gradients):  # noqa: B905 - the lengths were checked at registration
                if parent is None or d is None:
                    continue
                prior = arrived(parent)  # adding up
                if d.__class__ is float64 and (
                    prior.__class__ is float64 or (prior is None and parent.dtype is FLOAT64 and not parent.shape)
                ):  # fast path: scalar to scalar
                    grads[parent] = d if prior is None else prior + d
                elif prior is None:
                    fits = d.__class__ is ndarray and d.shape == parent.shape and d.dtype is parent.dtype and d.ndim
                    grads[parent] = d if fits else fit(d, parent, op.name)
                else:
                    _add(grads, owned, parent, prior, fit(d, parent, op.name))
        except Exception as error:
            error.add_note(f"in the rule of {op.name}, applied at {where(vertex)}")
            raise
        if watch is not None:
            watch.backward(vertex, g, gradients)
        g = d = prior = gradients = kept = None  # `_store` counts who else holds an array
        if release:
            vertex.kept, vertex.prints = GONE, None
    return found


# --- adding up: the edges -----------------------------------------------------------------------------------------


def _add(grads: Grads, owned: set[Vertex] | None, parent: Vertex, prior: Array, d: Array) -> None:
    """Add a gradient to earlier ones, in place if these lie in a buffer of this pass."""
    if owned is None or parent not in owned:
        grads[parent] = total = prior + d
        if owned is not None and total.__class__ is ndarray:
            owned.add(parent)
    else:
        prior += d


def fit(d: Array, parent: Vertex, op: str) -> Array:
    """Fit the gradient that a rule returned to the operand: undo broadcasting, restore the dtype."""
    shape = parent.shape
    if d.shape != shape:
        summed = sum_to(d, shape) if _broadcasts(shape, d.shape) else d
        if summed.shape != shape:
            if not _broadcasts(summed.shape, shape):
                raise GradientShapeError(
                    f"the rule of {op} returned a gradient of shape {d.shape} for an operand of shape {shape}."
                )
            summed = expand(summed, shape)
        d = summed
    if d.dtype != parent.dtype:
        d = d.astype(parent.dtype)
    return d if d.__class__ is not ndarray or d.ndim else d[()]  # a number computes ten times faster than a 0-d array


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether an array of the first shape broadcasts to the second."""
    return len(small) <= len(large) and all(n in (1, m) for n, m in zip(reversed(small), reversed(large), strict=False))


# --- what arrives at a vertex: several outputs, hooks --------------------------------------------------------------


def _pass_over(vertex: Vertex, release: bool, noted: Noted) -> None:
    """Handle a vertex that no gradient has reached."""
    noted.append((vertex, vertex.grad))
    if release and vertex.op is not None:
        vertex.kept, vertex.prints = GONE, None


def _collect_output(output: Any, g: Array, grads: Grads) -> None:
    """Put the gradient of one output beside those of the others, for the node that made them."""
    node: Any = output.parents[0]
    gathered = grads.setdefault(node, [None] * len(node.shape))
    prior = gathered[output.index]
    gathered[output.index] = g if prior is None else prior + g


def _finish(vertex: Vertex, g: Array, noted: Noted) -> Array:
    """The gradient that a vertex passes on: zeros for outputs without one; changed by the user's hooks."""
    if g.__class__ is list:
        outputs = zip(g, vertex.shape, vertex.dtype, strict=True)
        g = tuple([np.zeros(shape, dtype) if d is None else d for d, shape, dtype in outputs])
    if vertex.info is not None and vertex.info.hooks:
        noted.append((vertex, vertex.grad))
        g = call_hooks(vertex.info.hooks, vertex, g)
    return g


# --- storing: all or nothing --------------------------------------------------------------------------------------


def _store(noted: Noted, vertex: Vertex, g: Array) -> None:
    """Add a finished gradient to what somebody may read: the ``.grad`` of a leaf that is still held, and of a computed
    Tensor that is small (for the pictures) or still held. What was there before is noted for `undo.take_back`."""
    # At a leaf, an array that nobody but the pass holds becomes a ``.grad`` without a copy. A rule may hand the same
    # array to two operands, return the incoming gradient, a view of it, or an array that it keeps for itself; a
    # reference count sees them all, and when in doubt there is a copy. From a computed Tensor the pass goes on with g,
    # while a hook may write into what the user then has.
    alone = g.__class__ is ndarray and g.base is None and 0 < sys.getrefcount(g) <= _ALONE
    if vertex.__class__ is not Leaf:
        prior = vertex.grad
        if prior is None:
            vertex.grad = g if g.__class__ is float64 else g.copy()
        else:
            noted.append((vertex, prior))
            vertex.grad = prior + g
        return
    tensor = None if vertex.tensor is None else vertex.tensor()
    if tensor is None:
        return
    noted.append((vertex, vertex.grad))
    with STORING:
        prior = tensor._grad
        if prior is not None:
            g = prior + g
        elif not alone:
            g = g.copy()
        g = g if g.__class__ is ndarray else np.array(g)
        noted.append((tensor, prior, g))
        tensor._grad = g
    if vertex.value is not None:
        vertex.grad = g.copy()
    if vertex.info is not None and vertex.info.stored is not None:
        vertex.info.stored(tensor)


def _count_references(noted: Any, vertex: Any, g: Array) -> int:
    return sys.getrefcount(g)


def _calibrate() -> int:
    """`sys.getrefcount` of an array that nobody but the pass holds, counted where `_store` counts it."""
    grads = {0: np.empty(1)}
    g = grads.pop(0)
    return _count_references([], None, g)


_ALONE = _calibrate() if hasattr(sys, "getrefcount") else -1


# --- many passes along one route at once --------------------------------------------------------------------------
#
# A Jacobian takes one pass for each of its rows, all through the same graph: their gradients travel together, stacked
# along one more axis in front. Most rules work entry by entry (``g * y``), and give the gradients of a whole stack when
# they get a stack; an op says so with ``stacked``. Those that name axes, shapes or places do once they are told where
# these are in a stack. The others are asked row by row. Either way the numbers are those of the passes one by one, but
# for the rounding of sums and matrix products.


def stacked_pass(root: Vertex, seeds: Array, route: Route) -> Grads:
    """The wanted vertices' gradients for each of the seeds, stacked like the seeds; nothing is released or stored."""
    _check_values(route.order)
    wanted: Any = route.wanted
    edges: Any = route.edges
    found: Grads = {}
    grads: Grads = {root: seeds}
    for vertex in route.order:
        g = grads.pop(vertex, None)
        if g is None:
            continue
        if vertex in wanted:
            found[vertex] = g
        if not isinstance(vertex, Node) or not (parents := edges[vertex]):
            continue
        try:
            for parent, d in _stacks(vertex, g, parents):
                grads[parent] = grads[parent] + d if parent in grads else d
        except Exception as error:
            error.add_note(f"in the rule of {vertex.op.name}, applied at {where(vertex)}")
            raise
    return found


def _stacks(node: Node, g: Array, parents: tuple[Vertex | None, ...]) -> list[tuple[Vertex, Array]]:
    """The stacks of gradients that a node sends on."""
    stacked = node.op.stacked
    kept = stacked(len(g), *node.kept) if callable(stacked) else node.kept if stacked else None
    if kept is not None:
        gradients = node.op.vjp(g, kept, parents)
        return [(p, _fitted(d, p)) for p, d in zip(parents, gradients) if p is not None and d is not None]  # noqa: B905
    rows = [node.op.vjp(row, node.kept, parents) for row in g]
    sent = []
    for parent, column in zip(parents, zip(*rows, strict=True)):  # noqa: B905 - as in `_run`
        if parent is not None and any(d is not None for d in column):
            zeros = np.zeros(parent.shape, parent.dtype)
            sent.append((parent, np.stack([zeros if d is None else fit(d, parent, node.op.name) for d in column])))
    return sent


def _fitted(d: Array, parent: Vertex) -> Array:
    """A stack of gradients fitted to the operand: broadcasting is undone in each of them."""
    shape = parent.shape
    if d.shape[1:] != shape:
        repeated = (1,) * (d.ndim - 1 - len(shape))
        d = sum_to(d, (len(d), *repeated, *shape)).reshape((len(d), *shape))
    return d if d.dtype is parent.dtype else d.astype(parent.dtype)
