"""How a Tensor behaves in the rest of Python, as a sequence, a number, an array, text, a copy, or why it does not."""

import ast
import linecache
import sys
from copy import deepcopy
from opcode import opname
from types import FrameType
from typing import Any, NoReturn, Self, SupportsIndex

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autograd.engine.graph import STATE, Info
from autograd.errors import ArrayConversionError, BooleanValueError, ItemAssignmentError, LiveGraphError, StackingError
from autograd.remedies import READ_NUMBER, rewrites
from autograd.surface import Rows
from autograd.tensor_data import Argument, TensorData, describe_data
from autograd.words import TensorWords

__autograd_transparent__ = True  # iteration makes nodes for the line of the loop

_new = object.__new__
ndarray = np.ndarray


class TensorValues(TensorData, TensorWords):
    """The plain side of a Tensor."""

    __slots__ = ()

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a 0-d Tensor")
        return int(self._data.shape[0])

    def __contains__(self, value: object) -> bool:
        return bool(np.any(self._data == (value._data if isinstance(value, TensorValues) else value)))

    __hash__ = object.__hash__

    def __iter__(self) -> Rows:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(len(self)))

    def numpy(self) -> NDArray[Any]:
        """A read-only view of the values.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0], requires_grad=True).numpy()
        array([1., 2.])
        """
        self._note_reading("numpy()")
        view = np.asarray(self._data).view()
        view.flags.writeable = False
        return view

    def item(self, *index: Any) -> float:
        """The value of a Tensor with one entry, or of the entry at a position, as a Python number.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0]]).item(0, 1), tensor(3.0, requires_grad=True).item()
        (2.0, 3.0)
        """
        self._note_reading("item()")
        return self._data.item(*index)  # type: ignore[no-any-return]

    def tolist(self) -> list[Any]:
        """The values as (nested lists of) Python numbers.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
        """
        self._note_reading("tolist()")
        return self._data.tolist()  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise BooleanValueError(
                f"a Tensor of shape {self.shape} has no single truth value. Compare first and use np.any(...) or "
                "np.all(...), or np.where(condition, a, b) to choose entry by entry."
            )
        return bool(self._data)

    def __float__(self) -> float:
        return float(self._plain_number("float"))

    def __int__(self) -> int:
        return int(self._plain_number("int"))

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iu" or self._data.shape != ():
            raise TypeError(f"only a 0-d Tensor of integers can be an index, not {self._describe()}")
        return int(self._data)

    def _plain_number(self, name: str) -> Any:
        if self._is_live():
            what = f"{name}() of a Tensor{self._made_by()}"
            if stores_an_item(sys._getframe(2)):
                what = f"an array holds plain numbers: storing a Tensor{self._made_by()}"
            raise LiveGraphError(
                f"{what} that requires a gradient would silently cut it off from its graph.{_reading('.item()')} To "
                "keep the gradient, compute with the Tensor itself, with NumPy's functions instead of math's; to build "
                "an array from Tensors, use np.stack or .at[]."
            )
        if self._data.size != 1:
            raise TypeError(f"only a Tensor with one entry can become a {name}; this one has shape {self.shape}.")
        return self._data.item()

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if self._requires_grad:
            self._refuse_drawing(sys._getframe(1))
            caller = _called_by(sys._getframe(1))
            other = rewrites().get(caller, "").removeprefix(READ_NUMBER if STATE.get().readings else "")
            instead = f" Instead of np.{caller}, write {other}." if other else ""
            if _assembles_a_list(sys._getframe(1)):
                raise StackingError(
                    "NumPy cannot make an array from a list of Tensors without losing their graph. Write "
                    "np.stack([...]) (or np.concatenate for arrays that already have the axis), which is "
                    f"differentiable; to put values into an array, use .at[].set(...).{instead}"
                )
            raise ArrayConversionError(
                f"a Tensor ({describe_data(self)}) that requires a gradient is not silently turned into a plain "
                f"array.{_reading('.numpy() or .detach()')} To build an array from Tensors, use np.stack or "
                f"np.concatenate, and .at[] instead of assignment.{instead}"
            )
        return np.array(self._data, dtype, copy=copy)

    @property
    def _mask(self) -> np.bool:
        """No mask. numpy.ma takes the attributes ``_data`` and ``_mask`` of its operands, past ``__array__``."""
        if self._requires_grad:
            self.__array__()  # which refuses
        return np.False_

    def __dlpack__(self, **options: Any) -> Any:
        return self.__array__().__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return np.asarray(self._data).__dlpack_device__()

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        text = repr(index) if isinstance(index, int | slice | str) else "index"
        if isinstance(index, slice):
            parts = (index.start, index.stop) if index.step is None else (index.start, index.stop, index.step)
            text = ":".join("" if part is None else str(part) for part in parts)
        raise ItemAssignmentError(
            f"a Tensor cannot be assigned to in place. Write t = t.at[{text}].set(value) (or .add(value)), which "
            "returns a new, differentiable Tensor; to change a leaf outside the graph, assign to t.data."
        )

    def __repr__(self) -> str:
        values = np.array2string(np.asarray(self._data), separator=", ", prefix="tensor(", suffix=")")
        facts = [values]
        if self.name is not None:
            facts.append(f"name={self.name!r}")
        if self._data.dtype not in (np.float64, np.int64, np.bool_):
            facts.append(f"dtype={self._data.dtype}")
        if self._requires_grad:
            facts.append(f"op={op.name}" if (op := self._op()) else "requires_grad=True")
        return f"tensor({', '.join(facts)})"

    def __format__(self, spec: str) -> str:
        return format(self._data.item(), spec) if spec and self._data.size == 1 else format(str(self), spec)

    def _refuse_drawing(self, frame: FrameType | None) -> None:
        """Refuse to be drawn, with a remedy, if matplotlib asks for an array or a copy, directly or through NumPy."""
        while frame is not None and _package_of(frame) in ("copy", "numpy"):
            frame = frame.f_back
        if _package_of(frame) == "matplotlib":
            raise ArrayConversionError(
                f"matplotlib draws plain numbers, but this is a Tensor ({describe_data(self)}) that requires a "
                "gradient. Pass t.numpy() instead of t."
            )

    def _refuse_copy(self, how: str) -> None:
        """A leaf is copied with its gradient and name; a computed Tensor only once its graph has been released. A leaf
        that stands for an argument of a function has a graph as well: that of the transform."""
        if self._is_live() and (not self.is_leaf or self._info.__class__ is Argument):
            self._refuse_drawing(sys._getframe(2))
            raise LiveGraphError(
                f"{how} of a Tensor{self._made_by()} that requires a gradient would silently cut it off from its "
                "graph. For a copy within the graph, write t.copy(). Otherwise, call .detach() or run backward() "
                "first."
            )

    def __getstate__(self) -> dict[str, Any]:
        added: Any = object.__getstate__(self)
        attributes, slots = added
        return {
            "data": np.array(self._data),
            "grad": None if self.grad is None else self.grad.copy(),
            "requires_grad": self._requires_grad and self.is_leaf,
            "name": self.name,
            "attributes": attributes or {},  # what a subclass has added, and its own slots
            "slots": {name: value for name, value in slots.items() if name not in TensorData.__slots__},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._data = state["data"]
        self._node = None
        self._grad = state["grad"]
        self._requires_grad = state["requires_grad"]
        self._info = Info()
        self._info.name = state["name"]
        for name, value in (state.get("attributes", {}) | state.get("slots", {})).items():
            object.__setattr__(self, name, value)

    def __copy__(self) -> Self:
        self._refuse_copy("copy()")
        twin = _new(type(self))
        twin.__setstate__(self.__getstate__())
        return twin

    def __deepcopy__(self, memo: dict[int, Any] | None) -> Self:
        self._refuse_copy("deepcopy()")
        memo = {} if memo is None else memo  # which NumPy's scalars take too
        twin = memo[id(self)] = _new(type(self))  # noted first: an attribute may lead back here
        state = self.__getstate__()
        for kind in ("attributes", "slots"):
            state[kind] = deepcopy(state.get(kind, {}), memo)
        twin.__setstate__(state)
        return twin

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        self._refuse_copy("pickling")
        return _new_instance, (type(self),), self.__getstate__()


def _new_instance(cls: type[TensorValues]) -> TensorValues:
    return _new(cls)


def _reading(methods: str) -> str:
    """How to read plain values, for messages; empty inside a transform, where it would lose the gradient silently."""
    return "" if STATE.get().readings else f" If you need no gradient, read plain values with {methods}."


def stores_an_item(frame: FrameType) -> bool:
    """Whether a frame is in the middle of ``a[i] = value`` or ``a[i:j] = value``."""
    return frame.f_lasti >= 0 and opname[frame.f_code.co_code[frame.f_lasti]] in ("STORE_SUBSCR", "STORE_SLICE")


def _package_of(frame: FrameType | None) -> str:
    return "" if frame is None else str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _called_by(frame: FrameType) -> str:
    """The name of the NumPy function that asks for an array, as far as it can be known; for a class its name."""
    name = ""
    while _package_of(frame) == "numpy" and frame.f_back is not None:
        name, frame = frame.f_code.co_qualname.partition(".")[0], frame.f_back
    if not name and (call := _call_at(frame)):  # a function in C: the user's own line names it
        name = ast.unparse(call.func).rpartition(".")[2]
    return name


def _assembles_a_list(frame: FrameType) -> bool:
    """Whether the running line calls NumPy with a list of Tensors, as in ``np.array([t1, t2])``; no without source."""
    call = _call_at(frame)
    if call is None or not call.args:
        return False
    argument = call.args[0]
    if isinstance(argument, ast.Name):
        value = frame.f_locals.get(argument.id, frame.f_globals.get(argument.id))
        return isinstance(value, list | tuple)
    return isinstance(argument, ast.List | ast.Tuple | ast.ListComp | ast.GeneratorExp)


def _call_at(frame: FrameType) -> ast.Call | None:
    """The call that a frame is in the middle of, read from its source on the way to an error."""
    positions = list(frame.f_code.co_positions())
    start, end, left, right = positions[frame.f_lasti // 2] if frame.f_lasti >= 0 else (None,) * 4
    if start is None or end is None:
        return None
    lines = [linecache.getline(frame.f_code.co_filename, n) for n in range(start, end + 1)]
    if not all(lines):
        return None
    lines[-1] = lines[-1].encode()[:right].decode()
    lines[0] = lines[0].encode()[left:].decode()
    try:
        expression = ast.parse("(" + "".join(lines) + ")", mode="eval").body
    except SyntaxError:
        return None
    return expression if isinstance(expression, ast.Call) else None
