"""An optimizer's step as a pure function on Tensors: the expression that `step` runs in place, here with a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from autograd import Tensor
from autograd.engine.tensor import plain
from optim.errors import GradientError, StateError
from optim.groups import describe
from optim.hyperparameters import Entry
from optim.widths import of_arrays, of_parameter, of_step

if TYPE_CHECKING:
    from optim.optimizer import Optimizer


class State(TypedDict):
    """The number of steps done, and the state of each parameter."""

    t: int
    params: list[dict[str, Entry]]


def functional(
    optimizer: Optimizer, params: Sequence[Any], grads: Sequence[Any], state: Mapping[str, Any] | None,
    hyper: Mapping[str, Any],
) -> tuple[list[Any], State]:  # fmt: skip
    """`Optimizer.functional`."""
    owner = type(optimizer).__name__
    models = [p for group in optimizer.param_groups for p in group["params"]]
    if state is None:
        state = {"t": optimizer.t, "params": [optimizer.state[p] for p in models]}
    for name, given in (("parameters", params), ("gradients", grads), ("states", state["params"])):
        if len(given) != len(models):
            raise StateError(f"{owner}: functional() was given {len(given)} {name}, but needs {len(models)}.")
    new_params: list[Any] = []
    new_states: list[dict[str, Any]] = []
    for group in optimizer.param_groups:
        merged = {**group, **hyper}
        resolved = optimizer.resolve(merged, state["t"], tensors=True)
        slots = optimizer.slots(merged)
        for model in group["params"]:
            i = len(new_params)
            p, g = params[i], grads[i]
            entry = {**optimizer.new_state(model, merged), **state["params"][i]}
            if p.shape != model.shape or (g is not None and g.shape != p.shape):
                raise GradientError(
                    f"{owner}: functional() was given a parameter of shape {p.shape} and a gradient of shape "
                    f"{getattr(g, 'shape', None)} for {describe(model, i)}."
                )
            if g is not None:
                p = _update(optimizer, p, g, entry, resolved, slots)
            new_params.append(p)
            new_states.append(entry)
    return new_params, {"t": state["t"] + 1, "params": new_states}


def _update(
    optimizer: Optimizer, p: Any, g: Any, entry: dict[str, Any], hyper: Mapping[str, Any], slots: tuple[str, ...]
) -> Any:
    """The new value of a parameter; its entry of the state is brought up to date."""
    entry["step"] += 1
    common = optimizer.common(hyper)
    settings: dict[str, Any] = optimizer.settings(common, hyper, entry["step"], entry)
    dtype = of_parameter(p.dtype)
    if optimizer.squares:
        dtype = of_step(plain(p), plain(g), plain(common["decay"]), plain(hyper.get("eps", 0.0)))
    dtype = of_arrays([plain(entry[name]) for name in slots], dtype)
    coefficients = {name: _astype(x, dtype) if isinstance(x, Tensor) else x for name, x in settings.items()}
    # The optimizer's own arrays are changed in place by its next step, and the graph keeps what it is given.
    state = [_astype(np.array(x) if isinstance(x, np.ndarray) else x, dtype) for x in (entry[name] for name in slots)]
    new, *arrays = optimizer.expression(_astype(p, dtype), _astype(g, dtype), *state, **coefficients)
    entry.update(zip(slots, arrays, strict=True))
    return _astype(new, p.dtype)


def _astype(x: Any, dtype: np.dtype[Any]) -> Any:
    return x if x.dtype == dtype else x.astype(dtype)
