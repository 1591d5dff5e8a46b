"""The parameters to be optimized, read and checked: a list of them, or groups with their own hyper-parameters."""

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
    """The groups among the parameters given to an optimizer: a plain list is one group."""
    given = _listed(owner, params)
    if not given:
        raise ParameterError(f"{owner}: the list of parameters is empty, so there is nothing to optimize.")
    groups = [isinstance(item, Mapping) for item in given]
    if all(groups):
        return [dict(item) for item in given]
    if any(groups):
        raise ParameterError(f"{owner}: pass either parameters or groups (dicts with the key 'params'), not both.")
    return [{"params": given}]


def read_parameters(owner: str, group: Mapping[str, Any]) -> list[Tensor]:
    """The parameters of a group, as a list."""
    if "params" not in group:
        raise ParameterError(f"{owner}: a group needs the key 'params', but this one only has {sorted(group)}.")
    params = group["params"]
    return [params] if isinstance(params, Tensor) else _listed(owner, params)


def check_parameter(owner: str, p: Any, number: int) -> None:
    """Refuse anything that cannot be updated: not a Tensor, not a leaf, or not of a real floating-point dtype."""
    if not isinstance(p, Tensor):
        fix = " Pass model.parameters(), or [*a.parameters(), *b.parameters()]." if not hasattr(p, "dtype") else ""
        raise ParameterError(f"{owner}: parameter {number} must be a Tensor, not a {type(p).__name__}.{fix}")
    if not p.is_leaf:
        raise ParameterError(
            f"{owner}: {describe(p, number)} was computed from other Tensors. Optimize those, or a copy: "
            "tensor(t.data, requires_grad=True)."
        )
    if p.dtype.kind != "f":
        raise ParameterError(f"{owner}: {describe(p, number)} has no gradient: its dtype must be real floating-point.")


def _listed(owner: str, params: Any) -> list[Any]:
    if isinstance(params, Tensor):
        raise ParameterError(f"{owner}: pass a list of parameters; for a single Tensor, write [tensor].")
    if hasattr(params, "parameters"):
        raise ParameterError(f"{owner}: pass model.parameters(), not the {type(params).__name__} itself.")
    if isinstance(params, Mapping):
        raise ParameterError(f"{owner}: pass a list of parameters or groups, not a dict; for one group, write [dict].")
    if not isinstance(params, Iterable):
        raise ParameterError(f"{owner}: pass a list of parameters, not a {type(params).__name__}.")
    return list(params)


def is_weight(p: Tensor) -> bool:
    """Whether a parameter is a weight, subject to decay and penalties; biases, scales and shifts are not."""
    return p.ndim >= 2


def decay_groups(model: Any) -> list[dict[str, Any]]:
    """Split the parameters of a model into two groups: weights, which decay, and all others, which do not.

    Weights are parameters with two or more dimensions; biases, scales and shifts have fewer. ``model`` is anything
    with ``parameters()``, or an iterable of parameters.

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
