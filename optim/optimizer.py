"""What all optimizers share: parameters in groups, their state, the step in place and the step on Tensors.

`Optimizer` owns the bookkeeping; a subclass owns its formula. The formula is written once, as a pure expression of
the parameter, its gradient, the state and some coefficients; `Optimizer.step` runs it in place on arrays
(`optim.blocks`), `Optimizer.functional` on Tensors. This module must not know any particular optimizer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import is_
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from optim.blocks import Kernel
from optim.errors import GradientError, HyperparameterError, ParameterError, StateError, UpdateError
from optim.groups import Parameters, check_parameter, describe, read_groups, read_parameters
from optim.hyper import Rule, is_off
from optim.states import dump, restore

__all__ = ["Optimizer"]

ndarray = np.ndarray


class Optimizer:
    """Base class of the optimizers. A subclass gives:

    - ``rules``: its hyper-parameters and their allowed values;
    - ``slots(group)``: the names of the state arrays that a parameter needs, zero at first;
    - ``coefficients(hyper, step)``: the numbers that the formula needs at a parameter's ``step``-th update, computed
      once for all arrays with Python's operators. Flags, words and None (a term that is switched off) are handed to
      the update as they are;
    - ``update(p, g, *state, **coefficients) -> (p, *state)``: the formula, a pure elementwise expression.

    ``param_groups`` is a list of dicts with the key ``"params"`` and one key for each hyper-parameter, whose values
    may be changed at any time. A value may also be a function of the number of steps done so far (a schedule).
    ``state[p]`` is a dict with the number of updates of the parameter (``"step"``) and its state arrays. ``t`` counts
    the calls of `step`; ``skipped`` are the parameters that had no gradient at the last one.

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from optim import Optimizer
    >>> from optim.hyper import NON_NEGATIVE
    >>> class SignDescent(Optimizer):
    ...     rules = {"lr": NON_NEGATIVE}
    ...     def __init__(self, params, lr):
    ...         super().__init__(params, lr=lr)
    ...     def coefficients(self, hyper, step):
    ...         return {"lr": hyper["lr"]}
    ...     @staticmethod
    ...     def update(p, g, *, lr):
    ...         return (p - lr * np.sign(g),)
    >>> w = tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = SignDescent([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.75, -1.75])
    """

    rules: ClassVar[Mapping[str, Rule]] = {}
    numbers: ClassVar[Mapping[str, float]] = {}  # what a parameter's state has besides arrays, and its first value
    decoupled: ClassVar[bool] = False  # whether weight decay shrinks the parameter beside the update

    def __init__(self, params: Parameters, **defaults: Any) -> None:
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.t = 0
        self.skipped: tuple[Tensor, ...] = ()
        self._forget()
        for group in read_groups(type(self).__name__, params):
            self.add_param_group(group)

    # --- the formula ------------------------------------------------------------------------------------------

    def slots(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of the state arrays of a parameter, for the hyper-parameters as they were given."""
        return ()

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> dict[str, Any]:
        """What the update needs besides arrays, and the new values of the state's numbers."""
        raise NotImplementedError

    @staticmethod
    def update(p: Any, g: Any, *state: Any, **coefficients: Any) -> tuple[Any, ...]:
        """The new parameter and its new state."""
        raise NotImplementedError

    def check(self, hyper: Mapping[str, Any]) -> None:
        """Refuse hyper-parameters that do not go together, with HyperparameterError."""

    @classmethod
    def expression(
        cls, p: Any, g: Any, *state: Any, ascend: bool, decay: Any, shrink: Any, **coefficients: Any
    ) -> tuple[Any, ...]:
        """The update with what all optimizers have: the direction, and weight decay of either kind."""
        if ascend:
            g = -g
        if decay is not None:  # coupled: the gradient of decay / 2 * p**2
            g = g + decay * p
        if shrink is not None:  # decoupled (Loshchilov & Hutter 2019): p shrinks beside the update
            p = shrink * p
        return cls.update(p, g, *state, **coefficients)

    def _settings(self, hyper: Mapping[str, Any], step: int, state: dict[str, Any]) -> dict[str, Any]:
        """What `expression` needs besides arrays; the numbers of the state are brought up to date."""
        decay = hyper.get("weight_decay", 0.0)
        off = is_off(decay)
        decoupled = hyper.get("decoupled_weight_decay", self.decoupled)
        settings = {
            "ascend": hyper.get("maximize", False),
            "decay": None if off or decoupled else decay,
            "shrink": None if off or not decoupled else 1.0 - hyper["lr"] * decay,
            **self.coefficients(hyper, step, **{name: state[name] for name in self.numbers}),
        }
        for name in self.numbers:
            state[name] = settings.pop(name)
        return settings

    # --- groups and hyper-parameters --------------------------------------------------------------------------

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with hyper-parameters of their own; those left out are the optimizer's.

        Raises ParameterError and HyperparameterError.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> w, b = tensor([1.0], requires_grad=True), tensor([0.0], requires_grad=True)
        >>> optimizer = SGD([w], lr=0.1)
        >>> optimizer.add_param_group({"params": [b], "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        owner = type(self).__name__
        params = read_parameters(owner, group)
        known = set(self.state)
        for i, p in enumerate(params, len(known)):
            check_parameter(owner, p, i)
            if p in known:
                raise ParameterError(
                    f"{owner}: {describe(p, i)} was given before: it would be updated twice in a step. Give each "
                    "parameter once, in one group."
                )
            known.add(p)
        new = {**self.defaults, **group, "params": params}
        self.resolve(new, self.t)
        self.param_groups.append(new)
        for p in params:
            self.state[p] = self.new_state(p, new)

    def new_state(self, p: Tensor, group: Mapping[str, Any]) -> dict[str, Any]:
        """The state of a parameter before its first update."""
        arrays = {name: np.zeros_like(p.data) for name in self.slots(group)}
        return {"step": 0, **self.numbers, **arrays}

    def resolve(self, group: Mapping[str, Any], t: int, *, tensors: bool = False) -> dict[str, Any]:
        """The hyper-parameters of a group after t steps, checked."""
        owner = type(self).__name__
        unknown = [name for name in group if name not in self.rules and name != "params"]
        if unknown:
            raise HyperparameterError(
                f"{owner} has no hyper-parameter {unknown[0]} (given as {group[unknown[0]]!r}); it has "
                f"{', '.join(self.rules)}."
            )
        hyper = {name: rule.resolve(owner, name, group[name], t, tensors) for name, rule in self.rules.items()}
        self.check(hyper)
        return hyper

    def _resolved(self, index: int, group: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Hyper-parameters and slots of a group at this step; those of a group without schedule are remembered."""
        values = tuple(group.values())
        known = self._fixed.get(index)
        if known is not None and len(known[0]) == len(values) and all(map(is_, known[0], values)):
            return known[1], known[2]
        hyper = self.resolve(group, self.t)
        slots = self.slots(group)
        if all(rule.is_fixed(group[name]) for name, rule in self.rules.items()):
            self._fixed[index] = values, hyper, slots
        return hyper, slots

    # --- steps ------------------------------------------------------------------------------------------------

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters (or fill them with zeros)."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad[...] = 0.0

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient, in place; the others are skipped.

        ``closure``, if given, computes the loss and its gradients first; what it returns is returned. All gradients
        and hyper-parameters are checked before the first parameter is changed. Raises GradientError and
        HyperparameterError.
        """
        loss = None if closure is None else closure()
        work = []
        skipped = []
        for index, group in enumerate(self.param_groups):
            hyper, slots = self._resolved(index, group)
            for p in group["params"]:
                g = p.grad
                if g is None:
                    skipped.append(p)
                    continue
                data = p.data
                if (
                    g.__class__ is not ndarray
                    or g.dtype is not data.dtype
                    or g.shape != data.shape
                    or g.base is not None
                    or data.base is not None
                    or g is data
                ):
                    g = self._fitted(p, data, g)
                work.append((p, data, g, hyper, slots))
        kernel: Kernel | None = None
        loaded: tuple[Any, ...] = ()
        for p, data, g, hyper, slots in work:
            state = self.state[p]
            arrays = [state.get(name) for name in slots]
            for array in arrays:
                if array is None or array.dtype is not data.dtype:
                    arrays = _renew(state, slots, data)
            step = state["step"] + 1
            if kernel is None or loaded[0] != step or loaded[1] is not hyper or loaded[2] is not data.dtype:
                kernel = self._kernel(slots, data.dtype, self._settings(hyper, step, state))
                loaded = () if self.numbers else (step, hyper, data.dtype)
            kernel.run(data, g, *arrays)
            state["step"] = step
            p.data = data  # tells the engine that these are no longer the values of the forward pass
        self.t += 1
        self.skipped = tuple(skipped)
        return loss

    def _kernel(self, slots: tuple[str, ...], dtype: np.dtype[Any], settings: dict[str, Any]) -> Kernel:
        """The program of the update for these settings, with the coefficients filled in."""
        kinds = tuple([float if value.__class__ is float else value for value in settings.values()])
        key = (dtype, slots, kinds)
        kernel = self._kernels.get(key)
        if kernel is None:
            for name, value in settings.items():
                if value is not None and not isinstance(value, float | bool | str):
                    raise UpdateError(
                        f"{type(self).__name__}: the coefficient {name} is {value!r}, and must be a Python float."
                    )
            types = dict(zip(settings, kinds, strict=True))
            kernel = self._kernels[key] = Kernel(self.expression, slots, types, dtype)
        kernel.load(**settings)
        return kernel

    def _fitted(self, p: Tensor, data: NDArray[Any], g: Any) -> NDArray[Any]:
        """A gradient that a user has set: an array of the parameter's shape and dtype, in memory of its own."""
        array = np.asarray(g.data if isinstance(g, Tensor) else g)
        if array.shape != data.shape:
            number = list(self.state).index(p)
            raise GradientError(
                f"{type(self).__name__}: the gradient of {describe(p, number)} has shape {array.shape}. "
                "Nothing was updated."
            )
        if array.dtype != data.dtype:
            return array.astype(data.dtype)
        return array.copy() if np.may_share_memory(array, data) else array

    def functional(
        self,
        params: Sequence[Any],
        grads: Sequence[Any],
        state: Mapping[str, Any] | None = None,
        **hyper: Any,
    ) -> tuple[list[Any], dict[str, Any]]:
        """What `step` does, as a pure function on Tensors: returns new parameters and a new state, changes nothing.

        ``params`` and ``grads`` take the places of the optimizer's parameters and their gradients (None skips one);
        ``state`` is what an earlier call returned, at first the optimizer's own. Hyper-parameters given by name take
        the places of those of every group, and may be Tensors. Everything is differentiable, so one can
        differentiate through training, to any order (gradients with ``create_graph=True``). Beware of Adam and its
        relatives where a gradient is exactly zero: the square root of their state has no finite slope there, unless
        ``eps_mode="inside"``.

        Raises StateError, GradientError, HyperparameterError.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> w, lr = tensor(1.0, requires_grad=True), tensor(0.1, requires_grad=True)
        >>> (slope,) = (w * w).gradient(w, create_graph=True)
        >>> (new,), state = SGD([w], lr=0.1).functional([w], [slope], lr=lr)
        >>> (rate,) = (new * new).gradient(lr)
        >>> new.item(), rate.item()
        (0.8, -3.2)
        """
        own = list(self.state)
        before = {"t": self.t, "params": [self.state[p] for p in own]} if state is None else state
        for name, given in (("params", params), ("grads", grads), ("state", before["params"])):
            if len(given) != len(own):
                raise StateError(
                    f"{type(self).__name__}: functional() was given {len(given)} {name}, and has {len(own)} parameters."
                )
        new_params: list[Any] = []
        new_states: list[dict[str, Any]] = []
        for group in self.param_groups:
            merged = {**group, **hyper}
            values = self.resolve(merged, before["t"], tensors=True)
            for model in group["params"]:
                i = len(new_params)
                p, g, entry = params[i], grads[i], {**self.new_state(model, merged), **before["params"][i]}
                if p.shape != model.shape or (g is not None and g.shape != p.shape):
                    raise GradientError(
                        f"{type(self).__name__}: functional() was given shape {p.shape} and a gradient of shape "
                        f"{getattr(g, 'shape', None)} for {describe(model, i)}."
                    )
                if g is not None:
                    p = self._new(p, g, entry, values, self.slots(merged))
                new_params.append(p)
                new_states.append(entry)
        return new_params, {"t": before["t"] + 1, "params": new_states}

    def _new(self, p: Any, g: Any, entry: dict[str, Any], hyper: Mapping[str, Any], slots: tuple[str, ...]) -> Any:
        """The new value of a parameter, as an expression; its state is brought up to date."""
        entry["step"] += 1
        settings = self._settings(hyper, entry["step"], entry)
        fitted = {name: _astype(x, p.dtype) if isinstance(x, Tensor) else x for name, x in settings.items()}
        state = [np.array(x) if isinstance(x, ndarray) else x for x in (entry[name] for name in slots)]
        new, *arrays = self.expression(p, _astype(g, p.dtype), *state, **fitted)
        entry.update(zip(slots, arrays, strict=True))
        return new

    # --- states and copies ------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """A copy of the state as nested dicts of arrays and numbers, in the layout of PyTorch.

        Schedules are not part of it: they follow from the number of steps, which is.
        """
        return dump(self)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load what `state_dict` returned, or the state dict of the PyTorch optimizer of the same name.

        The saved hyper-parameters take the places of the present ones, except where these are functions of the step.
        Raises StateError when the state belongs to other parameters or another optimizer; nothing is changed then.
        """
        restore(self, state_dict)

    def _forget(self) -> None:
        """Drop what can be made again: it is not copied and not pickled."""
        self._kernels: dict[Any, Kernel] = {}
        self._fixed: dict[int, tuple[tuple[Any, ...], dict[str, Any], tuple[str, ...]]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_kernels", "_fixed")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def __repr__(self) -> str:
        groups = []
        for group in self.param_groups:
            count, size = len(group["params"]), sum(p.size for p in group["params"])
            values = [f"{name}={_word(group[name])}" for name in self.rules]
            groups.append(", ".join([f"{count} parameter{'s' * (count != 1)} of {size} numbers", *values]))
        if len(groups) > 1:
            groups = [f"\n  {line}" for line in groups] + ["\n"]
        return f"{type(self).__name__}({''.join(groups)})"


def _renew(state: dict[str, Any], slots: tuple[str, ...], data: NDArray[Any]) -> list[Any]:
    """State arrays for hyper-parameters that were switched on later, or for a parameter whose dtype was changed."""
    for name in slots:
        array = state.get(name)
        state[name] = np.zeros_like(data) if array is None else array.astype(data.dtype)
    return [state[name] for name in slots]


def _astype(x: Any, dtype: np.dtype[Any]) -> Any:
    return x if x.dtype == dtype else x.astype(dtype)


def _word(value: Any) -> str:
    """A hyper-parameter for repr()."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_word, value))})"
    return getattr(value, "__name__", None) or repr(value)
