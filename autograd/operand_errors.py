"""Conversion of unusual operands, and the messages about operands that do not fit together."""

import inspect
import re
from typing import Any

import numpy as np

from autograd.arrays import normalize_axes, only_numbers
from autograd.engine.graph import STATE, Vertex
from autograd.engine.tensor import Tensor, leaf
from autograd.errors import (
    InvalidDtypeError,
    OperandAxisError,
    OperandError,
    OperandIndexError,
    OperandLinAlgError,
    OperandTypeError,
)
from autograd.fixes import Argument, likely_fix
from autograd.provenance import made_by, origin_of, where
from autograd.remedies import COMPLEX

# What may stand beside a Tensor without a second look; anything else is first made an array, or refused.
PLAIN = frozenset({float, int, bool, np.ndarray, np.float64, np.float32, np.int64, np.bool_, type(None)})


def operand(op: Any, name: str, x: Any, operator: bool) -> Any:
    """Convert a list, a NumPy scalar or another array-like operand to an array."""
    if isinstance(x, np.generic):
        return x
    if isinstance(x, np.ndarray):
        only_numbers(x, f"{op.name}: operand {name}")
        return x.view(np.ndarray)
    if operator and not isinstance(x, list | tuple | int | float | complex):
        return NotImplemented
    only_numbers(x, f"{op.name}: operand {name}")
    array = np.asarray(x)
    if array.dtype.kind in "OSUVM":
        raise OperandError(f"{op.name}: operand {name} is not numeric: {x!r:.60} ({type(x).__name__}).")
    return array


def explain(op: Any, xs: tuple[Any, ...], attributes: dict[str, Any] | None, error: Exception) -> OperandError:
    """The message of NumPy's error, the name, shape, dtype and origin of each operand, and the fix, if there is one."""
    names = operand_names(op, xs)
    lines = [_headline(op.name, error), *listed(names, xs)]
    arguments = [_argument(name, x) for name, x in zip(names, xs, strict=True)]
    if fix := likely_fix(op, arguments, attributes or {}):
        lines.append(f"  likely fix: {fix}")
    explained = _kind_of(error)("\n".join(lines))
    explained.op, explained.operands, explained.fix = op, xs, fix
    return explained


def no_gradient_of(dtype: np.dtype[Any], op: Any, operands: tuple[Any, ...]) -> InvalidDtypeError:
    """The error for a result that cannot have a gradient."""
    text = "\n".join(listed(operand_names(op, operands), operands))
    return InvalidDtypeError(
        f"{op.name} gives {dtype}, which has no gradient here. Only real floating-point data is differentiable; "
        f"{COMPLEX if dtype.kind == 'c' else 'use .detach() if you need no gradient'}.\n{text}"
    )


# What NumPy says of products whose inner lengths differ.
_CORE = re.compile(
    r"(?:\w+: )?Input operand \d has a mismatch in its core dimension .*\(size (\d+) is different from (\d+)\)"
)


def _headline(name: str, error: Exception) -> str:
    """The op, the module that is being called, and NumPy's words, without the signatures of its generalized ufuncs."""
    frame = STATE.get().scope
    module = f" in module {frame.path}" if frame is not None and frame.path else ""
    text = str(error).strip().removeprefix(f"{name}: ")
    text = _CORE.sub(r"mismatch of the inner lengths, \2 and \1", text)
    text += ". Several axes are a tuple: axis=(0, 1)" * text.startswith("'list' object cannot be interpreted")
    return f"{name}{module}: {text}"


def explain_call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception) -> OperandError:
    """`explain` for a NumPy function that is made of several ops: its arrays, by the names of its parameters."""
    found = arrays_of(function, args, kwargs)
    lines = [_headline(function.__name__, error), *listed(tuple(found), tuple(found.values()))]
    explained = _kind_of(error)("\n".join(lines))
    explained.operands = tuple(found.values())
    return explained


def arrays_of(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The Tensors and arrays among the arguments of a call, also in lists and tuples, by the names of parameters."""
    try:
        given = dict(inspect.signature(function).bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):  # arguments that do not fit, or a signature that cannot be read
        given = {f"argument {i}": x for i, x in enumerate(args)} | kwargs
    found: dict[str, Any] = {}
    for name, x in given.items():
        inner = {f"{name}[{i}]": part for i, part in enumerate(x)} if isinstance(x, list | tuple) else {name: x}
        found |= {label: part for label, part in inner.items() if isinstance(part, Tensor | np.ndarray)}
    return found


def operand_names(op: Any, xs: tuple[Any, ...]) -> tuple[str, ...]:
    """The operands as the op calls them; numbered, where there may be any number."""
    return tuple(f"{op.operands[0]}[{i}]" for i in range(len(xs))) if op.variadic else tuple(op.operands)


def listed(names: tuple[str, ...], xs: tuple[Any, ...]) -> list[str]:
    """A line for each operand, given as Tensors, vertices, arrays or numbers: name, shape, dtype and origin."""
    lines = []
    for name, x in zip(names, xs, strict=True):
        vertex = _vertex_of(x)
        if vertex is not None:
            label = vertex.name or made_by(vertex)
            origin = "" if origin_of(vertex)[0] is None else f", made at {where(vertex)}"
            label = label or ("a Tensor" if origin else "an array")
            lines.append(f"  {name} = {label}: shape {vertex.shape}, {vertex.dtype}{origin}")
        elif isinstance(x, np.ndarray | np.generic):
            lines.append(f"  {name} = an array: shape {x.shape}, {x.dtype}")
        else:
            lines.append(f"  {name} = {x!r:.60}")
    return lines


def _vertex_of(x: Any) -> Vertex | None:
    if isinstance(x, Tensor):
        return x._node or leaf(x)
    return x if isinstance(x, Vertex) else None


def _argument(name: str, x: Any) -> Argument:
    vertex = _vertex_of(x)
    if vertex is None:
        if x is None:
            return Argument("None", None)
        array = np.asarray(x)
        text = name if isinstance(x, np.ndarray) else f"np.asarray({name})" if array.ndim else repr(x)
        return Argument(text, array.shape, array.dtype if array.dtype.kind in "biu" else None)
    text = vertex.name if vertex.name and vertex.name.isidentifier() else name
    dtype = vertex.dtype if vertex.dtype.kind in "biu" else None
    node = vertex
    attributes: dict[str, Any] = getattr(node, "attrs", None) or {}
    if attributes.get("keepdims") is not False or not node.parents or node.parents[0] is None:
        return Argument(text, vertex.shape, dtype)
    shape = node.parents[0].shape
    axes = normalize_axes(attributes.get("axis"), len(shape))
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return Argument(text, vertex.shape, dtype, kept, vertex.op.name if vertex.op else "")


def _kind_of(error: Exception) -> type[OperandError]:
    """The class of ours that is also the class of NumPy's error, or one that it is derived from."""
    return next((ours for theirs, ours in _OPERAND_ERRORS.items() if isinstance(error, theirs)), OperandError)


_OPERAND_ERRORS: dict[type[Exception], type[OperandError]] = {
    np.exceptions.AxisError: OperandAxisError,  # which is an IndexError too
    IndexError: OperandIndexError,
    np.linalg.LinAlgError: OperandLinAlgError,
    TypeError: OperandTypeError,
}
