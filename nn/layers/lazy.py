"""Layers that infer the number of their inputs at the first call, and are ordinary layers from then on."""

import inspect
from threading import RLock
from typing import Any

from autograd import Tensor
from autograd.engine.graph import STATE
from nn.arguments import floating
from nn.layers.convolution import Conv1d, Conv2d
from nn.layers.linear import Linear
from nn.layers.normalization import BatchNorm1d, BatchNorm2d
from nn.module import Buffer, Module, Parameter
from nn.parameter import UninitializedParameter

__all__ = ["LazyBatchNorm1d", "LazyBatchNorm2d", "LazyConv1d", "LazyConv2d", "LazyLinear"]

_EXAMPLE = "\n\n    >>> import nn\n    >>> layer = nn.LazyLinear(8)\n    "
_FIRST_CALL = RLock()  # two threads must not both make the parameters


class _Lazy(Module):
    """The base of lazy layers: arguments as of the plain layer but the first, which is the size of an input axis."""

    _plain: Any
    _axis: int
    _counted: str

    def __init_subclass__(cls, axis: int | None = None, example: str = "") -> None:
        if axis is None:  # a class of a user
            return
        cls._plain, cls._axis = cls.__bases__[1], axis
        first, *others = inspect.signature(cls._plain).parameters.values()
        cls._counted, cls.__signature__ = first.name, inspect.Signature(others)  # type: ignore[attr-defined]
        cls.__doc__ = f"{cls.__doc__}{_EXAMPLE.replace('LazyLinear(8)', f'{cls.__name__}({example})')}"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        signature = inspect.signature(self._plain)
        self._given = signature.bind(None, *args, **kwargs).arguments
        del self._given[self._counted]
        seed = {"rng": 0} if "rng" in signature.parameters else {}  # a generator is drawn from at the first call only
        like = self._plain(**{self._counted: self._given.get("groups", 1), **self._given, **seed})
        for name, value in vars(like).items():
            held = isinstance(value, Parameter | Buffer)
            setattr(self, name, UninitializedParameter(name, type(self).__name__) if held else value)
        setattr(self, self._counted, 0)

    def forward(self, x: Any) -> Tensor:
        with _FIRST_CALL:
            if not isinstance(self, _Lazy):
                return type(self).forward(self, x)
            shape, axis = floating(x).shape, self._axis
            count = shape[axis] if len(shape) > max(axis, ~axis) else self._given.get("groups", 1)  # or it is refused
            layer = self._plain(**{self._counted: count, **self._given}).train(self.training)
            out = layer.forward(x)
            del self._given
            vars(self).update(vars(layer))
            self.__class__ = self._plain
            scope: Any = STATE.get().scope
            if (root := scope.paths.root()) is not None:
                root._module_paths = None  # the next call names the parameters
            return out


class LazyLinear(_Lazy, Linear, axis=-1, example="8, bias=False"):
    """A `Linear` layer that infers ``in_features`` at its first call; the other arguments are those of `Linear`.

    Until then, any use of its parameters raises UninitializedParameterError; after that, it is a plain `Linear` layer.
    """


class LazyConv1d(_Lazy, Conv1d, axis=-2, example="4, kernel_size=3"):
    """A `Conv1d` layer that infers ``in_channels`` at its first call; see `LazyLinear`."""


class LazyConv2d(_Lazy, Conv2d, axis=-3, example="4, kernel_size=3"):
    """A `Conv2d` layer that infers ``in_channels`` at its first call; see `LazyLinear`."""


class LazyBatchNorm1d(_Lazy, BatchNorm1d, axis=1):
    """A `BatchNorm1d` layer that infers ``num_features`` at its first call; see `LazyLinear`."""


class LazyBatchNorm2d(_Lazy, BatchNorm2d, axis=1):
    """A `BatchNorm2d` layer that infers ``num_features`` at its first call; see `LazyLinear`."""
