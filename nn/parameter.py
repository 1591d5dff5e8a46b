"""The Tensors that make up the state of a module: a `Parameter` is trained, a `Buffer` is only saved."""

import sys
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd import LiveGraphError, Tensor
from autograd.callers import users_level
from autograd.stale import take_back
from autograd.tensor_data import Argument
from nn.arguments import is_live, plain
from nn.defaults import get_default_dtype

__autograd_transparent__ = True


class Parameter(Tensor):
    """A trainable Tensor, which `Module.parameters` finds.

    It owns a copy of the data. Arrays keep their dtype; numbers and lists get the default dtype of parameters,
    float32 unless `set_default_dtype` has changed it. A parameter without a name is named after its path in the
    model, such as ``0.weight``, when the model is first called.

    >>> import numpy as np
    >>> import nn
    >>> nn.Parameter(np.zeros((2, 3))).dtype, nn.Parameter([1.0, 2.0]).dtype
    (dtype('float64'), dtype('float32'))
    """

    __slots__ = ()
    _kind = "parameter"
    _held = True

    def __init__(self, data: ArrayLike | Tensor, *, requires_grad: bool = True, name: str | None = None) -> None:
        super().__init__(_own_array(data, get_default_dtype()), requires_grad=requires_grad, name=name)
        take_back(self._data)
        _note_origin(self)


class Buffer(Tensor):
    """A Tensor that belongs to a module's state but is not trained, such as a running mean.

    `Module.state_dict` saves it, `Module.astype` converts it if it is floating-point, and no gradient flows into it.
    It owns a copy of the data; an array keeps its dtype. Change it by assigning to ``data``.

    >>> import numpy as np
    >>> import nn
    >>> class Counter(nn.Module):
    ...     def __init__(self):
    ...         self.calls = nn.Buffer(np.array(0))
    ...     def forward(self, x):
    ...         self.calls.data += 1
    ...         return x
    >>> counter = Counter()
    >>> x = counter(1.0)
    >>> counter.state_dict()
    {'calls': array(1)}
    """

    __slots__ = ()
    _kind = "buffer"
    _held = True

    def __init__(self, data: ArrayLike | Tensor, *, name: str | None = None) -> None:
        super().__init__(_own_array(data), name=name)
        take_back(self._data)
        _note_origin(self)


class UninitializedParameterError(RuntimeError):
    """A parameter of a lazy layer was used before the first call, which determines its shape."""


class UninitializedParameter:
    """The placeholder of a parameter or buffer in a lazy layer before its first call; any use of it raises an error."""

    def __init__(self, name: str, layer: str) -> None:
        self._name, self._layer = name, layer

    def refuse(self, name: str) -> NoReturn:
        """Raise the error, with the name as seen from the outermost module."""
        raise UninitializedParameterError(
            f"{name} of {self._layer} has no shape before the first call. Call the model on an example, model(x), "
            "before you make an optimizer, load a state, convert the model or count its parameters."
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name[:1] == "_":  # of copies and pickles
            raise AttributeError(name)
        self.refuse(self._name)


def _own_array(data: ArrayLike | Tensor, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """A copy of the data; the dtype is for data that has none of its own."""
    plain(data, "the data of a parameter or buffer")
    # Copying a Tensor that a user made loses nothing; one that was computed, or that stands for an argument of a
    # function being differentiated, has a graph to lose.
    if is_live(data) and not (data.is_leaf and not isinstance(data._info, Argument)):
        raise LiveGraphError(
            f"a parameter or buffer copies its data, and the copy of {data._describe()} would silently be cut off from "
            "the graph. To compute with this Tensor in place of a parameter, call nn.functional_call(module, "
            "{name: tensor}, *args); to start from its values, pass t.detach()."
        )
    if isinstance(data, Tensor):
        data = data.data
    return np.array(data, None if hasattr(data, "dtype") else dtype, order="C")


def _note_origin(tensor: Tensor) -> None:
    """Say that this Tensor was made by the user's line, which called the constructor or that of a layer."""
    frame = sys._getframe(users_level() - 1)
    info = tensor._info
    assert info is not None
    info.code, info.lasti = frame.f_code, frame.f_lasti


class Place(str):
    """The name of a parameter that it got from its place in a model, not from a user."""

    __slots__ = ()
