"""NumPy's own functions on Tensors: the implementation of `__array_ufunc__` and `__array_function__`."""

import inspect
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from autograd.arrays import only_numbers
from autograd.engine.op import REGISTRY, Op
from autograd.engine.tensor import Tensor, constant
from autograd.errors import AutogradError, InvalidDtypeError, NotDifferentiable
from autograd.operand_errors import PLAIN, explain_call

STATUS: dict[Callable[..., Any], str] = {}  # of every NumPy function that is answered here
UFUNCS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {}
FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
_NUMBERS = frozenset({Tensor, *PLAIN})


def implements(
    *functions: Callable[..., Any], status: str = "differentiable", direct: bool = False
) -> Callable[[Any], Any]:
    """Register an adapter: a function of ours that is called instead of NumPy's, with NumPy's arguments.

    ``direct`` says that its values and errors are already NumPy's, because an op of ours hands the arguments to NumPy's
    own function, or because the call is refused.
    """

    def register(adapter: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            STATUS.setdefault(function, status)
            answer = adapter if direct or status != "differentiable" else composed(function, adapter)
            if isinstance(function, np.ufunc):
                UFUNCS[function, "__call__"] = answer
            else:
                FUNCTIONS[function] = answer
        return adapter

    return register


def values_of(argument: Any) -> Any:
    """An argument with Tensors replaced by their values, in lists and tuples too."""
    if isinstance(argument, Tensor):
        return argument.data
    if isinstance(argument, list | tuple) and any(isinstance(part, Tensor | list | tuple) for part in argument):
        return _rebuilt(argument, [values_of(part) for part in argument])
    return argument


def _rebuilt(like: Any, parts: list[Any]) -> Any:
    """A list, a tuple or a named tuple of other parts."""
    return type(like)(*parts) if hasattr(like, "_fields") else type(like)(parts)


def composed(function: Callable[..., Any], adapter: Callable[..., Any]) -> Callable[..., Any]:
    """An adapter that is made of several ops, with the values of NumPy's function.

    NumPy's function runs first. So its errors are raised, and the result has its values to the last bit, even where the
    formulas of an adapter meet inf - inf, integers that wrap, or comparisons with NaN.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        expected = function(*map(values_of, args), **{key: values_of(value) for key, value in kwargs.items()})
        _refuse_other_numbers(expected, function)
        with np.errstate(all="ignore"):  # NumPy has warned, if there was reason to
            return _with_values(adapter(*args, **kwargs), expected, function)

    call.__name__ = function.__name__
    return call


def _refuse_other_numbers(expected: Any, function: Callable[..., Any]) -> None:
    for part in expected if isinstance(expected, list | tuple) else (expected,):
        if getattr(getattr(part, "dtype", None), "kind", "f") not in "fiub":
            raise InvalidDtypeError(
                f"numpy.{function.__name__} gives {part.dtype}, which has no gradient here. Only real floating-point "
                "data is differentiable; use .detach() if you need no gradient."
            )


def _with_values(found: Any, expected: Any, function: Callable[..., Any]) -> Any:
    """The results of an adapter with NumPy's values; results that are not Tensors are NumPy's."""
    if isinstance(found, list | tuple):
        return _rebuilt(expected, [_with_values(f, e, function) for f, e in zip(found, expected, strict=True)])
    if not isinstance(found, Tensor):
        return expected
    if found.shape != expected.shape:
        raise AssertionError(f"numpy.{function.__name__}: shape {expected.shape} in NumPy, {found.shape} here")
    if found.dtype != expected.dtype:
        found = found.astype(expected.dtype)
    if not found.is_leaf:
        vertex: Any = found._node
        found._data = expected
        if vertex.value is not None:  # which pictures show
            vertex.value = expected.copy()
        return found
    return found if found._requires_grad else constant(expected)  # a leaf that was passed through stays itself


def named(*names: str) -> tuple[Callable[..., Any], ...]:
    """The functions of NumPy with these names, except those that the installed version lacks.

    For names that some supported versions of NumPy lack (tests/coverage/names.py lists their versions).
    """
    return tuple(getattr(np, name) for name in names if hasattr(np, name))


def adapter_of(function: Callable[..., Any], op: Op) -> Callable[..., Any]:
    """Call an op with the arguments of its NumPy function.

    The first parameters are the operands; a parameter with the name of an attribute is that attribute; every other must
    have its default value, because the op has no choice there.
    """
    public = op.function
    operands = len(op.operands)
    name = f"numpy.{function.__name__}"
    names: list[str] = []
    defaults: dict[str, Any] = {}

    def adapter(*args: Any, **kwargs: Any) -> Any:
        if len(args) == operands and not kwargs:
            return public(*args)
        if not names:  # read at the first call: NumPy's signatures take their time
            defaults.update((p.name, p.default) for p in inspect.signature(function).parameters.values())
            names.extend(defaults)
        if len(args) < operands:
            args = (*args, *(kwargs.pop(n) for n in names[len(args) : operands]))
        given = dict(zip(names[operands:], args[operands:], strict=False), **kwargs)
        attributes = {}
        for key, value in given.items():
            if key in op.attributes:
                attributes[key] = value
            elif value is not defaults.get(key) and value is not np._NoValue:
                raise unsupported(name, key)
        return public(*args[:operands], **attributes)

    adapter.__name__ = function.__name__
    return adapter


def unsupported(name: str, argument: str) -> NotDifferentiable:
    """The error for an argument of a NumPy function that Tensors do not support."""
    return NotDifferentiable(
        f"{name}(..., {argument}=...) is not supported on Tensors: leave it out"
        + (", or apply it to the result" if argument in ("dtype", "where") else "")
        + "."
    )


def refuse_extra(name: str, extra: dict[str, Any]) -> None:
    """Refuse arguments of a NumPy function that its adapter does not know, unless they are at their defaults."""
    for key, value in extra.items():
        if value is not None and value is not np._NoValue and not (key == "where" and value is True):
            raise unsupported(name, key)


def no_rule(name: str) -> NotDifferentiable:
    """The error for a NumPy function without a rule."""
    return NotDifferentiable(
        f"{name} has no rule for Tensors. Use .numpy() for a plain value without gradient, or define a rule with "
        "custom_op(forward, vjp)."
    )


def _of_another_library(ufunc: np.ufunc, method: str) -> Callable[..., Any]:
    """The op that answers for a ufunc of SciPy, or the error for one that has no rule."""
    name = ufunc.__name__
    homes = {"numpy.": np, "scipy.special.": sys.modules.get("scipy.special")}  # which is not imported for this
    home = next((prefix for prefix, module in homes.items() if getattr(module, name, None) is ufunc), "")
    if home == "scipy.special." and method == "__call__":
        for op in REGISTRY.values():
            if op.facts.scipy == name:
                UFUNCS[ufunc, method] = op.function
                return op.function
    raise no_rule(home + name if method == "__call__" else f"{home}{name}.{method}")


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Called by NumPy for a ufunc with a Tensor among its operands."""
    function = UFUNCS.get((ufunc, method)) or _of_another_library(ufunc, method)
    if kwargs:
        out = kwargs.pop("out", None)
        if out is not None and any(o is not None for o in out):
            raise NotDifferentiable(
                f"numpy.{ufunc.__name__}(..., out=...) would overwrite an array or a Tensor in place. Leave "
                "out= out and use the result."
            )
        for name, x in kwargs.items():
            only_numbers(x, f"{ufunc.__name__}: {name}")
        if method == "__call__":
            inputs = _with_options(ufunc, inputs, kwargs)
        return function(*inputs, **kwargs)
    return function(*inputs)


def _with_options(ufunc: np.ufunc, inputs: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
    """The operands as the options of a ufunc call want them. The options are used up, but for the axis of vecdot."""
    casting, dtype = options.pop("casting", "same_kind"), options.pop("dtype", None)
    for key in ("order", "subok"):  # which change no value
        options.pop(key, None)
    if options.get("where") is True:
        del options["where"]
    for key in options:
        if not (ufunc is np.vecdot and key in ("axis", "keepdims")):
            raise unsupported(f"numpy.{ufunc.__name__}", key)
    if dtype is not None or casting != "same_kind":
        ufunc(*map(values_of, inputs), dtype=dtype, casting=casting)  # which raises NumPy's error, should they not fit
    if dtype is None:
        return inputs
    return tuple(x.astype(dtype) if hasattr(x, "dtype") else x for x in inputs)


def array_function(
    self: Tensor, func: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Called by NumPy for any other of its functions with a Tensor among its arguments."""
    function = FUNCTIONS.get(func)
    if function is None:
        raise no_rule(f"{func.__module__}.{func.__name__}")
    if kwargs.get("out") is not None or any(out is not None for out in args[_place_of_out(func)]):
        raise unsupported(f"{func.__module__}.{func.__name__}", "out")
    for x in args:
        if x.__class__ not in _NUMBERS:
            only_numbers(x, "an argument of " + func.__name__)
    if kwargs:
        for name, x in kwargs.items():
            if x.__class__ not in _NUMBERS:
                only_numbers(x, f"{func.__name__}: {name}")
    try:
        return function(*args, **kwargs)
    except AutogradError:
        raise
    except (ValueError, TypeError, IndexError) as error:
        raise explain_call(func, args, kwargs, error) from error


@cache
def _place_of_out(func: Callable[..., Any]) -> slice:
    """Where among positional arguments ``out`` can be. No adapter writes into an array, so none needs to look."""
    try:
        signature = inspect.signature(func)
    except ValueError:  # what NumPy before 2.4 does not tell of functions in C, their adapters do
        signature = inspect.signature(FUNCTIONS[func])
    for place, p in enumerate(signature.parameters.values()):
        if p.name == "out" and p.kind is p.POSITIONAL_OR_KEYWORD:
            return slice(place, place + 1)
    return slice(0)


def install() -> None:
    """Fill the tables from the registry, and hand them to Tensor."""
    for op in REGISTRY.values():
        for function in op.numpy:
            STATUS.setdefault(function, "differentiable" if op.differentiable else "constant")
            if isinstance(function, np.ufunc):
                UFUNCS.setdefault((function, "__call__"), op.function)
            elif function not in FUNCTIONS:
                FUNCTIONS[function] = adapter_of(function, op)
    Tensor.__array_ufunc__ = array_ufunc  # type: ignore[method-assign, assignment]
    Tensor.__array_function__ = array_function  # type: ignore[method-assign, assignment]
