"""`custom_op`: the op table's contract for users, for operations that NumPy alone cannot express."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from autograd.registry import Op, Rule, joint, read_kernel

__all__ = ["custom_op"]


def custom_op(
    forward: Callable[..., Any], vjp: Rule | tuple[Rule | None, ...] | None, *, name: str | None = None
) -> Callable[..., Any]:
    """Make a differentiable operation of a forward function on arrays and its vjp (vector-Jacobian product) rules.

    ``forward(x, y, *, attribute)`` computes on plain arrays; its positional parameters are the operands, its
    keyword-only parameters static attributes. ``vjp`` is one rule for each operand, in a tuple (None: no gradient for
    that operand), or one rule that returns a tuple with the gradients of all operands. A rule takes the incoming
    gradient ``g`` first; its other parameters may be operands, ``out``, ``<operand>_shape`` and attributes, and only
    what it names is kept. Un-broadcasting and dtypes are the engine's business.

    A rule written with operators and NumPy functions is differentiable again. To get that for a rule that calls
    something else, make that something a `custom_op` too.

    Raises RuleError when a rule names something it cannot get.

    >>> import numpy as np
    >>> from autograd import custom_op, tensor
    >>> def cube_root(x):
    ...     return np.cbrt(x)
    >>> root = custom_op(cube_root, lambda g, out: g / (3.0 * out * out))
    >>> x = tensor([8.0, 27.0], requires_grad=True)
    >>> root(x).sum().backward()
    >>> x.grad.round(4)
    array([0.0833, 0.037 ])
    """
    label = name or str(getattr(forward, "__name__", "custom"))
    operands, _, _, variadic = read_kernel(label, forward)
    op = Op(
        label,
        _on_arrays(forward),
        joint(vjp) if callable(vjp) and (variadic or len(operands) != 1) else vjp,
        doc=forward.__doc__ or "",
    )
    op.function.op = op  # type: ignore[attr-defined]
    return op.function


def _on_arrays(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A forward function that may give a Python number, as `math`'s functions do."""
    if isinstance(forward, np.ufunc):
        return forward

    @wraps(forward)
    def kernel(*xs: Any, **attributes: Any) -> Any:
        out = forward(*xs, **attributes)
        if isinstance(out, np.ndarray | np.generic):
            return out
        if isinstance(out, bool | int | float):
            return np.asarray(out)[()]
        raise TypeError(f"the forward function returned a {type(out).__name__}, not an array or a number")

    return kernel
