"""Transforms: they turn functions of arrays into functions of arrays (`grad`, `jacobian`, `hessian`, ...)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Never

import numpy as np

from autograd.engine.graph import Vertex
from autograd.engine.tensor import Tensor, leaf, plain
from autograd.errors import GradientShapeError, NonScalarBackwardError
from autograd.modes import changed
from autograd.pytree import flatten, leaves, unflatten
from autograd.tensor_data import own_array
from autograd.trace import Argnums, Function, Trace, argument, check_number, slope_dtype
from autograd.words import refuse_words

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

__autograd_transparent__ = True


def _scalar(out: Any, function: Function) -> Any:
    """The output of a function to be differentiated, checked to be one number."""
    if isinstance(out, Tensor) and not out._data.ndim:
        return out
    name = getattr(function, "__name__", "the function")
    if isinstance(out, list | tuple | dict):
        raise NonScalarBackwardError(
            f"{name} returned a {type(out).__name__}, but only one number has a gradient. Return one Tensor, with "
            "has_aux=True a pair (number, anything else), or use jacobian."
        )
    check_number(out, f"{name} returned {{}}")
    shape = out.shape if isinstance(out, Tensor) else np.shape(out)
    if shape != ():
        raise NonScalarBackwardError(
            f"{name} returned a value of shape {shape}, but only one number has a gradient. Reduce it (for example "
            ".sum() or .mean()), or use jacobian."
        )
    return out


def _check_call(transform: str, function: Any, argnums: Any = 0, has_aux: Any = False) -> None:
    """Refuse arguments that other libraries take here, before they cause a puzzling error a line later."""
    if isinstance(function, Tensor):
        raise TypeError(
            f"{transform}() takes a function, not a Tensor ({function._describe()}). For the gradients of a Tensor, "
            "write loss.gradient(w, ...), with create_graph=True to differentiate them again; loss.backward() "
            "accumulates them in w.grad."
        )
    name = getattr(function, "__name__", "f")
    if not callable(function):
        raise TypeError(f"{transform}() takes a function, not {type(function).__name__}: {function!r:.60}.")
    numbers = argnums if isinstance(argnums, tuple | list) else (argnums,)
    if not all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in numbers):
        raise TypeError(
            f"{transform}() takes only the function and returns a function: write {transform}({name})(x). The second "
            f"argument, argnums, is the number of an argument or a tuple of such numbers, not {type(argnums).__name__}."
        )
    if not isinstance(has_aux, bool):
        what = f"has_aux is True or False, not {type(has_aux).__name__}"
        raise TypeError(f"{transform}(): {what}: write {transform}({name})(x).")


def _check_tuples(transform: str, function: Any, **given: Any) -> None:
    """Refuse an array in the place of a tuple of arguments: its rows would be taken for arguments."""
    _check_call(transform, function)
    for name, value in given.items():
        if not isinstance(value, tuple | list):
            raise TypeError(
                f"{transform}(): {name} is a tuple with an entry for each argument of the function, not "
                f"{type(value).__name__}: for one argument write {transform}(f, (x,), (t,))."
            )


def _pulled(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums, has_aux: bool
) -> tuple[Trace, Any, Any, list[Any]]:
    """A call of a function, its number, the extra result beside it, and the gradients of the arguments."""
    trace = Trace(function, args, kwargs, argnums)
    out, aux = trace.result, None
    if has_aux:
        if not isinstance(out, tuple) or len(out) != 2:
            raise TypeError("with has_aux=True the function must return a pair: (number, anything else).")
        out, aux = out
    out = _scalar(out, function)
    gradients = trace.pull([out], [_one(out)], create_graph=trace.nested, release=not trace.nested)
    return trace, out, aux, gradients


def _one(out: Any) -> Any:
    """The gradient of a number by itself."""
    return out.dtype.type(1.0) if isinstance(out, Tensor) else 1.0


def value_and_grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., tuple[Any, Any]]:
    """A function that returns the value of ``function`` and its gradient, from one evaluation.

    ``function`` returns a single number (with ``has_aux`` a pair: the number and anything else, which is passed
    through). The gradient has the containers, shapes and dtypes of the argument (of the tuple of arguments for a tuple
    ``argnums``). Raises NonScalarBackwardError and InvalidDtypeError.

    >>> import numpy as np
    >>> from autograd import value_and_grad
    >>> value_and_grad(lambda x: np.sum(x ** 2))(np.array([1.0, 2.0]))
    (array(5.), array([2., 4.]))
    """
    _check_call("value_and_grad", function, argnums, has_aux)

    def evaluate(*args: Any, **kwargs: Any) -> Any:
        trace, out, aux, gradients = _pulled(function, args, kwargs, argnums, has_aux)
        value = trace.plain(out) if isinstance(out, Tensor) else out
        return ((value, trace.plain(aux)) if has_aux else value), trace.as_selected(gradients)

    return _named(evaluate, function, "value_and_grad")


def grad(
    function: Function = None,  # type: ignore[assignment]  # so that grad(outputs=...) gets the hint
    argnums: Argnums = 0, has_aux: bool = False, **others: Never,
) -> Function:  # fmt: skip
    """The gradient of a function that returns one number.

    ``grad(f)(x)[i] = df / dx[i]``: a function with the arguments of ``function``, whose result has the containers,
    shapes and dtypes of the argument (or of the tuple of arguments for a tuple ``argnums``); with ``has_aux`` a pair of
    the gradient and the function's second result. Arguments may be nested lists, tuples and dicts of arrays; an
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
    refuse_words("grad", others)
    _check_call("grad", function, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        trace, _, aux, gradients = _pulled(function, args, kwargs, argnums, has_aux)
        result = trace.as_selected(gradients)
        return (result, trace.plain(aux)) if has_aux else result

    return _named(gradient, function, "grad")


def vjp(function: Function, *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The value of a function and its vector-Jacobian product, ``g -> g @ J``.

    The second result takes a cotangent with the containers and shapes of the value, and returns one gradient for the
    argument (a tuple of them for several arguments). It can be called repeatedly.

    >>> import numpy as np
    >>> from autograd import vjp
    >>> value, pull = vjp(lambda x: x ** 2, np.array([1.0, 2.0]))
    >>> pull(np.array([1.0, 10.0]))
    array([ 2., 40.])
    """
    _check_call("vjp", function)
    trace = Trace(function, primals, {}, tuple(range(len(primals))))
    outputs = trace.outputs()

    def pull(cotangent: Any) -> Any:
        seeds = _match(cotangent, trace.result, outputs, "the cotangent")
        now = trace.with_cotangents(seeds)
        seeds = seeds if now.nested else [plain(s) for s in seeds]
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
    _check_tuples("jvp", function, primals=primals, tangents=tangents)
    primals, tangents = tuple(primals), tuple(tangents)
    trace = Trace(function, primals, {}, tuple(range(len(primals))), flatten(tangents))
    outputs = trace.outputs()
    directions = _match(tangents, primals, trace.doors, "the tangents")
    dummies = [argument(np.zeros(np.shape(plain(out)), slope_dtype(out))) for out in outputs]
    pulled = _slopes(trace, outputs, dummies)
    vertices: list[Vertex] = [d._node or leaf(d) for d in dummies]
    seeds = directions if trace.nested else [plain(d) for d in directions]
    results = trace.pull(pulled, seeds, create_graph=trace.nested, release=not trace.nested, to=vertices)
    like = [trace._scalar_like(out) if isinstance(out, Tensor) else None for out in outputs]
    handed = iter([trace.hand_out(r, x) for r, x in zip(results, like, strict=True)])
    return trace.plain(trace.result), unflatten(trace.result, handed)


def hvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian-vector product ``H @ t`` of a function that returns one number, without forming the Hessian.

    The gradient of ``<gradient, t>``; costs about two gradients. One result for one argument, else a tuple.

    >>> import numpy as np
    >>> from autograd import hvp
    >>> hvp(lambda x: np.sum(x ** 3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    _check_tuples("hvp", function, primals=primals, tangents=tangents)
    primals, tangents = tuple(primals), tuple(tangents)
    directions = _match(tangents, primals, [plain(x) for x in flatten(primals)], "the tangents")
    trace = Trace(function, primals, {}, tuple(range(len(primals))), directions)
    out = _scalar(trace.result, function)
    seeds = directions if trace.nested else [plain(d) for d in directions]
    pulled = _slopes(trace, [out], [_one(out)])
    trace.warn_of_lost_slopes(pulled)
    second = trace.pull(pulled, seeds, create_graph=trace.nested, release=not trace.nested)
    result = trace.as_selected(second)
    return result[0] if len(primals) == 1 else result


def jacobian(function: Function, argnums: Argnums = 0) -> Function:
    """The matrix of all derivatives: ``jacobian(f)(x)[i..., j...] = df[i...] / dx[j...]``.

    The function is evaluated once; the backward passes of the entries of its value travel through the graph together
    as far as its ops allow. For containers the result is nested by output, then by input. Raises InvalidDtypeError.

    >>> import numpy as np
    >>> from autograd import jacobian
    >>> jacobian(lambda x: np.cumsum(x ** 2))(np.array([1.0, 2.0]))
    array([[2., 0.],
           [2., 4.]])
    """
    _check_call("jacobian", function, argnums)

    def evaluate(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(function, args, kwargs, argnums)
        blocks = []
        for out in trace.outputs():
            shape = np.shape(plain(out))
            jacobians = [rows.reshape(shape + v.shape) for rows, v in zip(trace.rows(out), trace.vertices, strict=True)]
            number = not shape
            handed = [trace.hand_out(j, x if number else None) for j, x in zip(jacobians, trace.given, strict=True)]
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
    _check_call("hessian", function, argnums)
    return _named(jacobian(grad(function, argnums), argnums), function, "hessian")


def _slopes(trace: Trace, outputs: list[Any], seeds: list[Any]) -> list[Any]:
    with changed(grad=True, readings=trace.readings):
        return trace.pull(outputs, seeds, create_graph=True, release=False)


def _match(given: Any, tree: Any, arrays: Sequence[Any], what: str) -> list[Any]:
    """The leaves of a cotangent or tangent, checked against the shapes they must match."""
    paths = [path for path, _ in leaves(tree)]
    found = dict(leaves(given))
    if len(found) != len(paths):
        raise GradientShapeError(f"{what} has {len(found)} parts, but must have {len(paths)}.")
    if missing := [path for path in paths if path not in found]:
        raise GradientShapeError(f"{what} has no part {missing[0] or 'alone'}; its parts are {', '.join(found)}.")
    matched = []
    for path, array in zip(paths, arrays, strict=True):
        g, dtype, shape = found[path], slope_dtype(array), np.shape(plain(array))
        name = f"{what} at {path}" if path else what
        if not isinstance(g, Tensor):
            g = own_array(g, dtype, name)
        elif g.dtype != dtype:
            g = g.astype(dtype)
        if g.shape != shape:
            raise GradientShapeError(f"{name} has shape {g.shape}; it must be {shape}.")
        matched.append(g)
    return matched


def _named(wrapper: Function, function: Function, transform: str) -> Function:
    wrapper.__name__ = wrapper.__qualname__ = f"{transform}({getattr(function, '__name__', 'function')})"
    wrapper.__doc__ = f"{transform} of {getattr(function, '__name__', 'a function')}."
    return wrapper
