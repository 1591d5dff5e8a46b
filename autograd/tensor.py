"""The Tensor: an array, its gradient, and its place in the graph.

This module owns what a Tensor *is*: construction, conversion, copying, the two ways of asking for gradients. It knows
no op; operators and differentiable methods are attached from the op table (`autograd.methods`), and their signatures
for type checkers stand in `autograd.surface`.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from types import FrameType
from typing import Any, NoReturn, SupportsIndex
from weakref import ref

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd.arrays import is_real_floating
from autograd.engine import (
    GONE,
    SMALL,
    Info,
    Leaf,
    OpRecord,
    Output,
    Vertex,
    backward_pass,
    describe,
    newest_first,
    sequence,
)
from autograd.errors import (
    ArrayConversionError,
    BooleanValueError,
    GradientShapeError,
    InvalidDtypeError,
    ItemAssignmentError,
    LiveGraphError,
    NonScalarBackwardError,
    OperandError,
    RequiresGradError,
    StackingError,
    UnusedInputError,
)
from autograd.surface import Surface

__all__ = ["HookHandle", "Tensor", "constant", "leaf", "tensor"]

ndarray = np.ndarray
_new = object.__new__

__autograd_transparent__ = True  # iteration makes nodes for the line of the loop


class Tensor(Surface):
    """An array that remembers how it was computed.

    ``Tensor(data)`` shares memory with an ndarray given to it; `tensor` copies. The dtype follows NumPy. ``data`` of
    a leaf is always an ndarray; the ``data`` of a computed scalar may be a NumPy scalar.

    >>> from autograd import tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    array([2., 4.])
    """

    # A computed Tensor has _data, _node and _requires_grad; the other two slots are for leaves.
    __slots__ = ("__weakref__", "_data", "_grad", "_info", "_node", "_requires_grad")

    _data: Any
    _node: Vertex | None
    _requires_grad: bool
    _info: Info | None
    _grad: NDArray[Any] | None

    _kind = "input"  # what a leaf of this class is called in pictures

    def __init__(self, data: ArrayLike, *, requires_grad: bool = False, name: str | None = None) -> None:
        self._data = np.asarray(data)
        self._node = None
        self._grad = None
        self._requires_grad = False
        frame = sys._getframe(1)
        self._info = Info(frame.f_code, frame.f_lasti)
        self._info.name = name
        if requires_grad:
            self.requires_grad = True

    # --- what it is -------------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The values as an array, without graph. Assigning to it changes a leaf outside the graph."""
        return self._data

    @data.setter
    def data(self, value: ArrayLike) -> None:
        node = self._node
        if node is not None and node.__class__ is not Leaf:
            raise LiveGraphError(
                f"{self._describe()} was computed: its data follows from its operands. Assign to the data of a "
                "leaf, or take a copy with .detach()."
            )
        if value is not self._data:  # else it was changed in place: `w.data -= ...`, an optimizer's step
            array = np.asarray(value)
            if array.shape != self._data.shape:
                raise OperandError(
                    f"the data of {self._describe()} can be replaced by an array of the same shape only, not "
                    f"{array.shape}. Make a new Tensor for another shape."
                )
            if self._requires_grad and not is_real_floating(array.dtype):
                _refuse_dtype(array.dtype)
            self._data = array
        if node is not None:
            node.kept = GONE
            self._node = None

    @property
    def grad(self) -> NDArray[Any] | None:
        """What backward passes have added up for this Tensor: an array of its shape that is its own, or None."""
        node = self._node
        if node is None or node.__class__ is Leaf:
            return self._grad
        if node.grad is not None and node.grad.__class__ is not ndarray:
            node.grad = np.array(node.grad)
        gradient: NDArray[Any] | None = node.grad
        return gradient

    @grad.setter
    def grad(self, value: ArrayLike | None) -> None:
        if value is not None:
            value = np.asarray(value, self._data.dtype)
            if value.shape != self._data.shape:
                raise GradientShapeError(f"the gradient of {self._describe()} has its shape, not {value.shape}.")
        if self.is_leaf:
            self._grad = value
        else:
            self._node.grad = value  # type: ignore[union-attr]

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow into this Tensor. It can be set on leaves, of real floating dtype only."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not self.is_leaf:
            if value:
                return
            raise LiveGraphError(
                f"{self._describe()} was computed from something that requires a gradient; use .detach() for a "
                "Tensor without graph."
            )
        if value and not is_real_floating(self._data.dtype):
            _refuse_dtype(self._data.dtype)
        if bool(value) != self._requires_grad:
            self._node = None  # graphs made so far keep the leaf as it was
            self._data = np.asarray(self._data)
        self._requires_grad = bool(value)

    @property
    def name(self) -> str | None:
        """A name for pictures and messages. It is written to the graph, which keeps it when the Tensor is dropped."""
        info = self._info if self.is_leaf else self._node.info  # type: ignore[union-attr]
        return None if info is None else info.name

    @name.setter
    def name(self, value: str | None) -> None:
        self._get_info().name = value

    @property
    def is_leaf(self) -> bool:
        """Whether this was made by a user rather than computed from something that requires a gradient."""
        return self._node is None or isinstance(self._node, Leaf)

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self._data.shape
        return shape

    @property
    def ndim(self) -> int:
        return len(self._data.shape)

    @property
    def size(self) -> int:
        return int(self._data.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self._data.dtype
        return dtype

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a 0-d Tensor")
        return int(self._data.shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: object) -> bool:
        return bool(np.any(self._data == (value._data if isinstance(value, Tensor) else value)))

    __hash__ = object.__hash__

    # --- gradients --------------------------------------------------------------------------------------------

    def backward(self, gradient: ArrayLike | Tensor | None = None, *, retain_graph: bool = False) -> None:
        """Compute the gradient of this Tensor with respect to everything it was computed from.

        Every Tensor that is still held, leaf or not, gets it added to its ``.grad``. ``gradient`` is the gradient of
        the final quantity with respect to this Tensor (1 for a single number) and has its shape. The values kept for
        the pass are released unless ``retain_graph``.

        Raises NonScalarBackwardError, GradientShapeError, RequiresGradError, GraphReleasedError, StaleLeafError.

        >>> from autograd import tensor
        >>> x = tensor(3.0, requires_grad=True)
        >>> (x ** 2).backward()
        >>> x.grad
        array(6.)
        """
        node = self._vertex_of_live()
        backward_pass({node: self._seed(gradient, "backward", False)}, release=not retain_graph)

    def gradient(
        self,
        *inputs: Tensor,
        gradient: ArrayLike | Tensor | None = None,
        create_graph: bool = False,
        retain_graph: bool | None = None,
        allow_unused: bool = False,
    ) -> tuple[Any, ...]:
        """The gradients of this Tensor with respect to the inputs, as Tensors; nothing is stored on any Tensor.

        With ``create_graph`` the gradients are differentiable themselves, to any order. ``retain_graph`` defaults to
        ``create_graph``. An input that was not used is an error, or None with ``allow_unused``.

        >>> from autograd import tensor
        >>> x = tensor(2.0, requires_grad=True)
        >>> (slope,) = (x ** 3).gradient(x, create_graph=True)
        >>> (curvature,) = slope.gradient(x)
        >>> slope.item(), curvature.item()
        (12.0, 12.0)
        """
        node = self._vertex_of_live()
        for i, x in enumerate(inputs):
            if not isinstance(x, Tensor):
                raise TypeError(f"input {i} of gradient() is a {type(x).__name__}; give the Tensors themselves.")
            if not x._requires_grad:
                raise RequiresGradError(f"input {i} of gradient(), {x._describe()}, does not require a gradient.")
        vertices = [x._place_below(node) for x in inputs]
        seed = self._seed(gradient, "gradient", create_graph)
        if create_graph and not isinstance(seed, Tensor):
            seed = constant(seed)
        found = backward_pass(
            {node: seed},
            create_graph=create_graph,
            release=not (create_graph if retain_graph is None else retain_graph),
            wanted=frozenset(v for v in vertices if v is not None),
        )
        results: list[Tensor | None] = []
        for i, (x, vertex) in enumerate(zip(inputs, vertices, strict=True)):
            g = None if vertex is None else found.get(vertex)
            if g is None and not allow_unused:
                raise UnusedInputError(
                    f"input {i} of gradient(), {x._describe()}, was not used to compute this Tensor. Pass "
                    "allow_unused=True to get None for it."
                )
            results.append(g if g is None or isinstance(g, Tensor) else constant(np.array(g)))
        return tuple(results)

    def detach(self) -> Tensor:
        """The same values, without graph (memory is shared)."""
        return constant(np.asarray(self._data))

    def register_hook(self, hook: Callable[[Any], Any]) -> HookHandle:
        """Call ``hook(gradient)`` whenever a backward pass has finished the gradient of this Tensor.

        What the hook returns, unless None, takes the place of the gradient from there on. The handle removes it.

        >>> from autograd import tensor
        >>> x = tensor(3.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: 10 * g)
        >>> (x * 2).backward()
        >>> x.grad
        array(20.)
        """
        if not self._requires_grad:
            raise RequiresGradError(f"a hook was put on {self._describe()}, which requires no gradient.")
        info = self._get_info()
        info.hooks.append(hook)
        return HookHandle(info, hook)

    def _vertex_of_live(self) -> Vertex:
        if not self._requires_grad:
            raise RequiresGradError(
                f"{self._describe()} does not depend on anything that requires a gradient. Create the inputs with "
                "requires_grad=True, and check that they were not cut off by detach(), no_grad() or an operation "
                "without derivative."
            )
        return self._node if self._node is not None else leaf(self)

    def _place_below(self, root: Vertex) -> Vertex | None:
        """Where this is in the graph of a result. A leaf that was changed afterwards is there as it was."""
        vertex = self._node
        if self.is_leaf and (vertex is None or vertex.seq > root.seq):
            former = (v for v in newest_first([root]) if isinstance(v, Leaf) and v.tensor and v.tensor() is self)
            return next(former, vertex)
        return vertex

    def _seed(self, gradient: ArrayLike | Tensor | None, caller: str, create_graph: bool) -> Any:
        """The gradient that a pass starts from: our own array, of our shape and dtype."""
        shape, dtype = self._data.shape, self._data.dtype
        if gradient is None:
            if shape != () and self._data.size != 1:
                raise NonScalarBackwardError(
                    f"{caller}() starts from a single number, but this Tensor{self._made_by()} has shape {shape}. "
                    "Reduce it first (for example .sum() or .mean()), or say how much each entry counts: "
                    f"{caller}(gradient=...) with an array of shape {shape}."
                )
            return dtype.type(1.0) if shape == () else np.ones(shape, dtype)
        if create_graph and isinstance(gradient, Tensor) and gradient._requires_grad:
            seed: Any = gradient if gradient.dtype == dtype else gradient.astype(dtype)
        else:
            seed = np.array(gradient._data if isinstance(gradient, Tensor) else gradient, dtype)
        if seed.shape != shape:
            raise GradientShapeError(
                f"the gradient given to {caller}() has shape {seed.shape}, but the Tensor{self._made_by()} has shape "
                f"{shape}: there must be one entry of gradient for each entry of the Tensor."
            )
        return seed

    # --- plain values -----------------------------------------------------------------------------------------

    def numpy(self) -> NDArray[Any]:
        """A read-only view of the values."""
        view = np.asarray(self._data).view()
        view.flags.writeable = False
        return view

    def item(self) -> Any:
        """The value of a Tensor with one entry, as a Python number."""
        return self._data.item()

    def tolist(self) -> Any:
        """The values as (nested lists of) Python numbers."""
        return self._data.tolist()

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
            raise LiveGraphError(
                f"{name}() of a Tensor{self._made_by()} that requires a gradient would cut it off from its graph "
                "silently. Read the number with .item(); to build an array from Tensors use np.stack or .at[]."
            )
        if self._data.size != 1:
            raise TypeError(f"only a Tensor with one entry can become a {name}; this one has shape {self.shape}.")
        return self._data.item()

    def _is_live(self) -> bool:
        """Whether a gradient may still be wanted: a graph that was not released, or a leaf that requires one."""
        return self._requires_grad and (self.is_leaf or self._maker().kept is not GONE)  # type: ignore[union-attr]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if self._requires_grad:
            if _assembles_a_list(sys._getframe(1)):
                raise StackingError(
                    "NumPy cannot make an array of a list of Tensors without losing their graph. Write "
                    "np.stack([...]) (or np.concatenate for arrays that have the axis already), which is "
                    "differentiable; to put values into an array use .at[].set(...)."
                )
            raise ArrayConversionError(
                f"a Tensor ({describe_data(self)}) that requires a gradient is not turned into a plain array "
                "silently. Read its values with .numpy() or .detach(); to build an array from Tensors use np.stack "
                "or np.concatenate, and .at[] in place of assignment."
            )
        return np.array(self._data, dtype, copy=copy)

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

    # --- words ------------------------------------------------------------------------------------------------

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

    def _describe(self) -> str:
        if self._node is not None:
            return describe(self._node)
        return f"{self.name or 'this Tensor'} ({describe_data(self)})"

    def _made_by(self) -> str:
        """The op in parentheses, for messages."""
        return f" ({op.name})" if (op := self._op()) else ""

    def _maker(self) -> Vertex | None:
        """The vertex that stands for the op that computed this: for one of several outputs that of all of them."""
        return self._node.parents[0] if isinstance(self._node, Output) else self._node

    def _op(self) -> OpRecord | None:
        maker = self._maker()
        return None if maker is None else maker.op

    def _get_info(self) -> Info:
        holder: Any = self if self.is_leaf else self._node
        attribute = "_info" if self.is_leaf else "info"
        info: Info | None = getattr(holder, attribute)
        if info is None:
            info = Info()
            setattr(holder, attribute, info)
            if self.is_leaf and self._node is not None:
                self._node.info = info
        return info

    # --- copies -----------------------------------------------------------------------------------------------

    def _copy(self, how: str) -> Tensor:
        """A leaf copies with its gradient and name; a computed Tensor copies once its graph has been released."""
        if not self.is_leaf and self._is_live():
            raise LiveGraphError(
                f"{how} of a Tensor{self._made_by()} that requires a gradient would cut it off from its graph "
                "silently. Copy its values with .detach() first, or run backward() before."
            )
        twin = _new(type(self))
        twin.__setstate__(self.__getstate__())
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {
            "data": np.array(self._data),
            "grad": None if self.grad is None else self.grad.copy(),
            "requires_grad": self._requires_grad and self.is_leaf,
            "name": self.name,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._data = state["data"]
        self._node = None
        self._grad = state["grad"]
        self._requires_grad = state["requires_grad"]
        self._info = Info()
        self._info.name = state["name"]

    def __copy__(self) -> Tensor:
        return self._copy("copy()")

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        twin = self._copy("deepcopy()")
        memo[id(self)] = twin
        return twin

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        if not self.is_leaf and self._is_live():
            self._copy("pickling")
        return _new_instance, (type(self),), self.__getstate__()


class HookHandle:
    """Removes a gradient hook: ``handle.remove()``."""

    def __init__(self, info: Info, hook: Callable[[Any], Any]) -> None:
        self._info = info
        self._hook = hook

    def remove(self) -> None:
        if self._hook in self._info.hooks:
            self._info.hooks.remove(self._hook)


def tensor(
    data: ArrayLike | Sequence[Any],
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """Make a Tensor of a copy of the data.

    The dtype follows NumPy: Python floats are float64, arrays keep theirs. Raises InvalidDtypeError when a gradient
    is asked of integers, booleans, complex numbers or objects.

    >>> from autograd import tensor
    >>> tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name="W").shape
    (2, 2)
    """
    array = np.array(data, dtype)
    if array.dtype.kind in "OSUVM":
        raise InvalidDtypeError(f"a Tensor holds numbers, and this is {array.dtype}: {data!r:.80}")
    new = Tensor(array, requires_grad=requires_grad, name=name)
    frame = sys._getframe(1)
    new._info = info = Info(frame.f_code, frame.f_lasti)
    info.name = name
    return new


def constant(data: Any) -> Tensor:
    """A Tensor without graph around data that is shared."""
    t = _new(Tensor)
    t._data = data
    t._node = None
    t._requires_grad = False
    t._info = None
    t._grad = None
    return t


# Threads that use a Tensor for the first time at once must agree on its place.
_FIRST_USE = Lock()


def leaf(x: Tensor) -> Leaf:
    """The place of a Tensor at the start of a graph, made at its first use after each change of its data."""
    vertex = _new(Leaf)
    data = x._data
    vertex.seq = next(sequence)
    vertex.shape = data.shape
    vertex.dtype = data.dtype
    vertex.scope = None
    vertex.value = None if data.size > SMALL else data.copy()
    vertex.grad = None
    vertex.tensor = ref(x)
    vertex.info = x._info
    vertex.kept = ()
    vertex.kind = x._kind if x._requires_grad else "constant"
    with _FIRST_USE:
        if x._node is None:
            x._node = vertex
        return x._node  # type: ignore[return-value]


def describe_data(x: Tensor) -> str:
    return f"shape {x.shape}, {x.dtype}"


def _refuse_dtype(dtype: np.dtype[Any]) -> NoReturn:
    if dtype.kind in "iub":
        raise InvalidDtypeError(
            f"only real floating data can require a gradient, and this is {dtype}: a small step of "
            f"{'a boolean' if dtype.kind == 'b' else 'an integer'} does not exist. Write the numbers as floats "
            "([1.0, 2.0]) or pass dtype=float."
        )
    raise InvalidDtypeError(
        f"only real floating data can require a gradient, and this is {dtype}. Work with the real and imaginary "
        "parts as two Tensors."
        if dtype.kind == "c"
        else f"only real floating data can require a gradient, not {dtype}."
    )


def _new_instance(cls: type[Tensor]) -> Tensor:
    return _new(cls)


def _assembles_a_list(frame: FrameType) -> bool:
    """Whether the running line calls NumPy with a list of Tensors (as in ``np.array([t1, t2])``).

    NumPy asks each Tensor of a list for its array exactly as it asks a single one, so the source is read instead.
    This happens only on the way to an error; without source the answer is no, and the error names both remedies.
    """
    positions = list(frame.f_code.co_positions())
    start, end, left, right = positions[frame.f_lasti // 2] if frame.f_lasti >= 0 else (None,) * 4
    if start is None or end is None:
        return False
    lines = [linecache.getline(frame.f_code.co_filename, n) for n in range(start, end + 1)]
    if not all(lines):
        return False
    lines[-1] = lines[-1].encode()[:right].decode()
    lines[0] = lines[0].encode()[left:].decode()
    try:
        expression = ast.parse("(" + "".join(lines) + ")", mode="eval").body
    except SyntaxError:
        return False
    if not isinstance(expression, ast.Call) or not expression.args:
        return False
    argument = expression.args[0]
    if isinstance(argument, ast.Name):
        value = frame.f_locals.get(argument.id, frame.f_globals.get(argument.id))
        return isinstance(value, list | tuple)
    return isinstance(argument, ast.List | ast.Tuple | ast.ListComp | ast.GeneratorExp)
