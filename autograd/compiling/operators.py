"""Python's operators: their symbols, and NumPy's functions of the same numbers."""

import operator
from typing import Any

import numpy as np

BINARY: dict[Any, tuple[str, Any]] = {
    operator.add: ("+", np.add), operator.sub: ("-", np.subtract), operator.mul: ("*", np.multiply),
    operator.truediv: ("/", np.true_divide), operator.floordiv: ("//", np.floor_divide),
    operator.mod: ("%", np.remainder), operator.pow: ("**", np.power), operator.matmul: ("@", np.matmul),
    operator.lshift: ("<<", np.left_shift), operator.rshift: (">>", np.right_shift),
    operator.and_: ("&", np.bitwise_and), operator.or_: ("|", np.bitwise_or), operator.xor: ("^", np.bitwise_xor),
    operator.lt: ("<", np.less), operator.le: ("<=", np.less_equal), operator.eq: ("==", np.equal),
    operator.ne: ("!=", np.not_equal), operator.gt: (">", np.greater), operator.ge: (">=", np.greater_equal),
}  # fmt: skip
UNARY: dict[Any, tuple[str, Any]] = {
    operator.neg: ("-", np.negative), operator.pos: ("+", np.positive), operator.invert: ("~", np.invert),
}  # fmt: skip
COMPARISONS = (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge)
IN_PLACE = {
    operator.iadd: operator.add, operator.isub: operator.sub, operator.imul: operator.mul,
    operator.itruediv: operator.truediv,
}  # fmt: skip
UFUNC_OF = {fn: ufunc for fn, (_, ufunc) in (BINARY | UNARY).items()} | {operator.abs: np.absolute}
del UFUNC_OF[operator.pow]  # which has ways of its own for some exponents
