"""Penalties on large weights, to be added to a loss: ``loss + 1e-4 * nn.penalties.l2(model)``.

By default they cover only weights, the parameters with two or more dimensions, as `optim.decay_groups` does: large
biases, and large scales and shifts of normalization layers, do not make a function less smooth.
"""

from collections.abc import Iterable
from functools import reduce as fold

from autograd import Tensor
from autograd.ops import arithmetic, reduce
from nn.module import Module
from optim.groups import is_weight

__all__ = ["l1", "l2"]

__autograd_transparent__ = True


def l1(model: Module | Iterable[Tensor], *, biases: bool = False) -> Tensor:
    """The sum of the absolute values of all weights, ``sum |w|``: it drives many of them to 0.

    ``model`` is a module or an iterable of parameters; with ``biases=True``, all parameters count. The slope at 0 is
    0. The result is a single number in the dtype of the weights.

    Raises ValueError if there are no weights.

    >>> import nn
    >>> layer = nn.Linear(2, 1)
    >>> layer.weight.data[:] = [[1.0, -2.0]]
    >>> nn.penalties.l1(layer).item()
    3.0
    """
    return fold(arithmetic.add, (reduce.sum(arithmetic.absolute(p)) for p in _chosen("l1", model, biases)))


def l2(model: Module | Iterable[Tensor], *, biases: bool = False) -> Tensor:
    """The sum of the squares of all weights, ``sum w^2``: it keeps all of them small.

    Arguments and errors are those of `l1`. The gradient is ``2 w``. For the penalty ``lambda / 2 sum w^2`` of many
    texts, add ``0.5 * lambda * l2(model)``, which is equivalent to ``weight_decay=lambda`` in `optim.SGD`.

    >>> import nn
    >>> layer = nn.Linear(2, 1)
    >>> layer.weight.data[:] = [[1.0, -2.0]]
    >>> nn.penalties.l2(layer).item()
    5.0
    """
    return fold(arithmetic.add, (reduce.sum(arithmetic.square(p)) for p in _chosen("l2", model, biases)))


def _chosen(name: str, model: Module | Iterable[Tensor], biases: bool) -> list[Tensor]:
    given = list(model.parameters() if isinstance(model, Module) else model)
    for p in given:
        if not isinstance(p, Tensor):
            raise TypeError(f"{name} takes a module or its parameters, but there is a {type(p).__name__} among them.")
    chosen = [p for p in given if biases or is_weight(p)]
    if not chosen:
        remedy = " Pass biases=True to penalize the others." if given else ""
        raise ValueError(f"{name}: no parameter has two or more dimensions, so there is no weight to penalize.{remedy}")
    return chosen
