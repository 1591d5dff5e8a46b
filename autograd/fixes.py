"""The likely fix of a shape error: one change of the call, proposed only when the op accepts it.

A change is tried on small stand-ins, in which equal lengths stay equal and different ones different: that is all that
broadcasting, products and joining look at. So a large matrix costs nothing here, and what is proposed works. This
module knows shapes and kernels; it must not know Tensors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.arrays import Shape

__all__ = ["Argument", "likely_fix"]

SYMBOLS = dict(
    pair.split()
    for pair in (
        *("add +", "subtract -", "multiply *", "divide /", "floor_divide //", "remainder %", "power **", "matmul @"),
        *("equal ==", "not_equal !=", "less <", "less_equal <=", "greater >", "greater_equal >="),
    )
)

# Attributes that speak of axes, not of lengths; with others, small stand-ins would prove nothing.
_ABOUT_AXES = {"axis", "keepdims", "axes", "subscripts", "optimize", "ddof", "upper", "UPLO"}
_BROADCASTING = {"where", "clip"}
_JOINING = {"concatenate", "stack"}
_PRODUCTS = {"matmul", "dot"}


class Argument:
    """An operand as an error sees it: how to write it, and its shape (None: not an array).

    ``kept`` is the shape that it would have if the reduction that made it had kept its axes, ``reduction`` the name
    of that.
    """

    __slots__ = ("dtype", "kept", "reduction", "shape", "text")

    def __init__(
        self, text: str, shape: Shape | None, dtype: Any = None, kept: Shape | None = None, reduction: str = ""
    ) -> None:
        self.text = text
        self.shape = shape
        self.dtype = dtype
        self.kept = kept
        self.reduction = reduction


class _Change:
    """A candidate: the shapes and attributes after the change, and the operands as they are then written.

    ``words`` say it where that is not the call with those operands.
    """

    __slots__ = ("attributes", "shapes", "texts", "words")

    def __init__(
        self, shapes: list[Shape | None], attributes: dict[str, Any], texts: list[str], words: str = ""
    ) -> None:
        self.shapes = shapes
        self.attributes = attributes
        self.texts = texts
        self.words = words


def likely_fix(op: Any, arguments: Sequence[Argument], attributes: dict[str, Any]) -> str:
    """A change of the call that makes the shapes agree, as code or in words; empty when there is none.

    >>> import numpy as np
    >>> from autograd.fixes import Argument, likely_fix
    >>> from autograd.engine.op import REGISTRY
    >>> likely_fix(REGISTRY["matmul"], [Argument("x", (5, 3)), Argument("w", (4, 3))], {})
    'x @ w.T'
    >>> likely_fix(REGISTRY["matmul"], [Argument("x", (5, 3)), Argument("w", (4, 2))], {})
    ''
    """
    if op.name == "reshape":
        return _inferred(arguments[0], attributes["shape"])
    if op.name == "broadcast_to":
        return _widened(arguments[0], attributes["shape"])
    ours = isinstance(op.kernel, np.ufunc) or op.kernel.__module__.startswith("autograd.")
    if not ours or not set(attributes) <= _ABOUT_AXES:  # what else a function of the user looks at is not known
        return ""
    sizes = _small({n for a in arguments for n in a.shape or ()})
    shapes = [a.shape for a in arguments]
    if _accepts(op, arguments, shapes, attributes, sizes):
        return ""  # the shapes are not what is wrong
    for change in _candidates(op, arguments, shapes, attributes):
        if _accepts(op, arguments, change.shapes, change.attributes, sizes):
            return change.words or _call(op, change.texts)
    return ""


# --- trying -------------------------------------------------------------------------------------------------------


def _small(lengths: set[int]) -> dict[int, int]:
    """A small length for each length: 0 and 1 are special, of the others it matters only which are equal."""
    special = {0: 0, 1: 1}
    return special | {n: 2 + i for i, n in enumerate(sorted(lengths - special.keys()))}


def _accepts(
    op: Any,
    arguments: Sequence[Argument],
    shapes: list[Shape | None],
    attributes: dict[str, Any],
    sizes: dict[int, int],
) -> bool:
    """Whether the kernel takes operands of these shapes."""
    random = np.random.default_rng(0)  # a matrix of random numbers is regular
    operands: list[Any] = []
    for argument, shape in zip(arguments, shapes, strict=True):
        if shape is None:
            operands.append(None)
            continue
        numbers = random.uniform(0.5, 1.5, tuple(sizes.get(n, n) for n in shape))
        operands.append(numbers if argument.dtype is None else numbers.astype(argument.dtype))
    try:
        with np.errstate(all="ignore"):
            op.kernel(*operands, **attributes)
    except (ValueError, TypeError, IndexError):
        return False
    return True


def _call(op: Any, texts: list[str]) -> str:
    if op.name in SYMBOLS:
        return f" {SYMBOLS[op.name]} ".join(texts)
    return f"{op.name}({', '.join(texts)})"


# --- candidates, the likeliest first ------------------------------------------------------------------------------


def _candidates(
    op: Any, arguments: Sequence[Argument], shapes: list[Shape | None], attributes: dict[str, Any]
) -> Iterator[_Change]:
    def other(i: int, shape: Shape, text: str, words: str = "") -> _Change:
        """The call with another operand i; of operands without names of their own, the one that changes is enough."""
        texts = [a.text for a in arguments]
        if op.variadic:
            words = f"{text} in place of {texts[i]}"
        texts[i] = text
        return _Change([*shapes[:i], shape, *shapes[i + 1 :]], attributes, texts, words)

    # Later operands first: they are the weights, the targets and the corrections.
    arrays = [(i, a, a.shape) for i, a in reversed([*enumerate(arguments)]) if a.shape is not None]
    most = max((len(shape) for _, _, shape in arrays), default=0)
    ufunc = isinstance(op.kernel, np.ufunc) and op.kernel.signature is None
    broadcasts = (ufunc or op.name in _BROADCASTING) and len(arrays) > 1

    if broadcasts:
        for i, a, _ in arrays:
            if a.kept is not None:
                yield other(i, a.kept, a.text, f"keepdims=True in the {a.reduction} that made {a.text}")
    if isinstance(axis := attributes.get("axis"), int):
        yield from _axes(op, arguments, shapes, attributes, axis, most)
    if broadcasts:
        for i, a, shape in arrays:
            for k in range(1, most - len(shape) + 1 if shape else 0):
                places = (":" if len(shape) == 1 else "...") + ", None" * k
                yield other(i, (*shape, *(1,) * k), f"{a.text}[{places}]")
    if op.name in _JOINING:
        for i, a, shape in arrays:
            if len(shape) == most - 1:
                yield other(i, (1, *shape), f"{a.text}[None]")
    if op.name == "linear" and (bias := shapes[2]) is not None and len(bias) > 1 and math.prod(bias) in bias:
        yield other(2, (math.prod(bias),), f"{arguments[2].text}.reshape({math.prod(bias)})")
    if len(arrays) > 1:
        for i, a, shape in arrays:
            if len(shape) > 1:
                turned = (*shape[:-2], shape[-1], shape[-2])
                yield other(i, turned, f"{a.text}.{'T' if len(shape) == 2 else 'mT'}")
    if op.name in _PRODUCTS:
        yield _Change(shapes[::-1], attributes, [a.text for a in reversed(arguments)])
    if broadcasts or op.name == "linear":
        for i, a, shape in arrays:
            for _, _, goal in arrays:
                if len(shape) != len(goal) and math.prod(shape) == math.prod(goal) and shape:
                    yield other(i, goal, f"{a.text}.reshape({', '.join(map(str, goal))})")


def _axes(
    op: Any,
    arguments: Sequence[Argument],
    shapes: list[Shape | None],
    attributes: dict[str, Any],
    axis: int,
    most: int,
) -> Iterator[_Change]:
    """Another axis: the only one along which the arrays can be joined; the last one, for a number one too high."""

    def along(k: int) -> _Change:
        texts = [a.text for a in arguments]
        words = f"axis={k} in place of axis={axis}"
        if op.variadic:  # np.vstack and others choose the axis themselves
            words = f"np.concatenate with {words}"
        return _Change(shapes, {**attributes, "axis": k}, texts, words)

    if len(arguments) == 1:
        if axis == most > 0:
            yield along(axis - 1)
    elif op.name == "concatenate":
        sizes = _small({n for shape in shapes for n in shape or ()})
        possible = [k for k in range(most) if _accepts(op, arguments, shapes, {**attributes, "axis": k}, sizes)]
        if len(possible) == 1:
            yield along(possible[0])


# --- shapes that are asked for ------------------------------------------------------------------------------------


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
            places = (":" if len(shape) == 1 else "...") + ", None" * k
            return f"broadcast_to({argument.text}[{places}], {target})"
    return ""
