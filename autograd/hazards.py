"""How an op can produce numbers that are not finite, as data; `autograd.nonfinite` explains them in words."""

import math
from collections.abc import Callable
from typing import NamedTuple


class Case(NamedTuple):
    """One way to a result that is not finite: ``when`` is called with the operands at its entry."""

    when: Callable[..., bool]
    what: str
    rewrite: str


class Hazards:
    """The hazards of one op, in the order in which they are checked.

    ``steep``: where the slope is infinite and the value is not. ``guard``: the condition under which neither happens.
    ``safer``: another call without an infinite slope. ``overflow``: what to do if the result is too large. ``log``: the
    function for the logarithm of this op. ``lets_through``: infinities are put into it on purpose, as in a mask.
    ``chooses``: its first operand selects from the others. ``no_slope``: rules use it to mark an unknown derivative.
    """

    __slots__ = ("cases", "chooses", "guard", "lets_through", "log", "no_slope", "overflow", "safer", "steep")

    def __init__(
        self, *cases: Case, steep: tuple[float, ...] = (), guard: str = "", safer: str = "",
        overflow: str = "scale the numbers down first", log: str = "", lets_through: bool = False,
        chooses: bool = False, no_slope: bool = False,
    ) -> None:  # fmt: skip
        self.cases: tuple[Case, ...] = cases
        self.steep: tuple[float, ...] = steep
        self.guard: str = guard
        self.safer: str = safer
        self.overflow: str = overflow
        self.log: str = log
        self.lets_through: bool = lets_through
        self.chooses: bool = chooses
        self.no_slope: bool = no_slope


NONE = Hazards()

# Those that several ops share.
TOO_LATE = (
    "an np.where around the result comes too late, because the branch that is not taken is computed as well, and its "
    "gradient is 0 * inf = nan"
)
_LOGARITHM = f"{{guarded}}, where x may be 0 ({TOO_LATE})"
LOGARITHM = Hazards(
    Case(lambda x: x == 0, "{name} of 0", _LOGARITHM + ", or np.{name}(x + 1e-12) for a probability"),
    Case(lambda x: x < 0, "{name} of a negative number", _LOGARITHM),
    steep=(0.0,),
    guard="x > 0",
)

_SUM = Case(
    lambda x, y: math.isinf(x) and math.isinf(y),
    "inf - inf",
    "use a large finite number instead of inf (-1e9 masks as well as -inf), or np.where before the difference",
)
SUM, DIFFERENCE = Hazards(_SUM, lets_through=True), Hazards(_SUM)

REMAINDER = Hazards(
    Case(lambda x, y: y == 0, "the remainder of a division by 0", "np.where(y != 0, y, 1.0) instead of y")
)

_INSIDE = "np.{name}(np.clip(x, -1.0 + 1e-12, 1.0 - 1e-12))"
ARC = Hazards(
    Case(lambda x: abs(x) > 1, "{name} outside [-1, 1]", "np.{name}(np.clip(x, -1.0, 1.0))"),
    steep=(1.0, -1.0),
    safer=_INSIDE,
)
ARCTANH = Hazards(Case(lambda x: abs(x) >= 1, "{name} outside (-1, 1)", _INSIDE))

EXPONENTIAL = Hazards(
    overflow="subtract the largest entry first: np.exp(x - np.max(x)). Usual formulas with exp have functions that do "
    "not overflow: softmax, logsumexp, np.logaddexp(0.0, x) for log(1 + exp(x)), sigmoid for 1 / (1 + exp(-x))"
)
HYPERBOLIC = Hazards(overflow="np.clip(x, -700.0, 700.0) instead of x, if larger arguments are meaningless")
_PRODUCT = "compute the logarithm of the product, or scale the numbers down first"
PRODUCT = Hazards(overflow=_PRODUCT)
POWER = Hazards(
    Case(lambda x, y: x == 0 and y < 0, "0 to a negative power, which is a division by 0", "{guarded}"),
    Case(
        lambda x, y: x < 0 and y != math.floor(y),
        "a negative number to a power that is not an integer",
        "np.abs(x) ** y, or np.sign(x) * np.abs(x) ** y",
    ),
    steep=(0.0,),
    guard="x != 0",
    overflow=_PRODUCT,
)
