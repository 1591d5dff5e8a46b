"""Calls of a module with other parameters, which replace its own for the duration of the call."""

from collections.abc import Coroutine, Generator, Mapping
from threading import RLock
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.arrays import only_numbers
from autograd.engine.graph import GONE, Vertex
from autograd.engine.tensor import constant, leaf, plain
from autograd.pytree import flatten, unflatten
from nn.contents import tensors_of
from nn.errors import StateDictError
from nn.module import _P, _R, Buffer, Module, _HasForward, unlike

# Two calls at once must not take the exchanged parameters of each other for the module's own.
_EXCHANGING = RLock()


def functional_call(
    module: _HasForward[_P, _R], parameters: Mapping[str, Any], /, *args: _P.args, **kwargs: _P.kwargs
) -> _R:
    """Call a module with other parameters and buffers, given by name; for the rest it uses its own.

    The values may be arrays or Tensors with the shapes of what they replace; they keep their dtype. Tensors stay in
    their graph, so gradients flow back to whatever they were computed from: differentiate with respect to a whole
    state with `grad` and `hessian`, mix the parameters of several models, or differentiate through an update step. A
    Tensor that the module holds in several places is given once, under any of its names.

    Afterwards the module is as before, even after an error. A given buffer is only read: whatever the call assigns to
    it, such as the statistics of `BatchNorm1d` in training, is discarded, and the module's own buffer is unchanged. A
    buffer that is not given is updated as in any call. Calls in several threads wait for each other; an ordinary call
    of the same module in another thread meanwhile would see the given values.

    Raises StateDictError for unknown names, wrong shapes, and a Tensor that is given twice.

    >>> import numpy as np
    >>> import nn
    >>> from autograd import grad
    >>> model = nn.Linear(2, 1, rng=0)
    >>> def loss(state):
    ...     return nn.MSELoss()(nn.functional_call(model, state, np.ones((1, 2), "float32")), np.zeros((1, 1)))
    >>> sorted(grad(loss)(model.state_dict()))
    ['bias', 'weight']
    >>> nn.functional_call(model, {"weight": np.zeros((1, 2)), "bias": [3.0]}, np.ones((1, 2))).tolist()
    [[3.0]]
    """
    if not isinstance(module, Module):
        raise TypeError(f"functional_call takes a module first, not a {type(module).__name__}.")
    if not isinstance(parameters, Mapping):
        raise TypeError(
            f"functional_call takes the parameters as a dict from names to values, like that of state_dict(), not as a "
            f"{type(parameters).__name__}."
        )
    module._paths_for(())  # which names the parameters, of which these are
    with _EXCHANGING:
        given = _given(module, parameters)
        own = [(t, t._data, t._node, t._requires_grad) for t, _ in given]
        exchanged = [(t, *_stand_in(t, x)) for t, x in given]
        try:
            for t, data, node, live in exchanged:
                t._data, t._node, t._requires_grad = data, node, live
            result = module(*args, **kwargs)
            if isinstance(result, Generator | Coroutine):
                raise TypeError(
                    f"functional_call: {type(module).__name__} returned a {type(result).__name__}, which would run "
                    "only after the module has its own parameters back. Compute the results inside the call."
                )
            return _handed_out(result, given)  # type: ignore[no-any-return]
        finally:
            for t, data, node, live in own:
                t._data, t._node, t._requires_grad = data, node, live
            for _, x in given:
                if isinstance(x, Tensor) and x.is_leaf and x._node is not None and x._node.kept is GONE:
                    x._node = None  # the module has assigned to what stood for it


def _given(module: Module, parameters: Mapping[str, Any]) -> list[tuple[Tensor, Any]]:
    """The Tensors of a module that are replaced, with the values given for them, checked."""
    held = dict(tensors_of(module))
    found: dict[Tensor, tuple[str, Any]] = {}
    lines = [f"unexpected: {name}" for name in parameters if name not in held]
    for name, x in parameters.items():
        t = held.get(name)
        if t is None:
            continue
        if t in found:
            lines.append(f"given twice: {found[t][0]} and {name} are the same Tensor")
        x = x if isinstance(x, Tensor) else np.asarray(only_numbers(x, name))
        lines += unlike(name, x, t)
        found[t] = name, x
    if lines:
        text = "\n  ".join(lines)
        raise StateDictError(f"functional_call: these parameters do not fit {type(module).__name__}:\n  {text}")
    return [(t, x) for t, (_, x) in found.items()]


def _stand_in(t: Tensor, x: Any) -> tuple[Any, Vertex | None, bool]:
    """The data, the node and ``requires_grad`` of the value that replaces a Tensor.

    Integers and booleans are converted to its dtype; for a buffer, which a module may write to, the data are a copy.
    """
    if isinstance(x, Tensor) and x._requires_grad:
        return x._data, x._node or leaf(x), True
    data = np.asarray(plain(x))
    dtype = t.dtype if data.dtype.kind != t.dtype.kind else data.dtype
    return data.astype(dtype, copy=isinstance(t, Buffer)), None, False


def _handed_out(result: Any, given: list[tuple[Tensor, Any]]) -> Any:
    """The result, in which parameters returned unchanged are replaced by the values given for them."""
    stood_for = {id(t): x if isinstance(x, Tensor) and x._requires_grad else constant(t._data) for t, x in given}
    parts = flatten(result)
    if not any(id(part) in stood_for for part in parts):
        return result
    return unflatten(result, iter([stood_for.get(id(part), part) for part in parts]))
