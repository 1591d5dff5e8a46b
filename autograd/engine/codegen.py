"""Writing the functions of an op, the one that users call and the one that the backward pass calls (docs/design.md).

In their text operands and attributes have no leading underscore, the data of operands has one, and everything else has
two.
"""

import linecache
from collections.abc import Callable, Sequence
from functools import cache
from inspect import Parameter
from itertools import count
from types import CodeType
from typing import Any

import numpy as np

from autograd.engine.graph import SMALL, STATE, Node
from autograd.engine.tape import TRANSPARENT, record, source
from autograd.engine.tensor import Tensor, constant, leaf
from autograd.errors import AutogradError
from autograd.interpret import constant_if_real, constant_outputs, finish, record_outputs, unrecorded, variadic
from autograd.operand_errors import PLAIN, explain, operand
from autograd.stale import HANDED_OUT, fingerprint

Function = Callable[..., Any]
_files = count(1)

# What the text of every function refers to.
_NAMES: dict[str, Any] = {
    "__name__": "autograd.ops",
    TRANSPARENT: True,
    "__CONSTANT": frozenset({bool, float, int, np.bool, np.float64, np.int64, slice, str, type(...), type(None)}),
    "__HANDED_OUT": HANDED_OUT,
    "__PLAIN": PLAIN,
    "__SMALL": SMALL,
    "__float64": np.float64,
    "__shape": np.shape,
    "__state_of": STATE.get,
    **{f"__{x.__name__}": x for x in (AutogradError, Node, Tensor, explain, finish, fingerprint, leaf, unrecorded)},
    **{f"__{x.__name__}": x for x in (float, id, np.ndarray, operand, source)},
}


def unchanged(g: Any) -> Any:
    """The rule of an operand that an op passes on unchanged: its gradient is the incoming one."""
    return g


@cache
def source_file(name: str, text: str) -> str:
    """A made-up file name, under which `linecache` has the text of a generated function."""
    file = f"<chainrule: {name}, {next(_files)}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    return file


@cache
def _code(text: str) -> CodeType:
    return compile(text, "<chainrule>", "exec")


def _define(name: str, head: str, body: Sequence[str], names: dict[str, Any]) -> Function:
    """Define a function from text. Ops of one kind have the same text but for the name, which is compiled once."""
    text = "\n".join([f"({head}):", *body, ""])
    exec(_code(f"def call{text}"), names)
    function: Function = names.pop("call")
    function.__name__ = function.__qualname__ = name
    file = source_file(name, f"def {name}{text}")
    function.__code__ = function.__code__.replace(co_name=name, co_qualname=name, co_filename=file)
    return function


def write_vjp(op: Any) -> Callable[[Any, Any, Any], tuple[Any, ...]]:
    """``vjp(g, kept, parents)``: the gradients of the operands, None where no parent wants one."""
    names: dict[str, Any] = {"__name__": "autograd.ops", **{f"_rule{i}": rule for i, rule in enumerate(op.rules)}}
    body = [f"    {''.join(f'{name}, ' for name in op.keeps)}= _kept"] if op.keeps else []
    rules = enumerate(zip(op.rules, op.asks, strict=True))
    calls = ["g" if rule is unchanged else f"_rule{i}({', '.join(('g', *asks))})" for i, (rule, asks) in rules]
    if op.joint:
        if "need" in op.asks[0]:
            body.append("    need = tuple([_p is not None for _p in _parents])")
        body += [
            f"    _gradients = {calls[0]}",
            "    if len(_gradients) != len(_parents):",
            "        raise ValueError(f'a joint rule gave {len(_gradients)} gradients for {len(_parents)} operands')",
            "    return _gradients",
        ]
    else:
        if len(calls) > 1:
            wanted = [f"None if _parents[{i}] is None else {call}" for i, call in enumerate(calls)]
            calls = [text if rule else "None" for text, rule in zip(wanted, op.rules, strict=True)]
        body.append(f"    return {', '.join(calls)},")
    return _define(f"{op.name}_vjp", "g, _kept, _parents", body, names)


def write_function(op: Any) -> Function:
    """The public function of an op."""
    function = variadic(op) if op.variadic else _write_caller(op, op.operands)
    function.__doc__, function.__module__ = op.facts.doc, "autograd.ops"
    return function


def write_operator(op: Any, *, reflected: bool = False) -> Function:
    """An op as ``__add__`` or ``__radd__``: like its function, but it returns NotImplemented to foreign objects."""
    return _write_caller(op, tuple(reversed(op.operands)) if reflected else op.operands, operator=True)


def write_method(op: Any, function: Function, options: dict[str, Any]) -> Function:
    """An op as a method with the parameters of ndarray's, in their order, with their defaults.

    Parameters that are not attributes of the op are options of NumPy's function, which is called if one is given.
    """
    return _write_caller(op, op.operands, options=options, function=function)


def _write_caller(
    op: Any, order: Any, *, operator: bool = False, options: Any = None, function: Any = None
) -> Function:
    """A function with the right parameters, whose body is written at its first call: a program uses few of the ops that
    it imports, and compiling all of them takes half as long as importing NumPy."""
    defaults = op.optional | op.attributes | (options or {})
    names: dict[str, Any] = _NAMES | {f"__default_{p}": value for p, value in defaults.items()}
    operands = [f"{x}=__default_{x}" if x in op.optional else x for x in order]
    others = options or ({"*": None} if op.optional and op.attributes else {}) | op.attributes
    head = [*operands, *(p if p == "*" or v is Parameter.empty else f"{p}=__default_{p}" for p, v in others.items())]
    given = ", ".join([*order, *(f"{p}={p}" for p in others if p != "*")])
    before: list[str] = []
    if options:
        names["__function"] = function
        own = [p for p in options if p != "*" and p not in op.attributes]
        extra = [f"{p} is not {'None' if options[p] is None else f'__default_{p}'}" for p in own]
        before = [f"    if {' or '.join(extra)}:", f"        return __function({given})"]

    def write() -> None:
        names["__op"], names["__kernel"], names["__compute"] = op, op.kernel, op.infix or op.kernel
        names["__record"] = record_outputs if op.outputs else record
        names["__result"] = constant_outputs if op.outputs else constant if op.differentiable else constant_if_real
        written.__code__ = _define(op.name, ", ".join(head), [*before, *_body(op, operator)], names).__code__

    names["__write"] = write
    stub = ["    __write()  # this function anew, with its body", f"    return __written({given})"]
    written = names["__written"] = _define(op.name, ", ".join(head), stub, names)
    written.__doc__ = op.facts.doc
    return written


def _body(op: Any, operator: bool) -> list[str]:
    """The lines of a function: the data of its operands, its result, and the node, where one is wanted."""
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
    arrays = ", ".join(f"_{x}" for x in xs)
    given = ", ".join([arrays, *(f"{a}={a}" for a in op.attributes)])
    residuals = ", residuals=__residuals" if op.saves else ""
    attrs = "{" + ", ".join(f"{a!r}: {a}" for a in op.attributes) + "}" if op.attributes else "None"
    body += [
        f"    if {' and '.join(f'__{x}_live is None' for x in xs)}:",
        f"        return __kernel({given})",
        *(["    __residuals = []"] if op.saves else []),
        "    try:",
        f"        out = __compute({given}{residuals})",
        "    except __AutogradError:",
        "        raise",
        "    except (ValueError, TypeError, IndexError) as __error:",
        f"        raise __explain(__op, ({', '.join(xs)},), {attrs}, __error) from __error",
    ]
    ruled = [x for x, rule in zip(xs, op.rules * (len(xs) if op.joint else 1), strict=True) if rule] if op.rules else []
    if ruled:
        live = " or ".join(f"__{x}_live" for x in ruled)
        row = ", ".join(f"__p{i}" for i in range(len(xs)))
        few = len(xs) == 2 or (len(xs) == 1 and not op.joint)  # see `Node`
        edges = f"None, {row}{', None' * (2 - len(xs))}" if few else f"({row},), None, None"
        body += [
            "    __state = __state_of()",
            "    if __state.watch is not None:",
            f"        return __finish(__op, ({', '.join(xs)},), ({arrays},), {attrs}, out, __state{residuals})",
            f"    if __state.grad and {live if len(ruled) == 1 else f'({live})'}:",
            *_node_text(op, ruled),
            f"        return __record(__op, out, {edges}, __shown, __kept, {attrs}, __prints, __state)",
        ]
    else:
        body += [
            "    if (__state := __state_of()).watch is not None:",
            f"        return __unrecorded(__op, ({', '.join(xs)},), {attrs}, out, __state)",
        ]
    return [*body, "    return __result(out)"]


def _node_text(op: Any, ruled: list[str]) -> list[str]:
    """The lines that collect what a node keeps: parents, operands as pictures show them, values, fingerprints."""
    xs = op.operands
    kept = "".join(f"{_kept_text(op, name, ruled)}, " for name in op.keeps)
    edges = [f"({x}._node or __leaf({x})) if __{x}_live else None" if x in ruled else "None" for x in xs]
    lines = [f"        __p{i} = {edge}" for i, edge in enumerate(edges)]
    lines.append(f"        __shown = None if {' and '.join(f'__{x}_live' for x in xs)} else (")
    for i, x in enumerate(xs):
        lines.append(f"            __p{i} or ({x} if {x}.__class__ is __float else __source({x})),")
    return [*lines, "        )", f"        __kept = ({kept})", "        __prints = None", *_prints_text(op, ruled)]


def _kept_text(op: Any, name: str, ruled: list[str]) -> str:
    """The expression for one kept value: None when no operand that wants a gradient has a rule that asks for it."""
    if name in op.attributes:
        return name
    if name == "residuals":
        return "__residuals"
    value = name if name == "out" else f"_{name}" if name in op.operands else f"__shape(_{name.removesuffix('_shape')})"
    if name in op.few:
        value = f"({value} if {value}.__class__ is __float64 or {value}.size <= __SMALL else None)"
    return f"{value} if {asked} else None" if (asked := _asked_text(op, name, ruled)) else value


def _asked_text(op: Any, name: str, ruled: list[str]) -> str:
    """The condition that the rule of an operand that wants a gradient asks for a value; none where it is always so."""
    if op.joint or len(op.operands) == 1:
        return ""
    askers = [x for x, asked in zip(op.operands, op.asks, strict=True) if name in asked and x in ruled]
    return " or ".join(f"__{x}_live" for x in askers)


def _prints_text(op: Any, ruled: list[str]) -> list[str]:
    """The lines that take the fingerprints of a node, as `prints_of` does in general, where it keeps such arrays."""
    lines: list[str] = []
    for i, (name, place) in enumerate(zip(op.keeps, op.sources, strict=True)):
        added = "({0},)" if not lines else "({0},) if __prints is None else (*__prints, {0})"
        taken = f"            __prints = {added.format(f'({i}, __fingerprint(__kept[{i}]))')}"
        if place >= 0:
            asked = f"({asked}) and " if (asked := _asked_text(op, name, ruled)) else ""
            asked += f"__kept[{i}] is not None and " if name in op.few else ""
            lines += [
                f"        if {asked}_{name}.__class__ is __ndarray and (",
                f"            not __{name}_live or _{name}.base is not None",
                f"            or (__p{place}.__class__ is not __Node and __id(_{name}) in __HANDED_OUT)",
                "        ):",
                f"            if __{name}_live is None and _{name}.size <= __SMALL:",
                f"                __prints = {added.format(f'({i}, None)')}",
                "            else:",
                f"    {taken}",
            ]
        elif name in op.attributes:
            lines += [f"        if {name}.__class__ not in __CONSTANT:", taken]
    return lines
