"""The op table: `defop` turns a forward kernel and its rules into one `Op` record and its public function.

A rule is a NumPy expression for the gradient of one operand. The names of its parameters say what it needs; they are
read once, here, and decide what a node keeps. The function that users call is written for the op's own operands and
attributes (like a dataclass's ``__init__``), because looking arguments up by plan would double the cost of a small op.

This module knows Nodes and Tensors, but no particular op.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import ref

import numpy as np

from autograd.arrays import FLOAT32, FLOAT64
from autograd.engine import SMALL, Node, Output, Vertex, describe, made_by, sequence, where
from autograd.errors import AutogradError, InvalidDtypeError, OperandError, RuleError
from autograd.modes import STATE, State
from autograd.tensor import Tensor, constant, leaf

__all__ = ["REGISTRY", "Op", "defop", "joint", "read_kernel", "unchanged", "write_operator"]

REGISTRY: dict[str, Op] = {}

Rule = Callable[..., Any]
_new = object.__new__
float64 = np.float64
ndarray = np.ndarray

# A module of ours that stands between a user's line and an op sets this name; its frames are passed over when a node
# notes where it was made.
TRANSPARENT = "__autograd_transparent__"

# What may stand beside a Tensor without a second look; anything else is first made an array, or refused.
PLAIN = frozenset({float, int, bool, np.ndarray, np.float64, np.float32, np.int64, np.bool_, complex, type(None)})


def unchanged(g: Any) -> Any:
    """The rule of an operand that is passed on as it is: its gradient is the incoming one."""
    return g


class joint:
    """Marks one rule that returns the gradients of all operands as a tuple, because they share work.

    It may ask for ``need``: a tuple of booleans that says which gradients are wanted.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule


class Op:
    """One op: its kernel, its rules, and what follows from their parameter names."""

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        rules: Rule | joint | tuple[Rule | None, ...] | None,
        *,
        numpy: Any = (),
        infix: Callable[[Any, Any], Any] | None = None,
        definition: Callable[..., Any] | None = None,
        outputs: bool = False,
        doc: str = "",
    ) -> None:
        self.name = name
        self.kernel = kernel
        self.infix = infix
        self.numpy = numpy if isinstance(numpy, tuple) else (numpy,)
        self.definition = definition
        self.outputs = outputs
        self.doc = doc
        self.operands, self.optional, self.attributes, self.variadic = read_kernel(name, kernel)
        self.differentiable = rules is not None
        self.joint = isinstance(rules, joint)
        self.rules: tuple[Rule | None, ...] = _as_tuple(name, rules, self.operands, self.variadic)
        self.asks = tuple(() if rule is None else _read_rule(self, i, rule) for i, rule in enumerate(self.rules))
        names = dict.fromkeys(n for asked in self.asks for n in asked if n != "need")
        self.keeps = tuple(names)
        self._sources = tuple(self.operands.index(n) if n in self.operands else -1 for n in self.keeps)
        self.vjp: Callable[[Any, Any, Any], tuple[Any, ...]] = _write_vjp(self)
        self.function: Callable[..., Any] = _write_function(self)

    def keeps_operand(self, node: Node, index: int) -> bool:
        """Whether a node holds the value of this operand for its rules."""
        source = 0 if self.variadic else index
        return source in self._sources and node.kept[self._sources.index(source)] is not None

    def kept_as_tensors(self, node: Node) -> tuple[Any, ...]:
        """What a node kept, with arrays put back in their place in the graph, so that rules record a graph."""
        kept = list(node.kept)
        for i, (name, source) in enumerate(zip(self.keeps, self._sources, strict=True)):
            if kept[i] is None:
                continue
            if self.variadic and source == 0:
                kept[i] = tuple(_placed(data, p) for data, p in zip(kept[i], node.parents, strict=True))
            elif source >= 0:
                kept[i] = _placed(kept[i], node.parents[source])
            elif name == "out":
                kept[i] = (
                    tuple(_placed(data, output_of(node, k)) for k, data in enumerate(kept[i]))
                    if self.outputs
                    else _placed(kept[i], node)
                )
        return tuple(kept)

    def __repr__(self) -> str:
        return f"<Op {self.name}({', '.join(self.operands)})>"


def defop(
    name: str,
    kernel: Callable[..., Any],
    rules: Rule | joint | tuple[Rule | None, ...] | None,
    **facts: Any,
) -> Callable[..., Any]:
    """Register an op and return its public function.

    ``kernel`` computes on arrays; its positional parameters are the operands, its keyword-only ones the attributes.
    ``rules`` is one rule per operand (None: no gradient for it), one `joint` rule, or None: not differentiable. A
    rule's first parameter is the incoming gradient ``g``; every other is an operand, ``out``, ``<operand>_shape`` or
    an attribute, and raises RuleError otherwise. Facts: ``numpy`` (the NumPy functions that this op answers for),
    ``infix`` (the Python operator that computes the same, faster for NumPy scalars), ``definition`` (a fused op in
    primitive ones), ``outputs`` (the kernel returns a tuple), ``doc``.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from autograd.registry import defop
    >>> cube = defop("cube", lambda x: x * x * x, lambda g, x: g * 3.0 * x * x)
    >>> cube(2.0)
    8.0
    >>> x = tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    array(12.)
    """
    op = Op(name, kernel, rules, **facts)
    op.function.op = op  # type: ignore[attr-defined]
    if facts.get("numpy") or not name.startswith("_"):
        REGISTRY.setdefault(name, op)
    return op.function


# --- reading signatures ---------------------------------------------------------------------------------------


def _parameters(name: str, function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (ValueError, TypeError) as error:
        raise RuleError(
            f"op {name!r}: the parameters of {function!r} cannot be read. Wrap it in a function whose parameters have "
            "names."
        ) from error


def read_kernel(name: str, kernel: Callable[..., Any]) -> tuple[tuple[str, ...], dict[str, Any], dict[str, Any], bool]:
    """Operand names, the optional ones with their defaults, attributes with theirs, and whether ``*xs``."""
    if isinstance(kernel, np.ufunc):
        return ("x", "y", "z")[: kernel.nin], {}, {}, False
    operands, optional, attributes, variadic = [], {}, {}, False
    for p in _parameters(name, kernel).values():
        if p.name in ("g", "need", "out") or p.name.startswith("_"):
            raise RuleError(f"op {name!r}: no operand or attribute can be called {p.name!r}, rules need that name.")
        if p.kind is p.KEYWORD_ONLY:
            attributes[p.name] = p.default
            continue
        operands.append(p.name)
        variadic = variadic or p.kind is p.VAR_POSITIONAL
        if p.kind is p.VAR_KEYWORD or (variadic and len(operands) > 1):
            raise RuleError(
                f"op {name!r}: the operands of a forward function are either named one by one or *{operands[0]}, and "
                f"attributes are named too; this one takes {inspect.signature(kernel)}."
            )
        if p.default is not p.empty:
            optional[p.name] = p.default
    return tuple(operands), optional, attributes, variadic


def _as_tuple(name: str, rules: Any, operands: tuple[str, ...], variadic: bool) -> tuple[Rule | None, ...]:
    if rules is None:
        return ()
    if isinstance(rules, joint):
        return (rules.rule,)
    if variadic:
        raise RuleError(f"op {name!r} takes any number of operands, so it needs one joint rule for all of them.")
    if callable(rules):
        rules = (rules,)
    if len(rules) != len(operands):
        raise RuleError(f"op {name!r} has {len(operands)} operands {operands}, but {len(rules)} rules.")
    return tuple(rules)


def _read_rule(op: Op, index: int, rule: Rule) -> tuple[str, ...]:
    """The names that a rule asks for, checked."""
    asked = tuple(_parameters(op.name, rule))
    allowed = ["g", "need", "out", *op.operands, *(f"{x}_shape" for x in op.operands), *op.attributes]
    whose = "the joint rule" if op.joint else f"the rule of operand {op.operands[index]}"
    if not asked or asked[0] != "g":
        raise RuleError(f"op {op.name!r}: {whose} must take the incoming gradient g first, not {asked}.")
    for name in asked[1:]:
        if name not in allowed or (name == "need" and not op.joint):
            raise RuleError(f"op {op.name!r}: {whose} asks for {name!r}. A rule may name {', '.join(allowed)}.")
    return asked[1:]


# --- writing functions ----------------------------------------------------------------------------------------


def _compile(name: str, lines: Sequence[str], names: dict[str, Any]) -> Callable[..., Any]:
    source = "\n".join(lines)
    exec(compile(source, f"<autograd op {name}>", "exec"), names)
    function: Callable[..., Any] = names[name]
    return function


def _write_vjp(op: Op) -> Callable[[Any, Any, Any], tuple[Any, ...]]:
    """``vjp(g, kept, parents)``: the gradients of the operands, None where no parent wants one."""
    names: dict[str, Any] = {f"_rule{i}": rule for i, rule in enumerate(op.rules)}
    body = ["def vjp(g, _kept, _parents):"]  # names with an underscore cannot meet those of operands and attributes
    if not op.differentiable:
        return _compile("vjp", [*body, "    raise AssertionError('this op is not differentiable')"], names)
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
    return _compile("vjp", body, names)


def _call_text(op: Op, i: int) -> str:
    return "g" if op.rules[i] is unchanged else f"_rule{i}({', '.join(('g', *op.asks[i]))})"


def _write_function(op: Op) -> Callable[..., Any]:
    """The public function of an op, or, for ``a - b`` and friends, what Python's operators call."""
    function = _write_variadic(op) if op.variadic else _write_caller(op, op.name, op.operands)
    function.__doc__ = op.doc
    function.__module__ = "autograd.ops"
    return function


def write_operator(op: Op, *, reflected: bool = False) -> Callable[..., Any]:
    """An op as ``__add__`` or ``__radd__``: like its function, but it returns NotImplemented to foreign objects."""
    order = tuple(reversed(op.operands)) if reflected else op.operands
    return _write_caller(op, op.name, order, operator=True)


def _write_caller(op: Op, name: str, order: tuple[str, ...], *, operator: bool = False) -> Callable[..., Any]:
    xs = op.operands
    # Operands and attributes have no leading underscore, data of operands has one, everything else has two.
    names: dict[str, Any] = {
        "__op": op,
        "__kernel": op.kernel,
        "__compute": op.infix or op.kernel,
        "__Tensor": Tensor,
        "__PLAIN": PLAIN,
        "__AutogradError": AutogradError,
        "__operand": _operand,
        "__explain": _explain,
        "__state_of": STATE.get,
        "__record": _record_outputs if op.outputs else _record,
        "__result": _constant_outputs if op.outputs else result_of(op),
        "__leaf": leaf,
        "__sources": _sources,
        "__ndarray": np.ndarray,
        "__shape": np.shape,
        **{f"__default_{a}": value for a, value in (op.optional | op.attributes).items()},
    }
    attributes = [a if v is inspect.Parameter.empty else f"{a}=__default_{a}" for a, v in op.attributes.items()]
    parameters = [f"{x}=__default_{x}" if x in op.optional else x for x in order] + (
        ["*", *attributes] if op.optional and attributes else attributes
    )
    body = [f"def {name}({', '.join(parameters)}):"]
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
    body += [
        f"    if {' and '.join(f'__{x}_live is None' for x in xs)}:",
        f"        return __kernel({data})",
        "    try:",
        f"        out = __compute({data})",
        "    except __AutogradError:",
        "        raise",
        "    except (ValueError, TypeError, IndexError) as __error:",
        f"        raise __explain(__op, ({', '.join(xs)},), __error) from __error",
    ]
    ruled = [x for x, rule in zip(xs, op.rules * (len(xs) if op.joint else 1), strict=True) if rule] if op.rules else []
    if ruled:
        edges = [f"({x}._node or __leaf({x})) if __{x}_live else None" if x in ruled else "None" for x in xs]
        kept = "".join(f"{_kept_text(op, i, ruled)}, " for i in range(len(op.keeps)))
        attrs = "{" + ", ".join(f"{a!r}: {a}" for a in op.attributes) + "}" if op.attributes else "None"
        given, all_live = ", ".join(xs), " and ".join(f"__{x}_live" for x in xs)
        body += [
            "    __state = __state_of()",
            f"    if __state.grad and ({' or '.join(f'__{x}_live' for x in ruled)}):",
            f"        __parents = ({', '.join(edges)},)",
            f"        __operands = __parents if {all_live} else __sources(__parents, ({given},))",
            f"        return __record(__op, out, __parents, __operands, ({kept}), {attrs}, __state)",
        ]
    return _compile(name, [*body, "    return __result(out)"], names)


def _kept_text(op: Op, i: int, ruled: list[str]) -> str:
    """The expression for one kept value: None when no operand that wants a gradient has a rule that asks for it."""
    name = op.keeps[i]
    if name in op.attributes:
        return name
    value = name if name == "out" else f"_{name}" if name in op.operands else f"__shape(_{name.removesuffix('_shape')})"
    if op.joint or len(op.operands) == 1:
        return value
    askers = [x for x, asked in zip(op.operands, op.asks, strict=True) if name in asked and x in ruled]
    return f"{value} if {' or '.join(f'__{x}_live' for x in askers)} else None"


def _write_variadic(op: Op) -> Callable[..., Any]:
    """The function of an op with any number of operands, such as concatenate."""

    operand, shapes = op.operands[0], f"{op.operands[0]}_shape"
    defaults = {a: value for a, value in op.attributes.items() if value is not inspect.Parameter.empty}
    record, plain = (_record_outputs, _constant_outputs) if op.outputs else (_record, result_of(op))

    def function(*xs: Any, **attributes: Any) -> Any:
        attributes = {**defaults, **attributes}
        data: tuple[Any, ...] = tuple(
            x._data if isinstance(x, Tensor) else x if x.__class__ in PLAIN else _operand(op, operand, x, False)
            for x in xs
        )
        if not any(isinstance(x, Tensor) for x in xs):
            return op.kernel(*data, **attributes)
        try:
            out = op.kernel(*data, **attributes)
        except AutogradError:
            raise
        except (ValueError, TypeError, IndexError) as error:
            raise _explain(op, xs, error) from error
        state = STATE.get()
        live = tuple(isinstance(x, Tensor) and x._requires_grad for x in xs)
        if not (op.differentiable and state.grad and any(live)):
            return plain(out)
        parents = tuple((x._node or leaf(x)) if needed else None for x, needed in zip(xs, live, strict=True))
        operands = parents if None not in parents else _sources(parents, xs)
        values = {operand: data, shapes: tuple(np.shape(d) for d in data), "out": out, **attributes}
        return record(op, out, parents, operands, tuple(values[k] for k in op.keeps), attributes or None, state)

    function.__name__ = function.__qualname__ = op.name
    return function


# --- making nodes ---------------------------------------------------------------------------------------------


def _record(
    op: Op, out: Any, parents: Any, operands: Any, kept: Any, attrs: dict[str, Any] | None, state: State
) -> Tensor:
    """The node of one application of an op, and the Tensor of its result."""
    node = Node()
    node.op = op
    node.parents = parents
    node.operands = operands
    node.kept = kept
    node.attrs = attrs
    node.scope = state.scope
    node.seq = next(sequence)
    node.grad = node.info = node.tensor = None
    frame = sys._getframe(2)
    while TRANSPARENT in frame.f_globals:  # such a module is always called by another
        frame = frame.f_back  # type: ignore[assignment]
    node.code = frame.f_code
    node.lasti = frame.f_lasti
    t = _new(Tensor)
    t._data = out
    t._node = node
    t._requires_grad = True
    if out.__class__ is float64:
        node.shape = ()
        node.dtype = FLOAT64
        node.value = out
    else:
        node.shape = out.shape
        node.dtype = dtype = out.dtype
        if dtype is not FLOAT32 and dtype is not FLOAT64 and dtype.kind != "f":
            raise InvalidDtypeError(
                f"{op.name} of {', '.join(describe(p) for p in parents if p)} gives {dtype}, which has no gradient "
                "here. Only real floating data is differentiable; use .detach() where no gradient is wanted."
            )
        if out.size > SMALL:
            node.value = None
            node.tensor = ref(t)
        else:
            node.value = out if out.__class__ is not ndarray or out.base is None else out.copy()
    if state.watch is not None:
        state.watch.forward(node, operands, out)
    return t


def _record_outputs(
    op: Op, outs: Any, parents: Any, operands: Any, kept: Any, attrs: dict[str, Any] | None, state: State
) -> tuple[Tensor, ...]:
    """The same for an op with several outputs: one node, and a vertex for each output."""
    node = Node()
    node.op, node.parents, node.operands, node.kept, node.attrs = op, parents, operands, kept, attrs
    node.scope = state.scope
    node.seq = next(sequence)
    node.shape = tuple(out.shape for out in outs)
    node.dtype = tuple(out.dtype for out in outs)
    node.value = node.grad = node.info = node.tensor = None
    frame = sys._getframe(2)
    while TRANSPARENT in frame.f_globals:
        frame = frame.f_back  # type: ignore[assignment]
    node.code, node.lasti = frame.f_code, frame.f_lasti
    results = []
    for k, out in enumerate(outs):
        t = constant(out)
        if out.dtype.kind == "f":
            vertex = output_of(node, k)
            if out.size <= SMALL:
                vertex.value = out.copy()
            else:
                vertex.tensor = ref(t)
            t._node = vertex
            t._requires_grad = True
        results.append(t)
    if state.watch is not None:
        state.watch.forward(node, operands, outs)
    return tuple(results)


def output_of(node: Node, index: int) -> Output:
    vertex = _new(Output)
    vertex.parents = (node,)
    vertex.index = index
    vertex.seq = next(sequence)
    vertex.shape = node.shape[index]
    vertex.dtype = node.dtype[index]
    vertex.scope = node.scope
    vertex.value = vertex.grad = vertex.info = vertex.tensor = None
    return vertex


def result_of(op: Op) -> Callable[[Any], Any]:
    """How a result without graph is returned: what counts or compares gives plain arrays, all else Tensors."""
    return constant if op.differentiable else _plain_or_constant


def _plain_or_constant(out: Any) -> Any:
    return constant(out) if isinstance(out, ndarray | np.generic) and out.dtype.kind == "f" else out


def _constant_outputs(outs: Any) -> tuple[Any, ...]:
    return tuple(constant(out) for out in outs)


def _placed(data: Any, vertex: Vertex | None) -> Any:
    """A kept array as a Tensor at a given place of the graph (a plain array where no gradient is wanted)."""
    if vertex is None:
        return data
    t = constant(data)
    t._node = vertex
    t._requires_grad = True
    return t


def _sources(parents: tuple[Vertex | None, ...], xs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands as pictures show them: constants too, as leaves or as literal numbers."""
    return tuple(
        p if p is not None else x if x is None or isinstance(x, int | float) else _leaf_of(x)
        for p, x in zip(parents, xs, strict=True)
    )


def _leaf_of(x: Any) -> Vertex:
    return (x._node or leaf(x)) if isinstance(x, Tensor) else leaf(constant(np.asarray(x)))


# --- operands that are not plain, and errors ------------------------------------------------------------------


def _operand(op: Op, name: str, x: Any, operator: bool) -> Any:
    """A list, a NumPy scalar or another array-like beside a Tensor as an array."""
    if isinstance(x, np.ndarray | np.generic):
        return x
    if operator and not isinstance(x, list | tuple | int | float):
        return NotImplemented
    array = np.asarray(x)
    if array.dtype.kind in "OSUVM":
        raise OperandError(f"{op.name}: operand {name} is not numeric: {x!r:.60} ({type(x).__name__}).")
    return array


def _explain(op: Op, xs: tuple[Any, ...], error: Exception) -> OperandError:
    """NumPy's complaint about the operands, with the name, shape, dtype and origin of each."""
    lines = [f"{op.name}: {str(error).strip()}"]
    names = [f"{op.operands[0]}[{i}]" for i in range(len(xs))] if op.variadic else op.operands
    for name, x in zip(names, xs, strict=True):
        if isinstance(x, Tensor):
            vertex = x._node or leaf(x)
            label = vertex.name or made_by(vertex) or "a Tensor"
            lines.append(f"  {name} = {label}: shape {x.shape}, {x.dtype}, made at {where(vertex)}")
        elif isinstance(x, np.ndarray):
            lines.append(f"  {name} = an array: shape {x.shape}, {x.dtype}")
        elif x is not None:
            lines.append(f"  {name} = {x!r:.60}")
    kind = _OPERAND_ERRORS.get(type(error), OperandError)
    return kind("\n".join(lines))


class _OperandIndexError(OperandError, IndexError):
    """The same, for those who catch IndexError."""


class _OperandTypeError(OperandError, TypeError):
    """The same, for those who catch TypeError."""


_OPERAND_ERRORS: dict[type[Exception], type[OperandError]] = {
    IndexError: _OperandIndexError,
    TypeError: _OperandTypeError,
}
