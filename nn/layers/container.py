"""Containers of modules and of parameters; the multi-layer perceptron."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
from numpy.typing import DTypeLike

from autograd import Tensor
from nn.defaults import Randomness, generator
from nn.layers.activations.names import activation as make_activation
from nn.layers.linear import Linear
from nn.module import Module, Parameter

__all__ = ["MLP", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class Sequential(Module):
    """A chain of modules: the output of each is the input of the next.

    ``y = f_n(... f_2(f_1(x)))``. Modules are named "0", "1", ..., or by the keys of a dict passed instead. The chain
    can be indexed (by position or name), sliced, iterated and appended to; named modules are attributes too.

    Raises TypeError for anything but modules. Names in the state dict are those of ``torch.nn.Sequential``.

    >>> import nn
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    >>> model
    Sequential(
      (0): Linear(in_features=4, out_features=8, bias=True)
      (1): Tanh()
      (2): Linear(in_features=8, out_features=3, bias=True)
    )
    >>> len(model), model[1], len(model[:2])
    (3, Tanh(), 2)
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        named = len(modules) == 1 and isinstance(modules[0], Mapping)
        given: Any = modules[0] if named else dict(enumerate(modules))
        self._layers: dict[str, Module] = {str(name): _checked(module) for name, module in given.items()}

    def forward(self, x: Any) -> Tensor:
        for layer in self._layers.values():
            x = layer(x)
        return x

    def _parts(self) -> Iterable[tuple[str, Any]]:
        for name, value in list(vars(self).items()):
            if name == "_layers":
                yield from value.items()
            else:
                yield name, value

    def append(self, module: Module) -> Self:
        """Append a module, and return the `Sequential`.

        >>> import nn
        >>> nn.Sequential(nn.Linear(2, 2)).append(nn.ReLU())
        Sequential(
          (0): Linear(in_features=2, out_features=2, bias=True)
          (1): ReLU()
        )
        """
        number = len(self._layers)
        while str(number) in self._layers:  # the names of a slice do not start at 0
            number += 1
        self._layers[str(number)] = _checked(module)
        return self

    def _put(self, name: str, module: Any) -> None:
        self._layers[name] = _checked(module)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            layers = vars(self).get("_layers", ())
            return layers[name] if name in layers else object.__getattribute__(self, name)  # whose error it is

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._layers.values())

    @overload
    def __getitem__(self, index: int | str) -> Any: ...  # Any, so that model[0].weight needs no cast
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | str | slice) -> Any:
        if isinstance(index, slice):
            return Sequential(dict(list(self._layers.items())[index]))
        return self._layers[self._name(index)]

    def __setitem__(self, index: int | str, module: Module) -> None:
        self._layers[self._name(index)] = _checked(module)

    def _name(self, index: int | str) -> str:
        if isinstance(index, str):
            if index not in self._layers:
                raise KeyError(f"there is no module {index!r}, only {', '.join(map(repr, self._layers))}")
            return index
        try:
            return list(self._layers)[index]
        except IndexError:
            raise IndexError(f"index {index} is out of range for {len(self)} modules.") from None


class MLP(Sequential):
    """A multi-layer perceptron: linear layers with an activation after each but the last.

    ``sizes`` are the widths from input to output: ``MLP([64, 32, 10])`` takes 64 numbers, has one hidden layer of 32
    units and returns 10. ``activation`` is the name of a function in `nn.functional` ("relu", "tanh", "gelu",
    "leaky_relu", ...), a class such as ``nn.Tanh``, or a function that makes a module. By default there is no
    ``output_activation``, as `CrossEntropyLoss` and `BCEWithLogitsLoss` expect; see `nn.recommend`. Inputs have shape
    (..., sizes[0]), outputs (..., sizes[-1]).

    Raises ValueError for fewer than two sizes, a size below 1, or an unknown activation.

    An MLP is a `Sequential`: its modules and the names in its state dict are those of the same layers written out.

    >>> import nn
    >>> nn.MLP([64, 32, 10])
    MLP(
      (0): Linear(in_features=64, out_features=32, bias=True)
      (1): ReLU()
      (2): Linear(in_features=32, out_features=10, bias=True)
    )
    """

    def __init__(
        self, sizes: Sequence[int], activation: str | Callable[[], Module] = "relu",
        output_activation: str | Callable[[], Module] | None = None, *, dtype: DTypeLike | None = None,
        rng: Randomness = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if not isinstance(sizes, Sequence) or isinstance(sizes, str):
            raise TypeError(f"sizes must be a list of widths such as [64, 32, 10], not {sizes!r}.")
        if len(sizes) < 2:
            raise ValueError(f"sizes must be at least two widths, input and output, not {list(sizes)}.")
        self.sizes: list[int] = list(sizes)
        rng = generator(rng)
        for i in range(len(sizes) - 1):
            if i:
                self.append(make_activation(activation))
            self.append(Linear(sizes[i], sizes[i + 1], dtype=dtype, rng=rng))
        if output_activation is not None:
            self.append(make_activation(output_activation))


class _Held(Module):
    """A list or dict that is also a module; its entries are checked when it is made, and at every walk."""

    def __init__(self, values: Any = ()) -> None:
        super().__init__(values or ())  # type: ignore[call-arg]  # of list or dict
        self._parts()

    def _parts(self: Any) -> Iterable[tuple[str, Any]]:
        for key, value in list(self.items() if isinstance(self, dict) else enumerate(self)):
            if "." in str(key):
                raise KeyError(f"{type(self).__name__}: a name must not contain a dot, but {key!r} does.")
            self[key] = self._taken(value)
        items = self.items() if isinstance(self, dict) else enumerate(self)
        return [*vars(self).items(), *((str(key), value) for key, value in items)]

    def _taken(self, value: Any) -> Any:
        return _checked(value, type(self).__name__)

    def _put(self: Any, name: str, module: Any) -> None:
        self.update({name: module}) if isinstance(self, dict) else self.append(module)

    if not TYPE_CHECKING:
        __eq__, __ne__, __hash__ = object.__eq__, object.__ne__, object.__hash__


class _Parameters(_Held):
    def _taken(self, value: Any) -> Any:
        numbers = isinstance(value, Tensor | np.ndarray) and not isinstance(value, Parameter)
        return Parameter(value) if numbers else value

    def extra_repr(self) -> str:
        return ", ".join(f"({k}): {x.dtype} {x.shape}" for k, x in self._parts() if isinstance(x, Tensor))


class ModuleList(_Held, list[Any]):
    """A list of modules, which the model calls itself. Names in the state dict are those of ``torch.nn.ModuleList``.

    >>> import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 3), nn.Tanh()])
    >>> layers.insert(0, nn.Flatten())
    >>> layers[-1], list(layers.state_dict())
    (Tanh(), ['1.weight', '1.bias'])
    """


class ModuleDict(_Held, dict[str, Any]):
    """A dict of modules, which the model calls itself. Names in the state dict are those of ``torch.nn.ModuleDict``.

    >>> import nn
    >>> heads = nn.ModuleDict({"left": nn.Linear(2, 1), "right": nn.Linear(2, 1, bias=False)})
    >>> list(heads), list(heads.state_dict())
    (['left', 'right'], ['left.weight', 'left.bias', 'right.weight'])
    """


class ParameterList(_Parameters, list[Any]):
    """A list of parameters. Tensors and arrays become parameters.

    >>> import numpy as np
    >>> import nn
    >>> nn.ParameterList([np.ones((2, n)) for n in (3, 4)])
    ParameterList((0): float64 (2, 3), (1): float64 (2, 4))
    """


class ParameterDict(_Parameters, dict[str, Any]):
    """A dict of parameters. Tensors and arrays become parameters.

    >>> import nn
    >>> list(nn.ParameterDict({"left": nn.Parameter([1.0, 2.0])}).state_dict())
    ['left']
    """


def _checked(module: Any, owner: str = "Sequential") -> Module:
    if isinstance(module, Module):
        return module
    remedy = f"write {module.__name__}()" if isinstance(module, type) else "wrap it in a Module that defines forward"
    raise TypeError(f"{owner} takes modules, not {module!r}: {remedy}.")
