"""How far rounding can move an output: a running error analysis of a recorded run, explained in docs/design.md."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.backward import backward_pass
from autograd.engine.graph import Node
from autograd.engine.tensor import Tensor, plain
from autograd.facts import FEW_UNITS
from autograd.gradcheck.recorder import Record, Recorder
from autograd.modes import changed

_LONG = 4.0 * float(np.finfo(np.longdouble).eps) / 2.0**-52  # what long double rounds beside float64, amply


class Rounding(Recorder):
    """A `Recorder` that adds up the rounding errors of all nodes, as seen from the output, in a backward pass.

    ``total`` is the sum so far; set it to 0 before a pass, and to None for a pass that should not count.
    """

    def __init__(self, around: frozenset[Any] = frozenset()) -> None:
        super().__init__()
        self.total: float | None = None
        self._around = around  # ops that are being expanded
        self._record_of: dict[Node, Record] = {}

    def backward(self, node: Node, g: Any, gradients: tuple[Any, ...]) -> None:
        super().backward(node, g, gradients)
        if self.total is None:
            return
        if len(self._record_of) < len(self.records):
            self._record_of = {record.node: record for record in self.records}
        record = self._record_of.get(node)
        if record is not None:
            with changed(watch=None):
                self.total += error_of(record, record.data, g, gradients, self._around)


def error_of(
    record: Record, data: Sequence[Any], g: Any, gradients: Sequence[Any], around: frozenset[Any] = frozenset()
) -> float:
    """The rounding error of one node, where g has arrived at its result and the rule has given these gradients."""
    node: Any = record.node
    op, several = node.op, node.op.outputs
    if not op.facts.rounding:
        return 0.0
    outs, gs = (record.out, g) if several else ((record.out,), (g,))
    eps = max(float(np.finfo(dtype).eps) for dtype in (node.dtype if several else (node.dtype,)))
    with np.errstate(all="ignore"):
        of_result = sum(_product(a, b) for a, b in zip(gs, outs, strict=True))
        if isinstance(op.kernel, np.ufunc) and op.kernel.signature is None:
            return float(op.facts.rounding * eps * of_result)
        inside, by_kernel = (0.0, True) if several else _inside(record, data, g, around)
        if inside and by_kernel:
            return inside
        of_terms = sum(_product(d, x) for d, x in zip(gradients, data, strict=False) if d is not None and x is not None)
        hidden = 0.0
        if inside is None and not _scales(node, data, record.out):
            floats = _floats((*data, record.out))
            largest = max([1.0, *(float(np.max(np.abs(x), initial=0.0)) for x in floats)])
            hidden = largest * _product(g, 1.0)
        total = inside or FEW_UNITS * eps * (of_result + of_terms + hidden)
        if by_kernel or not (hidden or inside):
            return total
        seen = _seen(node, data, g)
        return total if seen is None else min(total, seen + FEW_UNITS * eps * of_result + _LONG * total)


def _product(d: Any, x: Any) -> float:
    """The sum of |d x|; terms that are not finite are not rounding errors."""
    d = plain(d)
    try:
        terms = np.abs(np.asarray(d, np.float64)) * np.abs(np.asarray(x, np.float64))
    except ValueError:  # a gradient that does not fit its operand is not a matter of rounding
        return 0.0
    return float(np.sum(terms, where=np.isfinite(terms)))


def _inside(record: Record, data: Sequence[Any], g: Any, around: frozenset[Any]) -> tuple[float | None, bool]:
    """The errors of an op's intermediate results; 0 for an op that is not made of others, None if they are not known.

    Also says whether they are those of the kernel itself: a definition may round more.
    """
    node: Any = record.node
    op = node.op
    if op in around:
        return 0.0, True
    watch = Rounding(around | {op})
    with changed(watch=watch, grad=True):
        try:
            live = [i for i, parent in enumerate(node.parents) if parent is not None]
            given = [Tensor(np.array(x), requires_grad=True) if i in live else x for i, x in enumerate(data)]
            out, by_kernel = _made_of_ops(op, given, node.attrs or {})
            if out is None or not _close(out.data, record.out):
                return None, False
            if all(inner.node.op is op for inner in watch.records):
                return 0.0, True
            watch.total = 0.0
            leaves = frozenset(place for i in live if (place := given[i]._node) is not None)
            start: Any = out._node
            backward_pass({start: np.asarray(g, out.dtype)[()]}, release=False, wanted=leaves)
            return watch.total, by_kernel
        except Exception:  # a gradient does not come back through it
            return None, False


def _made_of_ops(op: Any, given: list[Any], attributes: dict[str, Any]) -> tuple[Tensor | None, bool]:
    """The result as a Tensor with a graph: of the kernel, which is what was computed, or else of the definition."""
    for function in filter(None, (op.kernel, op.definition)):
        try:
            out = function(*given, **attributes)
        except Exception:  # the kernel takes arrays only
            continue
        if isinstance(out, Tensor) and out._node is not None:
            return out, function is op.kernel
    return None, False


def _seen(node: Any, data: Sequence[Any], g: Any) -> float | None:
    """The error of a kernel, found in long double at its operands and near them; None without more digits."""
    if _LONG > 1e-2 or any(dtype != np.float64 for dtype in (node.dtype, *(x.dtype for x in _floats(data)))):
        return None
    worst = 0.0
    for factor in (1.0, 1.0 + 2.0**-11, 1.0 - 2.0**-12, 1.0 + 2.0**-13 / 3):
        try:
            near = [x * factor if np.asarray(x).dtype.kind == "f" else x for x in data]
            long = [np.asarray(x, np.longdouble) if np.asarray(x).dtype.kind == "f" else x for x in near]
            a, b = (np.asarray(node.op.kernel(*operands, **(node.attrs or {}))) for operands in (near, long))
        except Exception:  # the kernel takes float64 only
            return None
        if b.dtype != np.longdouble:
            return None
        worst = max(worst, _product(g, a - b))
    return 8.0 * worst


def _floats(data: Sequence[Any]) -> list[Any]:
    return [array for array in map(np.asarray, data) if array.dtype.kind == "f"]


def _scales(node: Any, data: Sequence[Any], out: Any) -> bool:
    """Whether the kernel is homogeneous, to the last bit: then no 1 is hidden in it."""
    small = 2.0**-10
    try:
        shrunk = [x * np.asarray(x).dtype.type(small) if np.asarray(x).dtype.kind == "f" else x for x in data]
        found = np.asarray(node.op.kernel(*shrunk, **(node.attrs or {})))
    except Exception:  # a kernel that takes no other values
        return False
    return any(np.array_equal(found * small**-degree, out) for degree in (0, 1, 2))


def _close(a: Any, b: Any) -> bool:
    """Whether a definition computes the same as the kernel, up to rounding."""
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-3, atol=1e-3 * float(np.max(np.abs(b), initial=0.0))))
