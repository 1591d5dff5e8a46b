"""The parameters of a kernel (operands, and keyword-only attributes) and of its rules, read at registration."""

import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any

import numpy as np

from autograd.errors import RuleError

Rule = Callable[..., Any]

RESIDUALS = "residuals"  # the parameter of a kernel, and of its rule, for what the one puts aside for the other


def _signature(name: str, function: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except (ValueError, TypeError) as error:
        raise RuleError(
            f"op {name!r}: the parameters of {function!r} cannot be read. Wrap it in a function whose parameters have "
            "names."
        ) from error


def _names(name: str, function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters of a rule; read from its code, where there is one, because `inspect` takes its time."""
    code = getattr(function, "__code__", None)
    if (
        code is None
        or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
        or hasattr(function, "__wrapped__")
    ):
        return tuple(_signature(name, function).parameters)
    count = code.co_argcount + code.co_kwonlyargcount
    return tuple(code.co_varnames[isinstance(function, MethodType) : count])


def read_kernel(name: str, kernel: Callable[..., Any]) -> tuple[tuple[str, ...], dict[str, Any], dict[str, Any], bool]:
    """Operand names, the optional ones with their defaults, attributes with theirs, and whether ``*xs``."""
    if isinstance(kernel, np.ufunc):
        return ("x", "y", "z")[: kernel.nin], {}, {}, False
    operands, optional, attributes, variadic = [], {}, {}, False
    for p in _signature(name, kernel).parameters.values():
        if p.name in ("g", "need", "out") or p.name.startswith("_"):
            raise RuleError(f"op {name!r}: no operand or attribute can be called {p.name!r}: rules use that name.")
        if p.kind is p.KEYWORD_ONLY:
            attributes[p.name] = p.default
            continue
        operands.append(p.name)
        variadic = variadic or p.kind is p.VAR_POSITIONAL
        if p.kind is p.VAR_KEYWORD or (variadic and len(operands) > 1):
            raise RuleError(
                f"op {name!r}: a forward function either names its operands one by one or takes *{operands[0]}, and it "
                f"names its attributes; this one takes {_signature(name, kernel)}."
            )
        if p.default is not p.empty:
            optional[p.name] = p.default
    return tuple(operands), optional, attributes, variadic


def rules_of(name: str, rules: Any, operands: tuple[str, ...], variadic: bool) -> tuple[Rule | None, ...]:
    """One rule for each operand; none where an op is not differentiable."""
    if rules is None:
        return ()
    if variadic:
        raise RuleError(f"op {name!r} takes any number of operands, so it needs one joint rule for all of them.")
    if callable(rules):
        rules = (rules,)
    if len(rules) != len(operands):
        raise RuleError(f"op {name!r} has {len(operands)} operands {operands}, but {len(rules)} rules.")
    return tuple(rules)


def read_rule(op: Any, index: int, rule: Rule) -> tuple[str, ...]:
    """The names of the values that a rule asks for, checked."""
    asked = _names(op.name, rule)
    allowed = ["g", "need", "out", *op.operands, *(f"{x}_shape" for x in op.operands), *op.attributes]
    allowed += [RESIDUALS] if op.saves else []
    whose = "the joint rule" if op.joint else f"the rule of operand {op.operands[index]}"
    if not asked or asked[0] != "g":
        raise RuleError(f"op {op.name!r}: {whose} must take the incoming gradient g first, not {asked}.")
    for name in asked[1:]:
        if name not in allowed or (name == "need" and not op.joint):
            raise RuleError(f"op {op.name!r}: {whose} asks for {name!r}. A rule may name {', '.join(allowed)}.")
    return asked[1:]


def read_places(keeps: tuple[str, ...], operands: tuple[str, ...]) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """The operand of each kept value (-1: none), and which kept values a differentiable pass converts, and to what."""
    sources = tuple(operands.index(name) if name in operands else -1 for name in keeps)
    places = [(i, name, sources[i]) for i, name in enumerate(keeps) if sources[i] >= 0 or name in ("out", RESIDUALS)]
    return sources, tuple(places)
