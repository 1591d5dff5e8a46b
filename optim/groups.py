"""What is to be optimized: parameters alone, or groups of them with hyper-parameters of their own.

This module reads and checks what a user gives. It must not know states or updates.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from autograd import Tensor
from optim.errors import ParameterError

Parameters = Iterable[Tensor] | Iterable[Mapping[str, Any]]


def describe(p: Tensor, number: int) -> str:
    """A parameter in words: its position among all, its name, shape and dtype."""
    name = f"{p.name}, " if p.name else ""
    return f"parameter {number} ({name}shape {p.shape}, {p.dtype})"


def read_groups(owner: str, params: Parameters) -> list[dict[str, Any]]:
    """The groups in what was given to an optimizer: parameters alone are one group."""
    given = _listed(owner, params)
    if not given:
        raise ParameterError(f"{owner}: there is nothing to optimize, the list of parameters is empty.")
    groups = [isinstance(item, Mapping) for item in given]
    if all(groups):
        return [dict(item) for item in given]
    if any(groups):
        raise ParameterError(f"{owner}: give either parameters or groups (dicts with the key 'params'), not both.")
    return [{"params": given}]


def read_parameters(owner: str, group: Mapping[str, Any]) -> list[Tensor]:
    """The parameters of a group, as a list."""
    if "params" not in group:
        raise ParameterError(f"{owner}: a group is a dict with the key 'params'; this one has {sorted(group)}.")
    params = group["params"]
    return [params] if isinstance(params, Tensor) else _listed(owner, params)


def check_parameter(owner: str, p: Any, number: int) -> None:
    """Refuse what cannot be updated: no Tensor, a computed Tensor, numbers that are not real and floating."""
    if not isinstance(p, Tensor):
        raise ParameterError(f"{owner}: parameter {number} is a {type(p).__name__}, and must be a Tensor.")
    if not p.is_leaf:
        raise ParameterError(
            f"{owner}: {describe(p, number)} was computed from other Tensors. Optimize those, or a copy: "
            "tensor(t.data, requires_grad=True)."
        )
    if p.dtype.kind != "f":
        raise ParameterError(f"{owner}: {describe(p, number)} is not real and floating: it has no gradient.")


def _listed(owner: str, params: Any) -> list[Any]:
    if isinstance(params, Tensor):
        raise ParameterError(f"{owner}: give a list of parameters; for a single Tensor write [tensor].")
    if hasattr(params, "parameters"):
        raise ParameterError(f"{owner}: give model.parameters(), not the {type(params).__name__} itself.")
    if isinstance(params, Mapping):
        raise ParameterError(f"{owner}: give a list of parameters or groups, not a dict; for one group write [dict].")
    if not isinstance(params, Iterable):
        raise ParameterError(f"{owner}: give a list of parameters, not a {type(params).__name__}.")
    return list(params)


def is_weight(p: Tensor) -> bool:
    """Whether a parameter is a weight, which decay and penalties make smaller; biases, scales and shifts are not."""
    return p.ndim >= 2


def decay_groups(model: Any) -> list[dict[str, Any]]:
    """The parameters of a model as two groups, of which only the first is subject to weight decay: the weights.

    Weights are parameters of two or more dimensions; biases, scales and shifts have fewer and do not decay. ``model``
    is anything with ``parameters()``, or an iterable of parameters.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from optim import SGD, decay_groups
    >>> W, b = tensor(np.ones((2, 3)), requires_grad=True), tensor(np.ones(2), requires_grad=True)
    >>> optimizer = SGD(decay_groups([W, b]), lr=0.1, weight_decay=0.5)
    >>> [(len(group["params"]), group["weight_decay"]) for group in optimizer.param_groups]
    [(1, 0.5), (1, 0.0)]
    """
    params = list(model.parameters() if hasattr(model, "parameters") else model)
    weights = [p for p in params if is_weight(p)]
    others = [p for p in params if not is_weight(p)]
    groups: list[dict[str, Any]] = [{"params": weights}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
