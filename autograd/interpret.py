"""Applies ops without generated code: ops with any number of operands, and all ops under a watcher."""

from collections.abc import Callable
from inspect import Parameter
from typing import Any

import numpy as np

from autograd.engine.graph import SMALL, STATE, State
from autograd.engine.tape import record, source
from autograd.engine.tensor import Tensor, constant, leaf
from autograd.errors import AutogradError
from autograd.operand_errors import PLAIN, explain, operand
from autograd.outputs import constant_if_real, constant_outputs, record_outputs
from autograd.stale import prints_of

__autograd_transparent__ = True


def finish(
    op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], attributes: dict[str, Any] | None, out: Any, state: State,
    residuals: Any = None,
) -> Any:  # fmt: skip
    """The result of an op, with or without a node, shown to the watcher."""
    rules = op.rules * len(xs) if op.joint else op.rules
    live = tuple(isinstance(x, Tensor) and x._requires_grad for x in xs)
    wanted = tuple(bool(rule) and needed for rule, needed in zip(rules, live, strict=True)) if rules else ()
    if not (state.grad and any(wanted)):
        result, node = unrecorded(op, xs, attributes, out, state), None
    else:
        parents = tuple((x._node or leaf(x)) if needed else None for x, needed in zip(xs, wanted, strict=True))
        # The operands as pictures show them: constants too, as leaves or as literal numbers.
        shown = None
        if None in parents:
            shown = tuple([source(x) if p is None else p for p, x in zip(parents, xs, strict=True)])
        kept = _kept(op, wanted, data, {**(attributes or {}), "out": out, "residuals": residuals})
        make: Callable[..., Any] = record_outputs if op.outputs else record
        result = make(op, out, parents, None, None, shown, kept, attributes, prints_of(op, kept, parents), state)
        node = next((t._node.parents[0] for t in result if t._node), None) if op.outputs else result._node
    if state.watch is not None:
        if node is not None:
            state.watch.forward(node, node.operands, out)
        state.watch.applied(op, xs, data, out, result)
    return result


def _kept(op: Any, wanted: tuple[bool, ...], data: tuple[Any, ...], others: dict[str, Any]) -> tuple[Any, ...]:
    """The values that the rules ask for; None when no operand that wants a gradient has a rule that does."""
    if op.variadic:
        [name] = op.operands
        values = {name: data, f"{name}_shape": tuple(np.shape(d) for d in data)}
    else:
        values = dict(zip(op.operands, data, strict=True))
        values |= {f"{name}_shape": np.shape(d) for name, d in values.items()}
    values |= {name: None for name in op.few if np.size(values[name]) > SMALL}
    values |= others
    if op.joint or len(op.operands) == 1:
        return tuple(values[name] for name in op.keeps)
    asked = {name for asks, needed in zip(op.asks, wanted, strict=True) if needed for name in asks} | set(op.attributes)
    return tuple(values[name] if name in asked else None for name in op.keeps)


def unrecorded(op: Any, xs: tuple[Any, ...], attributes: dict[str, Any] | None, out: Any, state: State) -> Any:
    """A result without graph, shown to the watcher."""
    make = constant_outputs if op.outputs else constant if op.differentiable else constant_if_real
    result = make(out)
    if state.watch is not None:
        state.watch._unrecorded(op, xs, attributes, out, result)
    return result


def variadic(op: Any) -> Callable[..., Any]:
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
