"""Writing the functions of an op: the one that users call, and the one that the backward pass calls.

They are written for the op's own operands and attributes (as a dataclass's ``__init__`` is), because looking arguments
up by plan would double the cost of a small op. In their text operands and attributes have no leading underscore, the
data of operands has one, and everything else has two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from inspect import Parameter
from types import CodeType
from typing import Any

import numpy as np

from autograd.engine.graph import SMALL, Node
from autograd.engine.tape import TRANSPARENT, constant_outputs, finish, record, record_outputs, result_of, source
from autograd.engine.tensor import Tensor, leaf, leaf_of_array
from autograd.errors import AutogradError
from autograd.fingerprints import HANDED_OUT, fingerprint
from autograd.modes import STATE
from autograd.operand_errors import PLAIN, explain, operand

__autograd_transparent__ = True

__all__ = ["unchanged", "write_function", "write_method", "write_operator", "write_vjp"]


# Attributes that nobody can change.
_CONSTANT = frozenset({bool, float, int, np.bool, np.float64, np.int64, slice, str, type(...), type(None)})


def unchanged(g: Any) -> Any:
    """The rule of an operand that is passed on as it is: its gradient is the incoming one."""
    return g


@cache
def _code(source: str) -> CodeType:
    return compile(source, "<autograd op>", "exec")


def _define(name: str, head: str, body: Sequence[str], names: dict[str, Any]) -> Callable[..., Any]:
    """Define a function from text. Ops of one kind have the same text, which is compiled once."""
    exec(_code("\n".join([f"def call({head}):", *body])), names)
    function: Callable[..., Any] = names.pop("call")
    function.__name__ = function.__qualname__ = name
    function.__code__ = function.__code__.replace(co_name=name)
    return function


def write_vjp(op: Any) -> Callable[[Any, Any, Any], tuple[Any, ...]]:
    """``vjp(g, kept, parents)``: the gradients of the operands, None where no parent wants one."""
    names: dict[str, Any] = {f"_rule{i}": rule for i, rule in enumerate(op.rules)}
    body: list[str] = []
    if not op.differentiable:
        return _define("vjp", "g, _kept, _parents", ["    raise AssertionError('not differentiable')"], names)
    if len(op.keeps) == 1:
        body.append(f"    {op.keeps[0]}, = _kept")
    elif op.keeps:
        body.append(f"    {', '.join(op.keeps)} = _kept")
    if op.joint:
        if "need" in op.asks[0]:
            body.append("    need = tuple([_p is not None for _p in _parents])")
        body += [
            f"    _gradients = _rule0({', '.join(('g', *op.asks[0]))})",
            "    if len(_gradients) != len(_parents):",
            "        raise ValueError(f'a joint rule gave {len(_gradients)} gradients for {len(_parents)} operands')",
            "    return _gradients",
        ]
    elif len(op.rules) == 1:
        body.append(f"    return {_call_text(op, 0)},")
    else:
        parts = [
            f"None if _parents[{i}] is None else {_call_text(op, i)}" if rule else "None"
            for i, rule in enumerate(op.rules)
        ]
        body.append(f"    return {', '.join(parts)},")
    return _define("vjp", "g, _kept, _parents", body, names)


def _call_text(op: Any, i: int) -> str:
    return "g" if op.rules[i] is unchanged else f"_rule{i}({', '.join(('g', *op.asks[i]))})"


def write_function(op: Any) -> Callable[..., Any]:
    """The public function of an op, or, for ``a - b`` and friends, what Python's operators call."""
    function = _write_variadic(op) if op.variadic else _write_caller(op, op.name, op.operands)
    function.__doc__ = op.doc
    function.__module__ = "autograd.ops"
    return function


def write_operator(op: Any, *, reflected: bool = False) -> Callable[..., Any]:
    """An op as ``__add__`` or ``__radd__``: like its function, but it returns NotImplemented to foreign objects."""
    order = tuple(reversed(op.operands)) if reflected else op.operands
    return _write_caller(op, op.name, order, operator=True)


def write_method(op: Any, function: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    """An op as a method with the parameters of ndarray's, in their order, with their defaults.

    Those that are no attributes of the op are options of NumPy's function, which answers when one of them is given.
    """
    method = _write_caller(op, op.name, op.operands, options=options, function=function)
    method.__doc__, method.__module__ = op.doc, "autograd.ops"
    return method


def _write_caller(
    op: Any,
    name: str,
    order: tuple[str, ...],
    *,
    operator: bool = False,
    options: dict[str, Any] | None = None,
    function: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """A function with the right parameters, whose body is written at its first call: a program uses few of the ops that
    it imports, and compiling all of them takes half as long as importing NumPy."""
    names: dict[str, Any] = {
        TRANSPARENT: True,
        **{f"__default_{a}": value for a, value in (op.optional | op.attributes).items()},
    }
    attributes = [a if v is Parameter.empty else f"{a}=__default_{a}" for a, v in op.attributes.items()]
    parameters = [f"{x}=__default_{x}" if x in op.optional else x for x in order] + (
        ["*", *attributes] if op.optional and attributes else attributes
    )
    given = ", ".join([*order, *(f"{a}={a}" for a in op.attributes)])
    before: list[str] = []
    if options:
        operands = [f"{x}=__default_{x}" if x in op.optional else x for x in order]
        parameters = [*operands, *(p if p == "*" else f"{p}=__default_{p}" for p in options)]
        extra = [p for p in options if p != "*" and p not in op.attributes]
        given = ", ".join([*order, *(f"{p}={p}" for p in options if p != "*")])
        names |= {f"__default_{p}": value for p, value in options.items()} | {"__function": function}
        more = " or ".join(f"{p} is not __default_{p}" for p in extra)
        before = [f"    if {more}:", f"        return __function({given})"]
    head = ", ".join(parameters)

    def write() -> None:
        names.update(_caller_names(op))
        written.__code__ = _define(name, head, [*before, *_caller_body(op, operator)], names).__code__

    names["__write"] = write
    written = names["__written"] = _define(name, head, ["    __write()", f"    return __written({given})"], names)
    return written


def _caller_names(op: Any) -> dict[str, Any]:
    """What the text of `_caller_body` refers to.

    Operands and attributes have no leading underscore, data of operands has one, everything else has two.
    """
    return {
        "__op": op,
        "__kernel": op.kernel,
        "__compute": op.infix or op.kernel,
        "__Tensor": Tensor,
        "__PLAIN": PLAIN,
        "__AutogradError": AutogradError,
        "__operand": operand,
        "__explain": explain,
        "__state_of": STATE.get,
        "__record": record_outputs if op.outputs else record,
        "__result": constant_outputs if op.outputs else result_of(op),
        "__finish": finish,
        "__leaf": leaf,
        "__float": float,
        "__source": source,
        "__ndarray": np.ndarray,
        "__Node": Node,
        "__HANDED_OUT": HANDED_OUT,
        "__id": id,
        "__leaf_of": leaf_of_array,
        "__fingerprint": fingerprint,
        "__CONSTANT": _CONSTANT,
        "__shape": np.shape,
        "__SMALL": SMALL,
    }


def _caller_body(op: Any, operator: bool) -> list[str]:
    xs = op.operands
    body: list[str] = []
    for x in xs:
        body += [
            f"    if {x}.__class__ is __Tensor or isinstance({x}, __Tensor):",
            f"        _{x} = {x}._data",
            f"        __{x}_live = {x}._requires_grad",
        ]
        if op.infix:  # a 0-d array computes ten times slower than the number in it
            body += [f"        if _{x}.__class__ is __ndarray and not _{x}.ndim:", f"            _{x} = _{x}[()]"]
        body += [
            "    else:",
            f"        __{x}_live = None",
            f"        _{x} = {x} if {x}.__class__ in __PLAIN else __operand(__op, {x!r}, {x}, {operator})",
        ]
        if operator:
            body += [f"        if _{x} is NotImplemented:", "            return NotImplemented"]
    data = ", ".join([f"_{x}" for x in xs] + [f"{a}={a}" for a in op.attributes])
    attrs = "{" + ", ".join(f"{a!r}: {a}" for a in op.attributes) + "}" if op.attributes else "None"
    body += [
        f"    if {' and '.join(f'__{x}_live is None' for x in xs)}:",
        f"        return __kernel({data})",
        "    try:",
        f"        out = __compute({data})",
        "    except __AutogradError:",
        "        raise",
        "    except (ValueError, TypeError, IndexError) as __error:",
        f"        raise __explain(__op, ({', '.join(xs)},), {attrs}, __error) from __error",
    ]
    ruled = [x for x, rule in zip(xs, op.rules * (len(xs) if op.joint else 1), strict=True) if rule] if op.rules else []
    if ruled:
        edges = [f"({x}._node or __leaf({x})) if __{x}_live else None" if x in ruled else "None" for x in xs]
        kept = "".join(f"{_kept_text(op, i, ruled)}, " for i in range(len(op.keeps)))
        all_live = " and ".join(f"__{x}_live" for x in xs)
        constants = [
            f"{x} if {x}.__class__ is __float else __leaf_of({x}) if {x}.__class__ is __ndarray else __source({x})"
            for x in xs
        ]
        origins = "".join(f"__parents[{i}] or ({constant}), " for i, constant in enumerate(constants))
        arrays = ", ".join(f"_{x}" for x in xs)
        body += [
            "    __state = __state_of()",
            "    if __state.watch is not None:",
            f"        return __finish(__op, ({', '.join(xs)},), ({arrays},), {attrs}, out, __state)",
            f"    if __state.grad and ({' or '.join(f'__{x}_live' for x in ruled)}):",
            f"        __parents = ({', '.join(edges)},)",
            f"        __operands = __parents if {all_live} else ({origins})",
            f"        __kept = ({kept})",
            *_prints_text(op, ruled),
            f"        return __record(__op, out, __parents, __operands, __kept, {attrs}, __prints, __state)",
        ]
    return [*body, "    return __result(out)"]


def _kept_text(op: Any, i: int, ruled: list[str]) -> str:
    """The expression for one kept value: None when no operand that wants a gradient has a rule that asks for it."""
    name: str = op.keeps[i]
    if name in op.attributes:
        return name
    value = name if name == "out" else f"_{name}" if name in op.operands else f"__shape(_{name.removesuffix('_shape')})"
    if name in op.few:
        value = f"({value} if {value}.size <= __SMALL else None)"
    if op.joint or len(op.operands) == 1:
        return value
    return f"{value} if {_asked_text(op, name, ruled)} else None"


def _asked_text(op: Any, name: str, ruled: list[str]) -> str:
    """The condition that the rule of an operand that wants a gradient asks for a value."""
    askers = [x for x, asked in zip(op.operands, op.asks, strict=True) if name in asked and x in ruled]
    return " or ".join(f"__{x}_live" for x in askers)


def _prints_text(op: Any, ruled: list[str]) -> list[str]:
    """The lines that take the fingerprints of a node, as `prints_of` does in general, where it keeps such arrays."""
    lines = ["        __prints = None"]
    for i, (name, place) in enumerate(zip(op.keeps, op.sources, strict=True)):
        added = "({0})" if len(lines) == 1 else "({0}) if __prints is None else (*__prints, {0})"
        taken = f"            __prints = {added.format(f'({i}, __fingerprint(__kept[{i}])),')}"
        if place >= 0:
            asked = "" if op.joint or len(op.operands) == 1 else f"({_asked_text(op, name, ruled)}) and "
            asked += f"__kept[{i}] is not None and " if name in op.few else ""
            lines += [
                f"        if {asked}_{name}.__class__ is __ndarray and (",
                f"            not __{name}_live or _{name}.base is not None",
                f"            or (__parents[{place}].__class__ is not __Node and __id(_{name}) in __HANDED_OUT)):",
                f"            if __{name}_live is None and _{name}.size <= {SMALL}:",
                f"                __prints = {added.format(f'({i}, None),')}",
                "            else:",
                f"    {taken}",
            ]
        elif name in op.attributes:
            lines += [f"        if {name}.__class__ not in __CONSTANT:", taken]
    return lines


def _write_variadic(op: Any) -> Callable[..., Any]:
    """The function of an op with any number of operands, such as concatenate."""

    [name] = op.operands
    defaults = {a: value for a, value in op.attributes.items() if value is not Parameter.empty}

    def function(*xs: Any, **attributes: Any) -> Any:
        attributes = {**defaults, **attributes}
        data: tuple[Any, ...] = tuple(
            x._data if isinstance(x, Tensor) else x if x.__class__ in PLAIN else operand(op, name, x, False) for x in xs
        )
        if not any(isinstance(x, Tensor) for x in xs):
            return op.kernel(*data, **attributes)
        try:
            out = op.kernel(*data, **attributes)
        except AutogradError:
            raise
        except (ValueError, TypeError, IndexError) as error:
            raise explain(op, xs, attributes, error) from error
        return finish(op, xs, data, attributes or None, out, STATE.get())

    function.__name__ = function.__qualname__ = op.name
    return function
