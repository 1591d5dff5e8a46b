"""The op table: `defop` turns a forward kernel and its rules into one `Op` record and its public function.

A rule is a NumPy expression for the gradient of one operand. The names of its parameters say what it needs; they are
read once (`autograd.signatures`), and decide what a node keeps. This module knows no particular op; the functions of an
op are written in `autograd.engine.codegen`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.codegen import unchanged as unchanged, write_function, write_vjp
from autograd.facts import Facts
from autograd.interpret import recorded
from autograd.signatures import RESIDUALS, Rule, read_kernel, read_places, read_rule, rules_of

REGISTRY: dict[str, "Op"] = {}
OpFunction = Callable[..., Any]  # gives Tensors for Tensors, arrays for arrays


class joint:
    """Marks one rule that returns the gradients of all operands as a tuple, because they share work.

    It may ask for ``need``: a tuple of booleans that says which gradients are wanted.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule


class Op:
    """One op: its kernel, its rules, and the facts that follow from their parameter names."""

    def __init__(
        self, name: str, kernel: Callable[..., Any], rules: Rule | joint | tuple[Rule | None, ...] | None, *,
        numpy: Any = None, infix: Callable[..., Any] | None = None, definition: Callable[..., Any] | None = None,
        outputs: bool = False, stacked: bool | Callable[..., Any] | None = None, few: tuple[str, ...] = (),
        strict: bool = False, **facts: Any,
    ) -> None:  # fmt: skip
        self.name = name
        self.kernel = kernel
        self.infix = infix
        if numpy is None:
            numpy = kernel if isinstance(kernel, np.ufunc) else ()
        self.numpy: tuple[Any, ...] = numpy if isinstance(numpy, tuple) else (numpy,)
        self.definition = definition
        self.outputs = outputs
        self.few = few
        self.operands, self.optional, self.attributes, self.variadic = read_kernel(name, kernel)
        self.saves: bool = self.attributes.pop(RESIDUALS, self) is not self
        self.differentiable: bool = rules is not None
        self.joint: bool = isinstance(rules, joint)
        self.rules = (rules.rule,) if isinstance(rules, joint) else rules_of(name, rules, self.operands, self.variadic)
        self.asks = tuple(() if rule is None else read_rule(self, i, rule) for i, rule in enumerate(self.rules))
        self.facts: Facts = Facts(self, strict, **facts)
        self.stacked = self.facts.kind == "elementwise" if stacked is None else stacked
        self.keeps: tuple[str, ...] = tuple(dict.fromkeys(n for asked in self.asks for n in asked if n != "need"))
        self.sources, self.placed = read_places(self.keeps, self.operands)
        self.vjp: Callable[[Any, Any, Any], tuple[Any, ...]] = self._first_vjp
        self.function: Callable[..., Any] = write_function(self)

    def _first_vjp(self, g: Any, kept: Any, parents: Any) -> tuple[Any, ...]:
        """Stands for ``vjp`` until it is first needed: a program uses few of the ops that it imports."""
        self.vjp = write_vjp(self)
        return self.vjp(g, kept, parents)

    recorded = recorded

    def __repr__(self) -> str:
        return f"<Op {self.name}({', '.join(self.operands)})>"


def defop(
    name: str, kernel: Callable[..., Any], rules: Rule | joint | tuple[Rule | None, ...] | None, **facts: Any
) -> OpFunction:
    """Register an op and return its public function.

    ``kernel`` computes on arrays; its positional parameters are the operands, its keyword-only ones the attributes.
    ``rules`` is one rule per operand (None: no gradient for it), one `joint` rule, or None: not differentiable. A
    rule's first parameter is the incoming gradient ``g``; each of the others is an operand, ``out``,
    ``<operand>_shape``, an attribute, or ``residuals``; any other name raises RuleError. A kernel with a parameter
    ``residuals`` gets a list for results that its rule would compute again. The rule gets that list with arrays, and
    None with Tensors, where it must compute the same results itself.

    The computation: ``numpy`` (the NumPy functions that call this op; a ufunc calls its own), ``infix`` (the Python
    operator that computes the same, faster for NumPy scalars), ``definition`` (a fused op in primitive ones),
    ``outputs`` (the kernel returns a tuple), ``stacked`` (True: given a stack of gradients, with one more axis in
    front, the rules return stacks, as elementwise rules do; or a function of the number of gradients and the kept
    values that returns the values for such rules, None where that is impossible), ``few`` (operands that rules get only
    if they have few entries; large arrays, which would be kept for these rules alone, are replaced by None). The facts
    are those of `Facts`; a missing one raises RuleError, except for private ops.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from autograd.engine.op import defop
    >>> facts = {"kind": "elementwise", "slope": "3 * x ** 2", "doc": "The third power of x."}
    >>> cube = defop("cube", lambda x: x**3, lambda g, x: g * 3.0 * x * x, **facts)
    >>> cube(2.0)
    8.0
    >>> x = tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    array(12.)
    """
    public = not name.startswith("_")
    op = Op(name, kernel, rules, strict=public, **facts)
    op.function.op = op  # type: ignore[attr-defined]
    if public:
        REGISTRY.setdefault(name, op)
    return op.function
