"""The state that a function can reach, including optimizers: taken, restored, compared to the last bit."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from autograd.compiling.reachable import Reachable
from autograd.engine.graph import GONE
from autograd.engine.tensor import Tensor


class Snapshot:
    """The present state of everything reachable."""

    def __init__(self, function: Callable[..., Any], roots: list[tuple[Any, str]]) -> None:
        self._roots = [(function, getattr(function, "__name__", "the function")), *roots]
        reachable = Reachable(self._roots, inside_hosts=True)
        self.holders = [(holder, holder.keys(), holder.values()) for holder in reachable.holders]
        self.tensors = [
            (t, t._data, t._grad, t._node, t._requires_grad, label) for t, label in reachable.tensors if t.is_leaf
        ]
        self.results: list[str] = [label for t, label in reachable.tensors if not t.is_leaf]  # whose graph is used up
        arrays = [(x, label) for x, label in reachable.arrays]
        for t, label in reachable.tensors:
            arrays.append((t._data, label))
            if t.is_leaf and t._grad is not None:
                arrays.append((t._grad, f"{label}.grad"))
        self.arrays = [(x, x.copy(order="K") if isinstance(x, np.ndarray) else x, label) for x, label in arrays]
        self.generators = [(g, deepcopy(g.bit_generator.state), label) for g, label in reachable.generators]

    def put_back(self) -> None:
        """Restore everything."""
        for holder, keys, values in self.holders:
            holder.put_back(keys, values)
        written = set()
        for x, copy, _ in self.arrays:
            if isinstance(x, np.ndarray) and x.flags.writeable and x.tobytes() != copy.tobytes():
                x[...] = copy
                written.add(id(x))
        for t, data, grad, node, live, _ in self.tensors:
            changed = t._data is not data or id(data) in written
            t._data, t._grad, t._requires_grad = data, grad, live
            if changed:
                t._changed()  # graphs made meanwhile are of other values
            elif t._node is not node and (node is None or node.kept is not GONE):
                t._node = node
        for g, state, _ in self.generators:
            g.bit_generator.state = state

    def content(self) -> dict[str, Any]:
        """Every array and number by its name, as bytes or text."""
        found: dict[str, Any] = {}
        for holder, keys, values in self.holders:
            for key, value in zip(keys, values, strict=True):
                if isinstance(value, bool | int | float | complex | str | bytes | np.generic):
                    found[holder.name_of(key)] = frozen(value)
        for _, copy, label in self.arrays:
            found[f"the array {label}"] = frozen(copy)
        for _, _, grad, _, live, label in self.tensors:
            found[f"{label}.requires_grad"] = live, grad is None
        for label in self.results:  # of a replay they are constants
            found[f"{label}.requires_grad"] = False, True
        for _, state, label in self.generators:
            found[f"the state of {label}"] = repr(state)
        return found


def frozen(x: Any) -> Any:
    """A form of a value that can be compared to the last bit."""
    if isinstance(x, Tensor):
        return "Tensor", frozen(x._data)
    if isinstance(x, np.ndarray):
        return x.shape, x.dtype, _bits(x)
    if isinstance(x, np.generic):
        return type(x), _bits(np.asarray(x))
    if isinstance(x, list | tuple):
        return type(x), tuple(map(frozen, x))
    if isinstance(x, dict):
        return type(x), tuple((k, frozen(v)) for k, v in x.items())
    if isinstance(x, bool | int | float | complex | str | bytes | type(None)):
        return type(x), repr(x)
    return type(x)


def _bits(x: Any) -> bytes:
    """The bits of an array; of all that is not a number the same, as its sign hangs on whether a call is in place."""
    if x.dtype.kind in "fc" and (lost := np.isnan(x)).any():
        x = np.where(lost, x.dtype.type(np.nan), x)
    return bytes(x.tobytes())


def differences(a: dict[str, Any], b: dict[str, Any]) -> str | None:
    """The first name under which two states differ."""
    return next((name for name in [*a, *b] if name not in a or name not in b or a[name] != b[name]), None)
