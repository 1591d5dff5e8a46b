"""Small parameters that are updated together as one array, which costs no more than updating one of them."""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from optim.kernel import BLOCK_BYTES
from optim.widths import of_parameter

State = dict[str, Any]
Known = Callable[[Tensor], State | None]

# In the time of a call of NumPy, so many bytes of an array are copied side by side and back.
BYTES_PER_CALL = 2048

# A bundle takes as long as so many calls, before anything is computed.
CALLS_PER_BUNDLE = 12

# Bundles that could not be updated so many times in a row are made anew.
PATIENCE = 4


class Bundle:
    """Parameters with the same dtype and number of steps, and their state side by side, at most a block of each."""

    def __init__(
        self, params: Sequence[Tensor], states: Sequence[State], slots: Sequence[str], scratch: NDArray[Any]
    ) -> None:
        self.params, self.states = params, states
        self.dtype: Any = params[0]._data.dtype
        ends = [0, *accumulate(p._data.size for p in params)]
        self.p, self.g = scratch[:, : ends[-1]]
        self._parts, self._slopes = _cut(self.p, ends, params), _cut(self.g, ends, params)
        self.kept: list[NDArray[Any]] = []
        self._entries = [(state, name) for name in slots for state in states]
        self._views: list[NDArray[Any]] = []  # what lies there
        for name in slots:
            flat = np.concatenate([state[name].ravel() for state in states], dtype=self.p.dtype)
            views = _cut(flat, ends, params)
            for state, view in zip(states, views, strict=True):
                state[name] = view
            self.kept.append(flat)
            self._views += views
        self._data: list[NDArray[Any]] = []
        self._flat: list[NDArray[Any]] = []

    def gather(self, known: Known) -> bool:
        """Copy parameters and gradients side by side; False if something about them has changed."""
        params, states, dtype = self.params, self.states, self.dtype
        grads: list[Any] = [p._grad for p in params]
        try:
            if [g.dtype for g in grads].count(dtype) < len(grads):
                return False
            kept = [state[name] for state, name in self._entries]
        except (AttributeError, KeyError):  # of what is None, or gone
            return False
        if len({state["step"] for state in states}) > 1 or not all(map(is_, map(known, params), states)):
            return False
        if not all(map(is_, kept, self._views)):
            return False
        data = [p._data for p in params]
        if len(self._data) != len(data) or not all(map(is_, data, self._data)):
            if len(set(map(id, data))) < len(data) or not all(x.dtype == dtype and is_own(x) for x in data):
                return False
            self._data, self._flat = data, [array.ravel() for array in data]
        np.concatenate(self._flat, out=self.p)
        for slope, g in zip(self._slopes, grads, strict=True):
            slope[...] = g
        return True

    def scatter(self, step: int) -> None:
        """Copy the new parameters back; those whose arrays are read-only get new arrays."""
        for p, state, data, new in zip(self.params, self.states, self._data, self._parts, strict=True):
            state["step"] = step
            if data.flags.writeable:
                data[...] = new
                p._changed()  # these are no longer the values of the forward pass
            else:
                p.data = new.astype(data.dtype)


class Bundles:
    """The bundles made of the parameters of a group that have a gradient now, and the parameters that stay alone.

    ``calls`` is the number of NumPy calls in an update: if it is small, bundling pays for tiny parameters only.
    """

    def __init__(
        self, params: Sequence[Tensor], known: Known, slots: Sequence[str], calls: int,
        scratch: dict[np.dtype[Any], NDArray[Any]],
    ) -> None:  # fmt: skip
        self.params, self.slots = list(params), slots
        self.misses = 0  # how often in a row some of them could not be updated together
        self.all: list[Bundle] = []
        lent = {id(p._data.base) for p in params}  # memory in which another parameter lies as well
        alike: dict[Any, list[tuple[Tensor, State]]] = {}
        for p in params:
            state, dtype = known(p), p._data.dtype
            work = of_parameter(dtype)
            if state is None or p._data.size * work.itemsize > calls * BYTES_PER_CALL:
                continue
            arrays = [state.get(name) for name in slots]
            fits = all(x is not None and x.dtype == work and x.shape == p._data.shape for x in arrays)
            own = is_own(p._data) and id(p._data) not in lent
            if fits and own and p._grad is not None and p._grad.dtype == dtype:
                alike.setdefault((dtype, state["step"]), []).append((p, state))
        together: set[Tensor] = set()
        for (dtype, _), members in alike.items():
            work = of_parameter(dtype)
            room = BLOCK_BYTES // work.itemsize
            for some in _blocks(members, room):
                if (len(some) - 1) * calls >= CALLS_PER_BUNDLE:
                    if work not in scratch:
                        scratch[work] = np.empty((2, room), work)
                    bundle = Bundle([p for p, _ in some], [state for _, state in some], slots, scratch[work])
                    self.all.append(bundle)
                    together.update(bundle.params)
        self.alone: list[Tensor] = [p for p in params if p not in together]

    def are_of(self, params: Sequence[Tensor], slots: Sequence[str]) -> bool:
        """Whether the group and its state still have these parameters and slots."""
        return slots == self.slots and len(params) == len(self.params) and all(map(is_, params, self.params))


def is_own(array: NDArray[Any]) -> bool:
    """Whether an array owns its memory and is contiguous in C order."""
    return array.base is None and array.flags.c_contiguous


def _cut(flat: NDArray[Any], ends: Sequence[int], params: Sequence[Tensor]) -> list[NDArray[Any]]:
    """The parts of a flat array, in the shapes of the parameters."""
    return [flat[a:b].reshape(p._data.shape) for (a, b), p in zip(pairwise(ends), params, strict=True)]


def _blocks(members: Sequence[tuple[Tensor, State]], room: int) -> list[list[tuple[Tensor, State]]]:
    """Parameters in lists of at most so many numbers."""
    blocks: list[list[tuple[Tensor, State]]] = [[]]
    size = 0
    for p, state in members:
        size += p._data.size
        if size > room:
            blocks.append([])
            size = p._data.size
        blocks[-1].append((p, state))
    return blocks
