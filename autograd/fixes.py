"""The likely fix of a shape error: one change of the call, proposed only if the op accepts it."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.arrays import Shape

# Attributes that speak of axes, not of lengths; with others, small stand-ins would prove nothing.
_ABOUT_AXES = {"axis", "keepdims", "axes", "subscripts", "optimize", "ddof", "upper", "UPLO"}


class Argument(NamedTuple):
    """An operand as an error sees it: how to write it, and its shape (None: not an array).

    ``kept`` is the shape it would have if the reduction that made it had kept its axes, ``reduction`` its name.
    """

    text: str
    shape: Shape | None
    dtype: Any = None
    kept: Shape | None = None
    reduction: str = ""


class _Change(NamedTuple):
    """A candidate: the changed shapes and attributes, and the operands as text; ``words`` describe other changes."""

    shapes: list[Shape | None]
    attributes: dict[str, Any]
    texts: list[str]
    words: str = ""


class _Call:
    __slots__ = ("arguments", "arrays", "attributes", "broadcasts", "has_bias", "most", "op", "shapes", "sizes")

    def __init__(self, op: Any, arguments: Sequence[Argument], attributes: dict[str, Any]) -> None:
        self.op, self.arguments, self.attributes = op, arguments, attributes
        self.shapes = [a.shape for a in arguments]
        self.sizes = _small({n for shape in self.shapes for n in shape or ()})
        # Later operands first: they are the weights, the targets and the corrections.
        self.arrays = [(i, a, a.shape) for i, a in reversed([*enumerate(arguments)]) if a.shape is not None]
        self.most = max((len(shape) for _, _, shape in self.arrays), default=0)  # axes
        self.broadcasts: bool = op.facts.kind == "elementwise" and len(self.arrays) > 1
        # A product with an added bias, such as ``linear``.
        self.has_bias: bool = op.facts.kind == "product" and not op.variadic and len(op.operands) == 3

    @property
    def texts(self) -> list[str]:
        return [a.text for a in self.arguments]

    def accepts(self, shapes: list[Shape | None], attributes: dict[str, Any]) -> bool:
        """Whether the kernel takes operands of these shapes."""
        random = np.random.default_rng(0)  # a matrix of random numbers is regular
        operands: list[Any] = []
        for argument, shape in zip(self.arguments, shapes, strict=True):
            if shape is None:
                operands.append(None)
                continue
            numbers = random.uniform(0.5, 1.5, tuple(self.sizes.get(n, n) for n in shape))
            operands.append(numbers if argument.dtype is None else numbers.astype(argument.dtype))
        try:
            with np.errstate(all="ignore"):
                self.op.kernel(*operands, **attributes)
        except (ValueError, TypeError, IndexError):
            return False
        return True

    def other(self, i: int, shape: Shape, text: str, words: str = "") -> _Change:
        """The call with another operand i; if operands have no names, only the one that changes."""
        texts = self.texts
        if self.op.variadic:
            words = f"{text} instead of {texts[i]}"
        texts[i] = text
        return _Change([*self.shapes[:i], shape, *self.shapes[i + 1 :]], self.attributes, texts, words)


def likely_fix(op: Any, arguments: Sequence[Argument], attributes: dict[str, Any]) -> str:
    """A change of the call that makes the shapes agree, as code or in words; empty when there is none."""
    ours = isinstance(op.kernel, np.ufunc) or op.kernel.__module__.startswith("autograd.")
    if not ours:  # what a function of the user looks at is not known
        return ""
    if set(attributes) == {"shape"}:
        asked = _inferred if op.facts.kind == "reshapes" else _widened
        return asked(arguments[0], attributes["shape"])
    call = _Call(op, arguments, attributes)
    if not set(attributes) <= _ABOUT_AXES or call.accepts(call.shapes, attributes):
        return ""  # the shapes are not what is wrong
    for change in (change for propose in _PROPOSALS for change in propose(call)):
        if call.accepts(change.shapes, change.attributes):
            return change.words or _written(op, change.texts)
    return ""


def _written(op: Any, texts: list[str]) -> str:
    return f" {op.facts.symbol} ".join(texts) if op.facts.symbol else f"{op.name}({', '.join(texts)})"


def _small(lengths: set[int]) -> dict[int, int]:
    """A small length for each length: 0 and 1 are special, of the others it matters only which are equal."""
    special = {0: 0, 1: 1}
    return special | {n: 2 + i for i, n in enumerate(sorted(lengths - special.keys()))}


def _keepdims(call: _Call) -> Iterator[_Change]:
    for i, a, _ in call.arrays if call.broadcasts else ():
        if a.kept is not None:
            yield call.other(i, a.kept, a.text, f"keepdims=True in the {a.reduction} that made {a.text}")


def _axis(call: _Call) -> Iterator[_Change]:
    """Another axis: the only one along which the arrays can be joined; the last one, for a number one too high."""
    axis, possible = call.attributes.get("axis"), []
    if not isinstance(axis, int):
        return
    if call.op.facts.kind == "joins":
        possible = [k for k in range(call.most + 1) if call.accepts(call.shapes, {**call.attributes, "axis": k})]
    elif len(call.arguments) == 1 and axis == call.most > 0:
        possible = [axis - 1]
    if len(possible) == 1:
        words = f"axis={possible[0]} instead of axis={axis}"
        if call.op.variadic:  # np.vstack and others choose the axis themselves
            words = f"np.{call.op.name} with {words}"
        yield _Change(call.shapes, {**call.attributes, "axis": possible[0]}, call.texts, words)


def _axes_behind(call: _Call) -> Iterator[_Change]:
    """An operand with new axes behind its own, where broadcasting would put them in front."""
    for i, a, shape in call.arrays if call.broadcasts else ():
        for k in range(1, call.most - len(shape) + 1 if shape else 0):
            yield call.other(i, (*shape, *(1,) * k), _with_axes_behind(a.text, shape, k))


def _axis_in_front(call: _Call) -> Iterator[_Change]:
    """A row among matrices, to be joined with them."""
    for i, a, shape in call.arrays if call.op.facts.kind == "joins" else ():
        if len(shape) == call.most - 1:
            yield call.other(i, (1, *shape), f"{a.text}[None]")


def _flat_bias(call: _Call) -> Iterator[_Change]:
    bias = call.shapes[2] if call.has_bias else None
    if bias is not None and len(bias) > 1 and math.prod(bias) in bias:
        yield call.other(2, (math.prod(bias),), f"{call.arguments[2].text}.reshape({math.prod(bias)})")


def _transposed(call: _Call) -> Iterator[_Change]:
    for i, a, shape in call.arrays if len(call.arrays) > 1 else ():
        if len(shape) > 1:
            turned = (*shape[:-2], shape[-1], shape[-2])
            yield call.other(i, turned, f"{a.text}.{'T' if len(shape) == 2 else 'mT'}")


def _exchanged(call: _Call) -> Iterator[_Change]:
    if call.op.facts.kind == "product" and len(call.op.operands) == 2 and not call.attributes:
        yield _Change(call.shapes[::-1], call.attributes, call.texts[::-1])


def _same_shape(call: _Call) -> Iterator[_Change]:
    for i, a, shape in call.arrays if call.broadcasts or call.has_bias else ():
        for _, _, goal in call.arrays:
            if len(shape) != len(goal) and math.prod(shape) == math.prod(goal) and shape:
                yield call.other(i, goal, f"{a.text}.reshape({', '.join(map(str, goal))})")


# The likeliest first.
_PROPOSALS = (_keepdims, _axis, _axes_behind, _axis_in_front, _flat_bias, _transposed, _exchanged, _same_shape)


def _with_axes_behind(text: str, shape: Shape, k: int) -> str:
    places = (":" if len(shape) == 1 else "...") + ", None" * k
    return f"{text}[{places}]"


def _as_shape(shape: Any) -> Shape | None:
    try:
        return tuple(map(int, shape)) if np.iterable(shape) else (int(shape),)
    except (TypeError, ValueError):
        return None


def _inferred(argument: Argument, asked: Any) -> str:
    """``reshape`` with the one length left open that makes the number of entries right."""
    shape, size = _as_shape(asked), math.prod(argument.shape or ())
    if shape is None or len(shape) < 2 or min(shape) < 1:
        return ""
    rests = [math.prod(shape) // n for n in shape]
    open_ones = [i for i, rest in enumerate(rests) if size % rest == 0]
    if not size or not open_ones or (len(open_ones) > 1 and open_ones[0] != 0):
        return ""
    lengths = [str(-1 if i == open_ones[0] else n) for i, n in enumerate(shape)]
    return f"{argument.text}.reshape({', '.join(lengths)})"


def _widened(argument: Argument, asked: Any) -> str:
    """``broadcast_to`` of an array with new axes behind its own."""
    target, shape = _as_shape(asked), argument.shape
    if target is None or not shape or min(target, default=0) < 0:
        return ""
    for k in range(1, len(target) - len(shape) + 1):
        wide = (*shape, *(1,) * k)
        try:
            fits = np.broadcast_shapes(wide, target) == target
        except ValueError:
            continue
        if fits:
            return f"broadcast_to({_with_axes_behind(argument.text, shape, k)}, {target})"
    return ""
