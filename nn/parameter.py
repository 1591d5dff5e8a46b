"""What the state of a module is made of: a `Parameter` is trained, a `Buffer` is only saved with the parameters."""

import sys
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd import LiveGraphError, Tensor
from autograd.arrays import only_numbers
from autograd.fingerprints import take_back
from autograd.tensor_data import Argument
from nn.arrays import is_live
from nn.defaults import get_default_dtype

__autograd_transparent__ = True


class Parameter(Tensor):
    """A Tensor that is trained: `Module.parameters` finds it.

    It owns a copy of the data. An array keeps its dtype; numbers and lists get the default dtype of parameters,
    float32 unless `set_default_dtype` says otherwise. A parameter without a name is named after its place in the
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

    `Module.state_dict` saves it, `Module.astype` converts it when it is floating, and no gradient flows into it. It
    owns a copy of the data; an array keeps its dtype. Change it by assigning to ``data``.

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
    """A parameter of a lazy layer was used before the first call, which tells its shape."""


class UninitializedParameter:
    """What a lazy layer holds in the place of a parameter or buffer before its first call: all use of it is refused."""

    def __init__(self, name: str, layer: str) -> None:
        self._name, self._layer = name, layer

    def refuse(self, name: str) -> NoReturn:
        """Say what is the matter, with the name from the outermost module."""
        raise UninitializedParameterError(
            f"{name} of {self._layer} has no shape before the first call: call the model once with an example of its "
            "input, model(x), and then make optimizers, load states, convert and count."
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name[:1] == "_":  # of copies and pickles
            raise AttributeError(name)
        self.refuse(self._name)


def _own_array(data: ArrayLike | Tensor, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """A copy of the data; the dtype is for data that has none of its own."""
    only_numbers(data, "the data of a parameter or buffer")
    # A copy of what a user made is another start; what was computed, or stands for an argument of a function that is
    # being differentiated, has a graph to lose.
    if is_live(data) and not (data.is_leaf and not isinstance(data._info, Argument)):
        raise LiveGraphError(
            f"a parameter or buffer owns a copy of its data, and that of {data._describe()} would be cut off from the "
            "graph silently. To compute with this Tensor in place of a parameter, call nn.functional_call(module, "
            "{name: tensor}, *args); to start from its values, pass t.detach()."
        )
    if isinstance(data, Tensor):
        data = data.data
    return np.array(data, None if hasattr(data, "dtype") else dtype, order="C")


def _note_origin(tensor: Tensor) -> None:
    """Say that the caller of the constructor made this Tensor, and not the constructor."""
    frame = sys._getframe(2)
    info = tensor._info
    assert info is not None
    info.code, info.lasti = frame.f_code, frame.f_lasti


class Place(str):
    """The name of a parameter that it got from its place in a model, not from a user."""

    __slots__ = ()
