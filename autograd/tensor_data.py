"""The contents of a Tensor: data, dtype, gradient, name and hooks, and how they are read and, on leaves, changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd.arrays import is_real_floating, native, only_numbers
from autograd.engine.graph import GONE, STATE, Info, Leaf, Node, Output, Vertex, newest_first
from autograd.errors import (
    GradientShapeError,
    InvalidDtypeError,
    LiveGraphError,
    NonScalarBackwardError,
    OperandError,
    RequiresGradError,
    UnusedInputError,
)
from autograd.hooks import HookHandle
from autograd.provenance import describe
from autograd.stale import fingerprint, hand_out
from autograd.surface import Flags, Surface

ndarray = np.ndarray


class Argument(Info):
    """Marks a leaf that stands for an argument of a function: ``x += 1`` rebinds the name, and copies are refused."""

    __slots__ = ()


class TensorData(Surface):
    """The storage of a Tensor."""

    __slots__ = ("__weakref__", "_data", "_grad", "_info", "_node", "_requires_grad")

    _data: Any  # an array; of a computed scalar a NumPy scalar
    _node: Vertex | None  # its place in the graph; of a leaf None until its first use after a change
    _requires_grad: bool
    _info: Info | None  # of leaves alone: its name, its hooks, the line that made it
    _grad: NDArray[Any] | None  # of leaves alone; that of a computed Tensor lies in its vertex

    def _changed(self) -> None:
        """Note that the data was changed in place: graphs made before must not use it any more."""
        if self._node is not None:
            self._node.kept = GONE
            self._node = None

    @property
    def grad(self) -> NDArray[Any] | None:
        """The gradient that backward passes have accumulated for this Tensor: an array of its shape, or None.

        >>> from autograd import tensor
        >>> x = tensor(3.0, requires_grad=True)
        >>> (x * x).backward()
        >>> x.grad
        array(6.)
        >>> x.grad = None
        """
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
            value = own_array(value, self._data.dtype, "the gradient of a Tensor")
            if value.shape != self._data.shape:
                raise GradientShapeError(f"the gradient of {self._describe()} must have its shape, not {value.shape}.")
        if self.is_leaf:
            self._grad = value
        else:
            self._node.grad = value  # type: ignore[union-attr]

    @property
    def name(self) -> str | None:
        """A name for pictures and messages. The graph keeps it when the Tensor itself is gone.

        >>> from autograd import tensor
        >>> x = tensor(3.0, requires_grad=True)
        >>> x.name = "x"
        >>> x
        tensor(3., name='x', requires_grad=True)
        """
        info = self._info if self.is_leaf else self._node.info  # type: ignore[union-attr]
        return None if info is None else info.name

    @name.setter
    def name(self, value: str | None) -> None:
        self._get_info().name = value

    @property
    def is_leaf(self) -> bool:
        """Whether this Tensor was created directly, not computed from one that requires a gradient.

        >>> from autograd import tensor
        >>> x = tensor(3.0, requires_grad=True)
        >>> x.is_leaf, (x * x).is_leaf
        (True, False)
        """
        return self._node is None or isinstance(self._node, Leaf)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of entries along each axis.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0, 3.0]]).shape
        (1, 3)
        """
        shape: tuple[int, ...] = self._data.shape
        return shape

    @property
    def ndim(self) -> int:
        """The number of axes.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0, 3.0]]).ndim
        2
        """
        return len(self._data.shape)

    @property
    def size(self) -> int:
        """The number of entries.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0, 3.0]]).size
        3
        """
        return int(self._data.size)

    @property
    def flags(self) -> Flags:
        """The memory layout of the values, as for NumPy's arrays.

        >>> from autograd import tensor
        >>> tensor([[1.0, 2.0], [3.0, 4.0]]).T.flags.f_contiguous
        True
        """
        return np.asarray(self._data).flags

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the values; results have the dtype that NumPy gives them.

        >>> import numpy as np
        >>> from autograd import tensor
        >>> tensor([1.0, 2.0]).dtype, tensor(np.float32(1.0)).dtype
        (dtype('float64'), dtype('float32'))
        """
        dtype: np.dtype[Any] = self._data.dtype
        return dtype

    @property
    def data(self) -> NDArray[Any]:
        """The values as an array, without graph. Assigning to it changes a leaf outside the graph.

        >>> from autograd import tensor
        >>> w = tensor([1.0, 2.0], requires_grad=True)
        >>> w.data -= 0.5
        >>> w.data
        array([0.5, 1.5])
        """
        data = self._data
        if self._requires_grad:
            self._note_reading("data")
            # The data of a view of a leaf leads to the memory of the leaf, too.
            if (self._node.__class__ is not Node or data.base is not None) and hand_out(data):
                self._note_what_was_used(data)
        return data  # type: ignore[no-any-return]

    @data.setter
    def data(self, value: ArrayLike) -> None:
        node = self._node
        if node is not None and node.__class__ is not Leaf:
            raise LiveGraphError(
                f"{self._describe()} was computed: its data depends on its operands. Assign to the data of a "
                "leaf, or take a copy with .detach()."
            )
        if value is not self._data:  # else it was changed in place: `w.data -= ...`, an optimizer's step
            only_numbers(value, "the data of a Tensor")
            array = native(np.asarray(value))
            if array.shape != self._data.shape:
                raise OperandError(
                    f"the data of {self._describe()} can only be replaced by an array of the same shape, not "
                    f"{array.shape}. For another shape, make a new Tensor."
                )
            if self._requires_grad and not is_real_floating(array.dtype):
                refuse_dtype(array.dtype)
            # An array that the caller has kept nothing of (`w.data = w.data - step`) is ours from here on.
            ours = sys.getrefcount(value) <= _TEMPORARY if array is value else isinstance(value, list | int | float)
            if not ours:
                hand_out(array)
            self._data = array
        self._changed()

    def _note_what_was_used(self, data: Any) -> None:
        """Note in the graphs made so far that they used a leaf as it is now, before somebody can change it."""
        owner = data if data.base is None else data.base
        for vertex in newest_first([self._node]) if self._node is not None else ():
            held = vertex.tensor() if vertex.__class__ is Leaf and vertex.tensor is not None else None
            if held is not None and held._data is owner:
                vertex.prints = fingerprint(owner)

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow into this Tensor. It can be set on leaves, of real floating dtype only.

        >>> from autograd import tensor
        >>> x = tensor([1.0, 2.0])
        >>> x.requires_grad = True
        >>> (x * x).requires_grad
        True
        """
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
            refuse_dtype(self._data.dtype)
        if bool(value) != self._requires_grad:
            self._node = None  # graphs made so far keep the leaf as it was
            self._data = np.asarray(self._data)
            hand_out(self._data)
        self._requires_grad = bool(value)

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

    def register_hook(self, hook: Callable[[Any], Any]) -> HookHandle:
        """Call ``hook(gradient)`` whenever a backward pass has finished the gradient of this Tensor.

        If the hook returns a value other than None, this replaces the gradient. The returned handle removes the hook.

        >>> from autograd import tensor
        >>> x = tensor(3.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: 10 * g)
        >>> (x * 2).backward()
        >>> x.grad
        array(20.)
        """
        if not self._requires_grad:
            raise RequiresGradError(f"a hook was registered on {self._describe()}, which does not require a gradient.")
        info = self._get_info()
        info.hooks.append(hook)
        return HookHandle(info.hooks, hook)

    def _note_reading(self, method: str) -> None:
        """Tell the transform that is being evaluated, if any, that plain values leave the graph."""
        if self._requires_grad and (readings := STATE.get().readings) is not None and self._node is not None:
            readings.note(self._node, method, sys._getframe(2))

    def _is_live(self) -> bool:
        """Whether a gradient may still be wanted: a graph that was not released, or a leaf that requires one."""
        return self._requires_grad and (self.is_leaf or self._maker().kept is not GONE)  # type: ignore[union-attr]

    def _describe(self) -> str:
        if self._node is not None:
            return describe(self._node)
        return f"{self.name or 'this Tensor'} ({describe_data(self)})"

    def _made_by(self) -> str:
        return f" ({op.name})" if (op := self._op()) else ""

    def _maker(self) -> Vertex | None:
        """The vertex that stands for the op that computed this: for one of several outputs that of all of them."""
        return self._node.parents[0] if isinstance(self._node, Output) else self._node

    def _op(self) -> Any:
        maker = self._maker()
        return None if maker is None else maker.op

    def _refuse_pass(self) -> NoReturn:
        raise RequiresGradError(
            f"{self._describe()} does not depend on anything that requires a gradient. Create the inputs with "
            "requires_grad=True, and check that they were not cut off by detach(), no_grad() or an operation "
            "without derivative."
        )

    def _checked_inputs(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        for i, x in enumerate(inputs):
            if not isinstance(x, TensorData):
                raise TypeError(f"input {i} of gradient() is a {type(x).__name__}; pass the Tensors themselves.")
            if not x._requires_grad:
                raise RequiresGradError(f"input {i} of gradient(), {x._describe()}, does not require a gradient.")
        return inputs

    def _check_used(self, inputs: tuple[Any, ...], gradients: list[Any]) -> None:
        for i, (x, g) in enumerate(zip(inputs, gradients, strict=True)):
            if g is None:
                raise UnusedInputError(
                    f"input {i} of gradient(), {x._describe()}, was not used to compute this Tensor. Pass "
                    "allow_unused=True to get None for it."
                )

    def _place_below(self, root: Vertex) -> Vertex | None:
        """The vertex of this Tensor in the graph of a result. A leaf changed since is there as it was."""
        vertex = self._node
        if self.is_leaf and (vertex is None or vertex.seq > root.seq):
            former = (v for v in newest_first([root]) if isinstance(v, Leaf) and v.tensor and v.tensor() is self)
            return next(former, vertex)
        return vertex

    def _checked_seed(self, gradient: Any, caller: str, create_graph: bool) -> Any:
        """The gradient from which a pass starts: an array of its own, of the Tensor's shape and dtype."""
        shape, dtype = self._data.shape, self._data.dtype
        if gradient is None:
            raise NonScalarBackwardError(
                f"{caller}() starts from a single number, but this Tensor{self._made_by()} has shape {shape}. "
                "Reduce it first (for example .sum() or .mean()), or say how much each entry counts: "
                f"{caller}(gradient=...) with an array of shape {shape}."
            )
        if create_graph and isinstance(gradient, TensorData) and gradient._requires_grad:
            seed: Any = gradient if gradient.dtype == dtype else gradient.astype(dtype)
        else:
            plain = gradient._data if isinstance(gradient, TensorData) else gradient
            seed = own_array(plain, dtype, f"the gradient given to {caller}()")
        if seed.shape != shape:
            raise GradientShapeError(
                f"the gradient given to {caller}() has shape {seed.shape}, but the Tensor{self._made_by()} has shape "
                f"{shape}: pass one entry of gradient for each entry of the Tensor."
            )
        return seed


def own_array(x: Any, dtype: np.dtype[Any], what: str) -> NDArray[Any]:
    """The numbers of a gradient as an array of a dtype that shares memory with nothing."""
    only_numbers(x, what)
    array = np.array(x)
    if array.dtype.kind == "c" and dtype.kind != "c":
        raise InvalidDtypeError(f"{what} is complex but must be real: pass its real part, np.real(...).")
    return array.astype(dtype, copy=False)


def describe_data(x: TensorData) -> str:
    """Shape and dtype in words."""
    return f"shape {x.shape}, {x.dtype}"


def refuse_dtype(dtype: np.dtype[Any]) -> NoReturn:
    """Refuse to ask for the gradient of data that can have none."""
    why = f", and this is {dtype}. Work with the real and imaginary parts as two Tensors."
    if dtype.kind in "iub":
        why = (
            f", and this is {dtype}: {'a boolean' if dtype.kind == 'b' else 'an integer'} cannot change by a small "
            "step. Write the numbers as floats ([1.0, 2.0]) or pass dtype=float."
        )
    elif dtype.kind != "c":
        why = f", not {dtype}."
    raise InvalidDtypeError(f"only real floating-point data can require a gradient{why}")


class _Probe:
    """Counts as the setter of ``data`` does: by two names."""

    count = 0

    @property
    def data(self) -> Any:
        return self.count

    @data.setter
    def data(self, value: Any) -> None:
        array = value
        self.count = sys.getrefcount(array)


def _calibrate() -> int:
    """`sys.getrefcount` of an array that is assigned to ``data`` and that nobody else holds, counted by its setter."""
    if not hasattr(sys, "getrefcount") or sys.version_info >= (3, 14):
        return 0  # from 3.14 on, an array that a variable of the caller holds may have the same count
    probe = _Probe()
    probe.data = np.empty(1)
    return probe.count


_TEMPORARY = _calibrate()
