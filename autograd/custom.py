"""`custom_op`: user-defined operations with rules of their own, for code that NumPy functions cannot express."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from autograd.arrays import Shape, only_numbers
from autograd.engine.codegen import write_vjp
from autograd.engine.graph import Vertex
from autograd.engine.op import Op, joint
from autograd.errors import GradientShapeError, InvalidDtypeError
from autograd.facts import check_names
from autograd.signatures import Rule, read_kernel

if TYPE_CHECKING:
    from autograd.engine.tensor import Tensor
    from autograd.given import Given


def custom_op(
    forward: Callable[..., Any], vjp: Rule | tuple[Rule | None, ...] | None, *, name: str | None = None,
    definition: Callable[..., Any] | None = None, **facts: Unpack[Given],
) -> Callable[..., Tensor]:  # fmt: skip
    """Make a differentiable operation from a forward function on arrays and its vjp (vector-Jacobian product) rules.

    ``forward(x, y, *, attribute)`` computes on plain arrays; its positional parameters are the operands, its
    keyword-only parameters static attributes. ``vjp`` is a tuple with one rule for each operand (None: no gradient for
    that operand), or a single rule that returns a tuple with the gradients of all operands. A rule takes the incoming
    gradient ``g`` first; its other parameters may be operands, ``out``, ``<operand>_shape`` and attributes, and only
    the values it names are kept. It returns a gradient with the shape of its operand. For an operand that NumPy
    broadcast, it may have the shape of the result: the engine undoes broadcasting and restores dtypes.

    A rule written with operators and NumPy functions can itself be differentiated. If a rule calls other code, make a
    `custom_op` of that code as well.

    With facts, the op is drawn, explained and counted like the ops of the library; without them, pictures show its name
    and its rules. ``kind`` says on which entries an entry of the result depends: "elementwise" (those at its place),
    "reshapes", "moves", "joins", "reduces" (those along some axes), "product", "softmax" (its row) or "whole" (any).
    ``slope`` is the derivative by each operand as text, ``matrix`` the gradient of a whole operand in terms of the
    result's gradient ``G``; ``symbol`` is written between two operands, ``cost`` counts the multiply-adds of a product
    from shapes and attributes, ``range`` limits the values of an activation, ``rounding`` is the error of the result in
    units of its last place, ``hazards`` lists the ways to nan and infinity (`autograd.hazards`), ``definition`` is the
    same computation in NumPy functions, for ``draw(expand=True)``. `autograd.facts` describes them all.

    Raises RuleError when a rule asks for an unknown value, and when a fact is wrong, or is missing while others are
    given; the backward pass raises GradientShapeError when a gradient has the wrong shape.

    >>> import numpy as np
    >>> from autograd import custom_op, tensor
    >>> def cube_root(x):
    ...     return np.cbrt(x)
    >>> root = custom_op(cube_root, lambda g, out: g / (3.0 * out * out))
    >>> x = tensor([8.0, 27.0], requires_grad=True)
    >>> root(x).sum().backward()
    >>> x.grad.round(4)
    array([0.0833, 0.037 ])

    >>> from autograd import explain
    >>> root = custom_op(cube_root, lambda g, out: g / (3.0 * out**2), kind="elementwise", slope="1 / (3 * out ** 2)")
    >>> x = tensor(8.0, requires_grad=True, name="x")
    >>> explain(root(x), x)
    dcube_root_1/dx = 0.0833333: one path
    <BLANKLINE>
    1. dcube_root_1/dx = 0.0833333
       d cube_root_1 / d x = 1 / (3 * cube_root_1 ** 2) = 0.0833333
    """
    label = name or str(getattr(forward, "__name__", "custom"))
    operands, _, _, variadic = read_kernel(label, forward)
    op = _Custom(
        label,
        _on_arrays(forward),
        joint(vjp) if callable(vjp) and (variadic or len(operands) != 1) else vjp,
        doc=forward.__doc__ or "",
        definition=definition,
        numpy=(),
        stacked=False,  # what a function of the user makes of a stack of gradients is not known
        strict=bool(facts),
        **facts,
    )
    check_names(op)
    op.function.op = op  # type: ignore[attr-defined]
    return op.function


class _Custom(Op):
    """A user's op, whose rules are checked: a gradient of another shape is refused, not broadcast."""

    def _first_vjp(self, g: Any, kept: Any, parents: Any) -> tuple[Any, ...]:
        rules = write_vjp(self)

        def checked(g: Any, kept: Any, parents: Any) -> tuple[Any, ...]:
            return tuple(
                None if d is None or parents[i] is None else self._fitting(i, d, g, parents[i])
                for i, d in enumerate(rules(g, kept, parents))
            )

        self.vjp = checked
        return checked(g, kept, parents)

    def _fitting(self, index: int, d: Any, g: Any, operand: Vertex) -> Any:
        only_numbers(d, "the gradient that a rule returned")
        if isinstance(d, bool | int | float):  # of rules that are made with `math`
            d = np.asarray(d, operand.dtype)[()]
        shape = operand.shape
        if d.shape != shape and not _repeated(shape, d.shape, g.shape):
            name = f"{self.operands[0]}[{index}]" if self.variadic else self.operands[index]
            raise GradientShapeError(
                f"the rule of {self.name} returned a gradient of shape {d.shape} for its operand {name} of shape "
                f"{shape}; the result and g have shape {g.shape}. A gradient has one entry for each entry of its "
                "operand: sum over the axes that the operand does not have, and spread the gradient of a sum over "
                f"its terms (np.broadcast_to(gradient, {shape})). Only axes that NumPy broadcast may stay."
            )
        if d.dtype.kind == "c":
            raise InvalidDtypeError(
                f"the rule of {self.name} returned complex numbers for a real operand: return np.real(...) of them."
            )
        return d


def _repeated(operand: Shape, gradient: Shape, result: Shape) -> bool:
    """Whether a gradient is larger than its operand only along axes that were broadcast."""
    if not len(operand) <= len(gradient) <= len(result):
        return False
    own = (1,) * (len(gradient) - len(operand)) + operand
    lengths = result[len(result) - len(gradient) :]
    return all(d == n or (n == 1 and d == m) for n, d, m in zip(own, gradient, lengths, strict=True))


def _on_arrays(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A forward function that may give a Python number, as `math`'s functions do."""
    if isinstance(forward, np.ufunc):
        return forward

    @wraps(forward)
    def kernel(*xs: Any, **attributes: Any) -> Any:
        out = forward(*xs, **attributes)
        only_numbers(out, "the result of the forward function")
        if isinstance(out, np.ndarray | np.generic):
            return out
        if isinstance(out, bool | int | float):
            return np.asarray(out)[()]
        raise TypeError(f"the forward function returned a {type(out).__name__}, not an array or a number")

    return kernel
