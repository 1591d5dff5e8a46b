"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from autograd import Tensor
from nn.module import Module

__all__ = ["Sequential"]


class Sequential(Module):
    """Modules in a row: the output of each is the input of the next.

    ``y = f_n(... f_2(f_1(x)))``. Modules are named "0", "1", ..., or as a dict given in their place says. The result
    can be indexed (by position or name), sliced, iterated and appended to.

    Raises TypeError for what is not a module.

    Names in the state dict are those of ``torch.nn.Sequential``.

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
        self._layers: dict[str, Module] = {}
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            named: Iterable[tuple[str, Any]] = modules[0].items()
        else:
            named = ((str(i), module) for i, module in enumerate(modules))
        for name, module in named:
            self._layers[name] = _checked(module)

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
        """Put a module at the end, and return the whole.

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
                raise KeyError(f"no module {index!r} among {', '.join(map(repr, self._layers))}")
            return index
        try:
            return list(self._layers)[index]
        except IndexError:
            raise IndexError(f"index {index} into {len(self)} modules") from None


def _checked(module: Any) -> Module:
    if isinstance(module, Module):
        return module
    remedy = f"write {module.__name__}()" if isinstance(module, type) else "wrap it in a Module with a method forward"
    raise TypeError(f"Sequential takes modules, not {module!r}: {remedy}.")
