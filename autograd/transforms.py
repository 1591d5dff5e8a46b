"""Transforms: functions of arrays to functions of arrays (`grad`, `jacobian`, `hessian`, ...).

A transform calls the function once on Tensors of its own and sends gradients through the graph that this records. An
argument that is itself a live Tensor enters through an identity node, so that an inner transform can never mistake the
outer one's derivative for its own: transforms nest to any order, and they work inside ``no_grad()``.

Plain arrays in, plain arrays out. With Tensors in, or inside another transform, the results are Tensors; they can be
differentiated further when they depend on something that requires a gradient, and are constants when they do not, or
inside ``no_grad()``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import numpy as np

from autograd.arrays import is_real_floating, only_numbers
from autograd.containers import flatten, leaves, unflatten
from autograd.engine import Route, backward_pass
from autograd.errors import GradientShapeError, InvalidDtypeError, NonScalarBackwardError
from autograd.graph import Vertex
from autograd.modes import STATE
from autograd.registry import defop, unchanged
from autograd.stacked import rows_at_once, stacked_pass
from autograd.tensor import Tensor, argument, constant, leaf
from autograd.values import own_array

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

__autograd_transparent__ = True

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]

identity = defop("identity", np.positive, unchanged, doc="x as it is: the door through which a transform sees it.")


class Trace:
    """One call of a function on Tensors of our own, and the graph that it recorded.

    ``beside`` are further things that results will depend on, such as tangents.
    """

    def __init__(
        self, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums, beside: Any = ()
    ) -> None:
        outside = STATE.get()
        numbers = _argument_numbers(argnums, len(args), function)
        self.selected = tuple(args[n] for n in numbers) if _are_several(argnums) else args[numbers[0]]
        self.name = getattr(function, "__name__", "the function")
        self.doors: list[Tensor] = []
        self.routes: dict[frozenset[Vertex], Route] = {}  # by the outputs that a pass starts from
        self.given: list[Any] = []
        entered = list(args)
        token = STATE.set(outside.replace(grad=True, depth=outside.depth + 1))
        try:
            for n in numbers:
                doors = []
                for path, x in leaves(args[n]):
                    doors.append(_enter(x, outside.grad, f"argument {n}{path} of {self.name}"))
                    self.given.append(x)
                entered[n] = unflatten(args[n], iter(doors))
                self.doors += doors
            self.vertices: list[Vertex] = [door._node or leaf(door) for door in self.doors]
            self.result = function(*entered, **kwargs)
        finally:
            STATE.reset(token)
        came = [x for x in flatten((args, tuple(kwargs.values()), beside)) if isinstance(x, Tensor)]
        self.wraps = outside.depth > 0 or bool(came)
        # Whether somebody may differentiate the results. The walk is for what the function found outside by itself.
        self.nested = self.wraps and outside.grad and (any(x.requires_grad for x in came) or self._reaches_outside())

    def _reaches_outside(self) -> bool:
        """Whether the result depends on something that requires a gradient, besides the arguments that we made."""
        live = (out for out in flatten(self.result) if isinstance(out, Tensor) and out.requires_grad)
        pending = [out._node or leaf(out) for out in live]
        seen = set(self.vertices)
        while pending:
            vertex = pending.pop()
            if vertex in seen:
                continue
            if not vertex.parents:
                return True
            seen.add(vertex)
            pending += [parent for parent in vertex.parents if parent is not None]
        return False

    def with_cotangents(self, seeds: Sequence[Any]) -> Trace:
        """This trace as one particular pull sees it: its results depend on the cotangents too."""
        here = copy(self)
        tensors = [s for s in seeds if isinstance(s, Tensor)]
        here.wraps = self.wraps or bool(tensors)
        here.nested = STATE.get().grad and (self.nested or any(t.requires_grad for t in tensors))
        return here

    def outputs(self) -> list[Any]:
        """The numbers that the function returned, checked to be numbers."""
        for path, out in leaves(self.result):
            _check_number(out, f"{self.name} returned {{}}{' at ' + path if path else ''}")
        return flatten(self.result)

    def pull(self, outputs: list[Any], seeds: list[Any], *, create_graph: bool, release: bool) -> list[Any]:
        """The gradients of the doors, given those of the outputs; zeros where nothing flows."""
        start: dict[Vertex, Any] = {}
        for out, seed in zip(outputs, seeds, strict=True):
            if isinstance(out, Tensor) and out.requires_grad:
                vertex = out._node or leaf(out)
                start[vertex] = start[vertex] + seed if vertex in start else seed
        if not start:
            return [np.zeros(vertex.shape, vertex.dtype) for vertex in self.vertices]
        route = self._route_from(frozenset(start))
        found = backward_pass(start, create_graph=create_graph, release=release, route=route)
        return [found[vertex] if vertex in found else np.zeros(vertex.shape, vertex.dtype) for vertex in self.vertices]

    def _route_from(self, roots: frozenset[Vertex]) -> Route:
        if roots not in self.routes:
            self.routes[roots] = Route(roots, frozenset(self.vertices))
        return self.routes[roots]

    def rows(self, out: Any) -> list[Any]:
        """The gradients of the doors for each entry of an output, stacked along one axis in front."""
        size, dtype = np.size(_data(out)), _slope_dtype(out)
        if not size or not isinstance(out, Tensor) or not out.requires_grad:
            return [np.zeros((size, *vertex.shape), vertex.dtype) for vertex in self.vertices]
        root = out._node or leaf(out)
        route = self._route_from(frozenset([root]))
        step = 1 if self.nested else rows_at_once(route)
        parts = []
        for start in range(0, size, step):
            seeds = np.eye(min(step, size - start), size, start, dtype).reshape(-1, *out.shape)
            if step > 1:
                found = stacked_pass(root, seeds, route)
                parts.append([found.get(v, np.zeros((len(seeds), *v.shape), v.dtype)) for v in self.vertices])
            else:
                seed = constant(seeds[0]) if self.nested else seeds[0]
                parts.append([g[None] for g in self.pull([out], [seed], create_graph=self.nested, release=False)])
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

    def hand_out(self, value: Any, like: Any = None) -> Any:
        """A value as the caller wants it: a Tensor when Tensors came in, else an array, or a float for a float."""
        if self.nested and isinstance(value, Tensor):
            return value
        plain = value.data if isinstance(value, Tensor) else value
        if self.wraps:
            return constant(np.array(plain))
        if isinstance(like, np.generic):
            return plain[()]
        return plain.item() if isinstance(like, float) else np.array(plain)

    def as_selected(self, values: Sequence[Any]) -> Any:
        """Values in the containers of the selected arguments."""
        return unflatten(self.selected, iter([self.hand_out(v, x) for v, x in zip(values, self.given, strict=True)]))

    def plain(self, tree: Any) -> Any:
        """A result of the function as the caller wants it."""
        return unflatten(
            tree,
            iter([self.hand_out(x, self._scalar_like(x)) if isinstance(x, Tensor) else x for x in flatten(tree)]),
        )

    def _scalar_like(self, x: Tensor) -> Any:
        """Functions of plain floats alone give plain floats (of NumPy's, NumPy's)."""
        if x.shape or not all(isinstance(given, float | np.floating) for given in self.given):
            return None
        return next((given for given in self.given if isinstance(given, np.generic)), 0.0)


def _are_several(argnums: Argnums) -> bool:
    return not isinstance(argnums, int | np.integer)


def _argument_numbers(argnums: Argnums, count: int, function: Function) -> tuple[int, ...]:
    """The arguments to differentiate, counted from the front."""
    name = getattr(function, "__name__", "the function")
    numbers = tuple(argnums) if _are_several(argnums) else (argnums,)  # type: ignore[arg-type]
    for n in numbers:
        if not -count <= n < count:  # type: ignore[operator]
            raise ValueError(
                f"argnums names argument {n} of {name}, which was called with {count} positional arguments."
            )
    numbers = tuple(int(n) % count for n in numbers)  # type: ignore[arg-type]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"argnums names an argument of {name} twice: {argnums}.")
    return numbers


def _enter(x: Any, outside_grad: bool, where: str) -> Tensor:
    """The Tensor that the function sees in place of an argument."""
    if isinstance(x, Tensor):
        if x.requires_grad and outside_grad:
            door: Tensor = identity(x)
            return door
        x = x.data
    only_numbers(x, where)
    array = np.array(x)
    if not is_real_floating(array.dtype):
        raise InvalidDtypeError(
            f"{where} is {array.dtype} ({type(x).__name__}), which has no derivative. Only real floating data is "
            "differentiable: write 3.0 for 3, pass dtype=float, or leave the argument out of argnums."
        )
    return argument(array)


def _scalar(out: Any, function: Function) -> Any:
    """The output of a function whose gradient is asked, checked to be one number."""
    name = getattr(function, "__name__", "the function")
    if isinstance(out, list | tuple | dict):
        raise NonScalarBackwardError(
            f"{name} returned a {type(out).__name__}; the gradient of one number is asked. Return one Tensor, with "
            "has_aux=True a pair (number, anything else), or use jacobian."
        )
    _check_number(out, f"{name} returned {{}}")
    shape = np.shape(_data(out))
    if shape != ():
        raise NonScalarBackwardError(
            f"{name} returned a value of shape {shape}; the gradient of one number is asked. Reduce it (for example "
            ".sum() or .mean()), or use jacobian."
        )
    return out


def _check_number(out: Any, what: str) -> None:
    """Refuse what is not made of numbers, above all the None of a forgotten ``return``."""
    if isinstance(out, Tensor) or np.asarray(out).dtype.kind in "fiub":
        return
    kind = "complex numbers" if np.asarray(out).dtype.kind == "c" else type(out).__name__
    raise InvalidDtypeError(what.format(kind) + ", which has no derivative. Return numbers, arrays or Tensors.")


def value_and_grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that returns the value of ``function`` and its gradient, from one evaluation.

    ``function`` returns a single number (with ``has_aux`` a pair: the number and anything else, which is handed
    through). The gradient has the containers, shapes and dtypes of the argument (of the tuple of arguments for a tuple
    ``argnums``). Raises NonScalarBackwardError and InvalidDtypeError.

    >>> import numpy as np
    >>> from autograd import value_and_grad
    >>> value_and_grad(lambda x: np.sum(x ** 2))(np.array([1.0, 2.0]))
    (array(5.), array([2., 4.]))
    """

    def evaluate(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(function, args, kwargs, argnums)
        if has_aux:
            if not isinstance(trace.result, tuple) or len(trace.result) != 2:
                raise TypeError("with has_aux=True the function must return a pair: (number, anything else).")
            out, aux = trace.result
        else:
            out, aux = trace.result, None
        out = _scalar(out, function)
        seed: Any = np.ones((), out.dtype)[()] if isinstance(out, Tensor) else None
        if trace.nested and seed is not None:
            seed = constant(seed)
        gradients = trace.pull([out], [seed], create_graph=trace.nested, release=not trace.nested)
        value = trace.plain(out) if isinstance(out, Tensor) else out
        return ((value, trace.plain(aux)) if has_aux else value), trace.as_selected(gradients)

    return _named(evaluate, function, "value_and_grad")


def grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The gradient of a function that returns one number.

    ``grad(f)(x)[i] = df / dx[i]``: a function with the arguments of ``function``, whose result has the containers,
    shapes and dtypes of the argument (or of the tuple of arguments for a tuple ``argnums``); with ``has_aux`` a pair of
    that and what the function returned beside its number. Arguments may be nested lists, tuples and dicts of arrays; an
    argument that is not used gets zeros. Raises NonScalarBackwardError and InvalidDtypeError.

    >>> import numpy as np
    >>> from autograd import grad
    >>> grad(np.sin)(0.0)
    1.0
    >>> grad(grad(grad(lambda x: x ** 4)))(2.0)
    48.0
    >>> grad(lambda p: np.sum(p["w"] * 3.0) + p["b"])({"w": np.ones(2), "b": 0.5})
    {'w': array([3., 3.]), 'b': 1.0}
    """
    evaluate = value_and_grad(function, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, result = evaluate(*args, **kwargs)
        return (result, value[1]) if has_aux else result

    return _named(gradient, function, "grad")


def vjp(function: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of a function and its vector-Jacobian product, ``g -> g @ J``.

    The second result takes a cotangent with the containers and shapes of the value, and returns one gradient for the
    argument (a tuple of them for several arguments). It can be called again and again.

    >>> import numpy as np
    >>> from autograd import vjp
    >>> value, pull = vjp(lambda x: x ** 2, np.array([1.0, 2.0]))
    >>> pull(np.array([1.0, 10.0]))
    array([ 2., 40.])
    """
    trace = Trace(function, primals, {}, tuple(range(len(primals))))
    outputs = trace.outputs()

    def pull(cotangent: Any) -> Any:
        seeds = _match(cotangent, trace.result, outputs, "the cotangent")
        now = trace.with_cotangents(seeds)
        if now.nested:
            seeds = [s if isinstance(s, Tensor) else constant(s) for s in seeds]
        else:
            seeds = [_data(s) for s in seeds]
        gradients = trace.pull(outputs, seeds, create_graph=now.nested, release=False)
        result = now.as_selected(gradients)
        return result[0] if len(primals) == 1 else result

    return trace.plain(trace.result), pull


def jvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of a function and its Jacobian-vector product ``J @ t``, the derivative along a direction.

    ``primals`` and ``tangents`` are tuples of arguments and of directions with the same containers and shapes. It is
    computed as a vjp of a vjp (J t is the derivative of u -> u J in the direction of t), so it costs about three times
    an evaluation of the gradient rather than twice an evaluation of the function.

    >>> import numpy as np
    >>> from autograd import jvp
    >>> jvp(np.sin, (0.0,), (2.0,))
    (0.0, 2.0)
    """
    primals, tangents = tuple(primals), tuple(tangents)
    trace = Trace(function, primals, {}, tuple(range(len(primals))), tangents)
    outputs = trace.outputs()
    directions = _match(tangents, primals, trace.doors, "the tangents")
    state = STATE.get()
    token = STATE.set(state.replace(grad=True, depth=state.depth + 1))
    try:
        dummies = [Tensor(np.zeros(np.shape(_data(out)), _slope_dtype(out)), requires_grad=True) for out in outputs]
        pulled = trace.pull(outputs, list(dummies), create_graph=True, release=False)
        along = _inner(pulled, directions)
    finally:
        STATE.reset(token)
    vertices = [d._node or leaf(d) for d in dummies]
    found: dict[Vertex, Any] = {}
    if isinstance(along, Tensor) and along.requires_grad:
        seed: Any = np.ones((), along.dtype)[()]
        found = backward_pass(
            {along._node: constant(seed) if trace.nested else seed},  # type: ignore[dict-item]
            create_graph=trace.nested,
            release=not trace.nested,
            wanted=frozenset(vertices),
        )
    results = [found[v] if v in found else np.zeros(v.shape, v.dtype) for v in vertices]
    like = [trace._scalar_like(out) if isinstance(out, Tensor) else None for out in outputs]
    handed = iter([trace.hand_out(r, x) for r, x in zip(results, like, strict=True)])
    return trace.plain(trace.result), unflatten(trace.result, handed)


def hvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian-vector product ``H @ t`` of a function that returns one number, without forming the Hessian.

    The derivative of ``<gradient, t>``; costs about two gradients. One result for one argument, else a tuple.

    >>> import numpy as np
    >>> from autograd import hvp
    >>> hvp(lambda x: np.sum(x ** 3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    primals, tangents = tuple(primals), tuple(tangents)
    numbers = tuple(range(len(primals)))
    directions = _match(tangents, primals, [_data(x) for x in flatten(primals)], "the tangents")

    def slope(*args: Any, along: Any) -> Any:
        return _inner(flatten(grad(function, numbers)(*args)), along)

    slope.__name__ = getattr(function, "__name__", slope.__name__)
    result = grad(slope, numbers)(*primals, along=directions)
    return result[0] if len(primals) == 1 else result


def jacobian(function: Function, argnums: Argnums = 0) -> Function:
    """The matrix of all derivatives: ``jacobian(f)(x)[i..., j...] = df[i...] / dx[j...]``.

    The function is evaluated once; the backward passes of the entries of its value travel through the graph together
    as far as its ops allow it. For containers the result is nested by output, then by input. Raises InvalidDtypeError.

    >>> import numpy as np
    >>> from autograd import jacobian
    >>> jacobian(lambda x: np.cumsum(x ** 2))(np.array([1.0, 2.0]))
    array([[2., 0.],
           [2., 4.]])
    """

    def evaluate(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(function, args, kwargs, argnums)
        blocks = []
        for out in trace.outputs():
            shape = np.shape(_data(out))
            jacobians = [rows.reshape(shape + v.shape) for rows, v in zip(trace.rows(out), trace.vertices, strict=True)]
            plain = not shape
            handed = [trace.hand_out(j, x if plain else None) for j, x in zip(jacobians, trace.given, strict=True)]
            blocks.append(unflatten(trace.selected, iter(handed)))
        return unflatten(trace.result, iter(blocks))

    return _named(evaluate, function, "jacobian")


def hessian(function: Function, argnums: Argnums = 0) -> Function:
    """The matrix of second derivatives of a function that returns one number.

    ``hessian(f)(x)[i..., j...] = d2f / (dx[i...] dx[j...])``, the jacobian of the gradient. For containers the result
    is nested by the first input, then by the second.

    >>> import numpy as np
    >>> from autograd import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    return _named(jacobian(grad(function, argnums), argnums), function, "hessian")


def _inner(xs: Sequence[Any], ys: Sequence[Any]) -> Any:
    """The sum of all products, over all arrays."""
    total: Any = 0.0
    for x, y in zip(xs, ys, strict=True):
        total = total + (x * y).sum()
    return total


def _data(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def _slope_dtype(x: Any) -> Any:
    """The dtype of derivatives of a number: its own, but of integers and truth, which are constant, float64."""
    dtype = np.asarray(_data(x)).dtype
    return dtype if is_real_floating(dtype) else np.dtype(float)


def _match(given: Any, tree: Any, arrays: Sequence[Any], what: str) -> list[Any]:
    """The leaves of a cotangent or tangent, checked against the shapes that it belongs to."""
    paths = [path for path, _ in leaves(tree)]
    found = dict(leaves(given))
    if len(found) != len(paths):
        raise GradientShapeError(f"{what} has {len(found)} parts, but there are {len(paths)} to match.")
    if missing := [path for path in paths if path not in found]:
        raise GradientShapeError(f"{what} has no part {missing[0] or 'alone'}; its parts are {', '.join(found)}.")
    matched = []
    for path, array in zip(paths, arrays, strict=True):
        g, dtype = found[path], _slope_dtype(array)
        g = g.astype(dtype) if isinstance(g, Tensor) and g.dtype != dtype else g
        if not isinstance(g, Tensor):
            g = own_array(g, dtype, f"{what}{' at ' + path if path else ''}")
        if g.shape != np.shape(_data(array)):
            raise GradientShapeError(
                f"{what}{' at ' + path if path else ''} has shape {g.shape}; it must be {np.shape(_data(array))}."
            )
        matched.append(g)
    return matched


def _named(wrapper: Function, function: Function, transform: str) -> Function:
    wrapper.__name__ = wrapper.__qualname__ = f"{transform}({getattr(function, '__name__', 'function')})"
    wrapper.__doc__ = f"{transform} of {getattr(function, '__name__', 'a function')}."
    return wrapper
