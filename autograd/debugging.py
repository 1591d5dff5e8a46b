"""`debug`: raises an error that explains the first number that is not finite, or an array changed under a graph."""

import sys
from types import FrameType
from typing import Any

import numpy as np

from autograd.arrays import Array
from autograd.engine.graph import STATE, Leaf, Node, Vertex
from autograd.engine.tape import TRANSPARENT
from autograd.engine.tensor import Tensor, plain
from autograd.errors import NonFiniteError
from autograd.modes import Both, Mode, Watch
from autograd.nonfinite import Finding, in_backward, in_forward
from autograd.operand_errors import listed, operand_names
from autograd.provenance import place, where
from autograd.stale import arrays_in, changed_in_place, kept_operand

__autograd_transparent__ = True


class debug(Mode):
    """Raise an error at the first value or gradient that is not finite, inside a ``with`` block or decorated function.

    The error (NonFiniteError) names the op, the entry, its operands, the line and the module, and suggests a rewrite if
    the cause is known; NumPy's own warnings of such values are silenced. An array that is changed in place after an op
    has kept it for its backward pass raises InPlaceError. Infinities that a constant brings in through a masking op
    (``np.where``, ``+``) are allowed. Code inside runs more slowly; code outside is not affected.

    >>> import numpy as np
    >>> from autograd import debug, tensor
    >>> x = tensor([1.0, 0.0], requires_grad=True)
    >>> with debug():
    ...     np.sqrt(x).sum().backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.NonFiniteError: the backward pass of sqrt gave inf for x at entry (1,): sqrt has an infinite \
slope at 0
      ...
    """

    @property
    def _changes(self) -> dict[str, Any]:  # type: ignore[override]  # a watcher of its own for each block
        outer = STATE.get().watch
        watcher = Debugger()
        return {"watch": watcher if outer is None else Both(outer, watcher)}

    def __enter__(self) -> None:
        super().__enter__()
        _debugger().quiet.__enter__()

    def __exit__(self, *error: Any) -> None:
        _debugger().quiet.__exit__(*error)
        super().__exit__(*error)


def _debugger() -> "Debugger":
    watch = STATE.get().watch
    debugger = watch.second if isinstance(watch, Both) else watch
    assert isinstance(debugger, Debugger)
    return debugger


class Checksummed(tuple[Any, ...]):
    """The values that a node keeps for its rules, with a checksum of the arrays in each of them."""

    sums: tuple[int, ...]


def _checksum(value: Any) -> int:
    return hash(tuple(array.tobytes() for array in arrays_in((value,))))


class Debugger(Watch):
    """Looks at every result and every gradient."""

    def __init__(self) -> None:
        self.quiet: np.errstate = np.errstate(all="ignore")  # what NumPy would warn of is looked at here
        self._left_out: dict[int, str] = {}  # by the number of a vertex: the line of the np.where above it

    def applied(self, op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], out: Any, result: Any) -> None:
        if (node := node_of(result)) is not None:
            node.kept = kept = Checksummed(node.kept)
            kept.sums = tuple(map(_checksum, kept))
            if node.code.co_filename.startswith(_FOLDER):
                return  # part of a rule of ours, in a differentiable pass; the gradient that it returns is what counts
        for part in out if isinstance(out, tuple) else (out,):
            entry = first_entry(part)
            if entry is None:
                continue
            value = float(np.asarray(part)[entry])
            origin = _origin(op, xs, data, value)
            if origin == "passes":
                continue
            values, finding = None, Finding(origin, "")
            if not origin:
                values, largest = values_at(op, data, np.shape(part), entry), float(np.finfo(part.dtype).max)
                maker = xs[0]._op() if isinstance(xs[0], Tensor) else None
                finding = in_forward(op, values, value, str(part.dtype), largest, maker)
            head = f"{op.name} gave {value:g}{_at(entry)}{_of(part)}"
            operands = _with_values(operand_names(op, xs), xs, data, values)
            raise _error(head, operands, _place(), STATE.get().scope, op, entry, finding)

    def backward(self, node: Node, g: Any, gradients: tuple[Any, ...]) -> None:
        if isinstance(node.kept, Checksummed):
            for i, (kept, before) in enumerate(zip(node.kept, node.kept.sums, strict=True)):
                if _checksum(kept) != before:
                    raise changed_in_place(node, i)
        chosen = self._left_out.pop(node.seq, "")
        if node.op.facts.hazards.chooses:
            chosen = where(node)
        for part in g if isinstance(g, tuple) else (g,):
            entry = first_entry(plain(part))
            if entry is not None:
                value = float(np.asarray(plain(part))[entry])
                finding = Finding(
                    "it was given to backward() or returned by a hook, or the sum of the gradients of several paths "
                    "is too large",
                    "",
                )
                head = f"the gradient that reaches {node.op.name} is {value:g}{_at(entry)}"
                raise _error(head, [], where(node), node.scope, node.op, entry, finding, backward=True)
        for i, (parent, d) in enumerate(zip(node.parents, gradients, strict=True)):
            if parent is None or d is None:
                continue
            if chosen and not isinstance(parent, Leaf):
                self._left_out[parent.seq] = chosen
            entry = first_entry(plain(d))
            if entry is not None:
                raise self._explained(node, i, np.asarray(plain(d)), g, entry, chosen)

    def _explained(self, node: Node, i: int, d: Array, g: Any, entry: tuple[int, ...], chosen: str) -> NonFiniteError:
        op, value = node.op, float(d[entry])
        operands = node.operands
        data = tuple(_value_of(node, k, operand) for k, operand in enumerate(operands))
        values = None if any(x is None for x in data) else values_at(op, data, d.shape, entry)
        incoming = None if isinstance(g, tuple) else np.asarray(plain(g))
        here = None if incoming is None or incoming.shape != d.shape else float(incoming[entry])
        of_squares = _is_sum_of_squares(operands[i])
        finding = in_backward(op, None if values is None else values[i], here, value, chosen, of_squares)
        names = operand_names(op, operands)
        head = f"the backward pass of {op.name} gave {value:g} for {names[i]}{_at(entry)}{_of(d)}"
        facts = _with_values(names, operands, data, values)
        facts += [] if here is None else [f"  the incoming gradient: {here:g} here"]
        return _error(head, facts, where(node), node.scope, op, entry, finding, backward=True)


def node_of(result: Any) -> Node | None:
    """The node that an op has made, if it has."""
    for t in result if isinstance(result, tuple) else (result,):
        if isinstance(t, Tensor) and t._node is not None and (maker := t._maker()) is not None:
            return maker if isinstance(maker, Node) else None
    return None


_FOLDER = __file__.rpartition("debugging")[0]


def first_entry(x: Any) -> tuple[int, ...] | None:
    """The index of the first entry that is not finite; nan before inf."""
    array = np.asarray(x)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return None
    wrong = np.isnan(array)
    if not wrong.any():
        wrong = np.isinf(array)
    return tuple(int(i) for i in np.argwhere(wrong)[0])


def _origin(op: Any, xs: tuple[Any, ...], data: tuple[Any, ...], value: float) -> str:
    """Says that a value that is not finite came in with an operand, if so; "passes" when that is intended."""
    test = np.isnan if np.isnan(value) else np.isinf
    for name, x, array in zip(operand_names(op, xs), xs, data, strict=True):
        if array is None or np.asarray(array).dtype.kind not in "fc" or not test(array).any():
            continue
        if np.isnan(value):
            return f"nan came in with {name}"
        start = not isinstance(x, Tensor) or x.is_leaf
        # What moves numbers or chooses among them puts infinities in on purpose, and so does a sum, as the -inf of a
        # mask; what becomes of them is watched again.
        lets_through = op.facts.hazards.lets_through or not op.facts.rounding
        if not start or (lets_through and not (isinstance(x, Tensor) and x.requires_grad)):
            return "passes"
        return f"inf came in with {name}"
    return ""


def values_at(
    op: Any, data: tuple[Any, ...], shape: tuple[int, ...], entry: tuple[int, ...]
) -> tuple[float, ...] | None:
    """The operands at an entry of the result, for ops that work entry by entry."""
    if op.facts.kind != "elementwise" or any(x is None or isinstance(x, tuple) for x in data):
        return None
    try:
        return tuple(float(np.broadcast_to(x, shape)[entry]) for x in data)
    except (ValueError, TypeError):
        return None


def _value_of(node: Node, index: int, operand: Any) -> Any:
    """The data of an operand, if it is still there."""
    if not isinstance(operand, Vertex):
        return operand
    if (value := kept_operand(node, index)) is not None:
        return value
    if operand.value is not None:
        return operand.value
    tensor = None if operand.tensor is None else operand.tensor()
    return None if tensor is None else tensor.data


def _is_sum_of_squares(operand: Any) -> bool:
    if not isinstance(operand, Node) or operand.op.facts.kind != "reduces" or operand.op.facts.slope != ("1",):
        return False
    summed: Any = operand.parents[0]
    if not isinstance(summed, Node) or summed.op.facts.kind != "elementwise":
        return False
    if len({id(x) for x in summed.operands if isinstance(x, Vertex)}) != 1:
        return False
    op: Any = summed.op
    threes = [np.full(x.shape, 3.0, x.dtype)[()] if isinstance(x, Vertex) else x for x in summed.operands]
    return bool(np.all(op.kernel(*threes, **(summed.attrs or {})) == 9.0))


def _at(entry: tuple[int, ...]) -> str:
    return f" at entry {entry}" if entry else ""


def _of(x: Any) -> str:
    """How many entries are not finite, when there are several."""
    count = int(np.count_nonzero(~np.isfinite(x)))
    return f" (and {count - 1:,} more)" if count > 1 else ""


def _with_values(
    names: tuple[str, ...], xs: tuple[Any, ...], data: tuple[Any, ...], values: tuple[float, ...] | None
) -> list[str]:
    """The operands, a line each, with their values at the entry, or their range."""
    lines = listed(names, xs)
    for i, (x, array) in enumerate(zip(xs, data, strict=True)):
        if array is None or not isinstance(x, Tensor | np.ndarray | Vertex):
            continue
        entry = first_entry(array)
        if values is not None:
            lines[i] += f"; here {values[i]:.6g}" if values[i] != 0 else "; here 0.0"
        elif entry is not None:
            lines[i] += f"; {float(np.asarray(array)[entry]):g}{_at(entry)}"
        elif np.size(array):
            lines[i] += f"; from {np.min(array):.6g} to {np.max(array):.6g}"
    return lines


def _place() -> str:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and TRANSPARENT in frame.f_globals:
        frame = frame.f_back
    return "an unknown place" if frame is None else place(frame.f_code.co_filename, frame.f_lineno)


def _error(
    head: str, facts: list[str], place: str, scope: Any, op: Any, entry: tuple[int, ...], finding: Finding,
    backward: bool = False,
) -> NonFiniteError:  # fmt: skip
    what = f": {finding.what}" if finding.what else ""
    module = "" if scope is None else f", in module {scope.path or scope.label}"
    fix = [f"  likely fix: {finding.rewrite}"] if finding.rewrite else []
    error = NonFiniteError("\n".join([head + what, *facts, f"  applied at {place}{module}", *fix]))
    error.op, error.entry, error.backward = op.name, entry, backward
    error.pattern, error.fix = finding
    return error
