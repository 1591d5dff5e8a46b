"""The state of an optimizer as plain data, to be saved and loaded, in PyTorch's layout and names."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.arrays import only_numbers
from optim.errors import HyperparameterError, StateError
from optim.groups import describe
from optim.in_place import InPlace
from optim.widths import of_arrays, of_parameter

# What groups have besides hyper-parameters; the last ones are what PyTorch's schedulers put there, and ours do not.
_OTHERS = {"params", "min_lr", "max_lr", "swa_lr", "base_momentum", "max_momentum"}


class Stored(InPlace):
    """The part of `optim.Optimizer` that saves and loads its state."""

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the state as nested dicts of arrays and numbers, in PyTorch's layout.

        It contains the number of steps, from which schedules follow, but not the schedules themselves.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> w = tensor([1.0], requires_grad=True)
        >>> SGD([w], lr=0.1).state_dict()["state"]
        {0: {'step': 0}}
        """
        state: dict[int, dict[str, Any]] = {}
        groups = []
        for group in self.param_groups:
            numbers = range(len(state), len(state) + len(group["params"]))
            for i, p in zip(numbers, group["params"], strict=True):
                own = self.state[p]
                slots = self.slots(group)
                state[i] = {k: np.array(own[k]) if k in slots else own[k] for k in ("step", *self.numbers, *slots)}
            values = {name: _as_data(value) for name, value in group.items() if name != "params"}
            groups.append({**{k: v for k, v in values.items() if v is not None}, "params": list(numbers)})
        return {"optimizer": type(self).__name__, "t": self.t, "state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load what `state_dict` returned, or the state dict of the PyTorch optimizer of the same name.

        The saved hyper-parameters replace the current ones, except where these are functions of the step. Raises
        StateError, and changes nothing, if the state belongs to other parameters or another optimizer.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> w = tensor([1.0], requires_grad=True)
        >>> saved = SGD([w], lr=0.1).state_dict()
        >>> optimizer = SGD([w], lr=0.5)
        >>> optimizer.load_state_dict(saved)
        >>> optimizer.param_groups[0]["lr"]
        0.1
        """
        try:
            t, groups, state = self._saved(state_dict)
        except HyperparameterError as error:
            raise StateError(f"{error} Nothing was loaded.") from error
        for group, merged in zip(self.param_groups, groups, strict=True):
            group.update(merged)
        self.state = state
        self._forget()
        self.t = t
        self.skipped: tuple[Tensor, ...] = ()

    def _saved(self, saved: Mapping[str, Any]) -> tuple[int, list[dict[str, Any]], dict[Tensor, dict[str, Any]]]:
        """The number of steps, the groups and the state that are saved, by this class or PyTorch's, checked."""
        owner = type(self).__name__
        for key in ("state", "param_groups"):
            if key not in saved:
                raise misfit(owner, f"this is not the state of an optimizer: it has no key {key!r}.")
        if saved.get("optimizer", owner) != owner:
            raise misfit(owner, f"this state was saved by {saved['optimizer']}.")
        sizes = [len(group["params"]) for group in self.param_groups]
        saved_sizes = [len(group.get("params", ())) for group in saved["param_groups"]]
        if sizes != saved_sizes:
            raise misfit(owner, f"the state has groups of {saved_sizes} parameters, but the optimizer of {sizes}.")
        t = int(saved.get("t", max([int(s["step"]) for s in saved["state"].values() if "step" in s], default=0)))
        pairs = zip(self.param_groups, saved["param_groups"], strict=True)
        groups = [self._merged(group, other, t) for group, other in pairs]
        state: dict[Tensor, dict[str, Any]] = {}
        for group, other in zip(groups, saved["param_groups"], strict=True):
            for p, key in zip(group["params"], other["params"], strict=True):
                entry = saved["state"].get(key, saved["state"].get(str(key)))
                state[p] = self._entry(group, p, entry, len(state), t)
        return t, groups, state

    def _merged(self, group: Mapping[str, Any], saved: Mapping[str, Any], t: int) -> dict[str, Any]:
        """The group with the saved values; a function in the group stays."""
        owner = type(self).__name__
        merged = dict(group)
        for name, value in saved.items():
            if name in self.rules:
                merged[name] = _merged_value(group[name], value)
            elif name == "initial_lr":
                merged[name] = value
            elif value and name not in _OTHERS and not (name == "decoupled_weight_decay" and self.decoupled):
                raise misfit(owner, f"the state has {name}={value!r}, which is not a hyper-parameter of {owner}.")
        self.resolve(merged, t)
        return merged

    def _entry(
        self, group: Mapping[str, Any], p: Tensor, saved: Mapping[str, Any] | None, number: int, t: int
    ) -> dict[str, Any]:
        """The state of one parameter. PyTorch omits parameters (and SGD's step) that it has not needed yet."""
        owner = type(self).__name__
        entry: dict[str, Any] = self.new_state(p, group)
        if not saved:
            return entry
        slots = self.slots(group)
        arrays = {
            name: np.asarray(only_numbers(saved[name], f"{owner}: {name} of {describe(p, number)}"))
            for name in slots
            if saved.get(name) is not None
        }
        dtype = of_arrays(list(arrays.values()), of_parameter(p.dtype))
        for name, value in {"step": max(t, 1), **saved}.items():
            if name in slots:
                if value is None:
                    continue
                array = arrays[name]
                if array.shape != p.shape:
                    raise misfit(owner, f"{name} of {describe(p, number)} has shape {array.shape} in the state.")
                entry[name] = np.empty_like(p.data, dtype)
                entry[name][...] = array
            elif name == "step":
                entry[name] = int(value)
            elif name in self.numbers:
                entry[name] = float(value)
            elif value is not None:
                raise misfit(owner, f"the state of {describe(p, number)} has {name}, which {owner} does not use.")
        missing = [name for name in slots if name not in saved]
        if missing:
            raise misfit(owner, f"the state of {describe(p, number)} has no {missing[0]}.")
        return entry


def _as_data(value: Any) -> Any:
    """A hyper-parameter as data; None for a function."""
    if callable(value):
        return None
    if isinstance(value, tuple | list):
        return tuple(_as_data(x) for x in value)
    return value.item() if isinstance(value, Tensor | np.ndarray | np.generic) else value


def _merged_value(own: Any, saved: Any) -> Any:
    if callable(own) or saved is None:
        return own
    if isinstance(own, tuple | list) and isinstance(saved, tuple | list) and len(own) == len(saved):
        return tuple(_merged_value(x, y) for x, y in zip(own, saved, strict=True))
    if isinstance(saved, Tensor):
        return float(saved)  # which refuses to leave a graph
    return saved.item() if hasattr(saved, "item") else saved


def misfit(owner: str, message: str) -> StateError:
    """The error for a state that does not fit."""
    return StateError(f"{owner}: {message} Nothing was loaded.")
