"""The base of all optimizers: parameters in groups, their state, the step in place and the step on Tensors."""

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from autograd.callers import users_level
from autograd.recording import RECORDER
from autograd.words import OptimizerWords
from optim.errors import NoGradientWarning, ParameterError
from optim.groups import Parameters, check_parameter, describe, read_groups, read_parameters
from optim.interrupts import undisturbed
from optim.state_dict import Stored

_R = TypeVar("_R")  # what a closure returns


class Optimizer(Stored, OptimizerWords):
    """Base class of the optimizers. A subclass defines:

    - ``rules``: its hyper-parameters and their allowed values, unless its constructor's annotations contain them;
    - ``arrays``, or a method ``slots(group)``: the names of the state arrays of a parameter, which start at zero;
    - ``coefficients(hyper, step)``: the numbers in the formula at a parameter's ``step``-th update, computed once for
      all arrays with Python's operators. Flags, strings and None (a disabled term) are passed to the update unchanged;
    - ``update(p, g, *state, **coefficients) -> (p, *state)``: the formula, a pure elementwise expression.

    ``param_groups`` is a list of dicts with the key ``"params"`` and one key for each hyper-parameter, whose values
    may be changed at any time. A value may also be a function of the number of steps done so far (a schedule).
    ``state[p]`` is a dict with the number of updates of the parameter (``"step"``) and its state arrays; for small
    parameters, which are updated together, these are views of one array. ``t`` counts the calls of `step`; ``skipped``
    holds the parameters that had no gradient in the last one.

    Parameters in float16 are updated in float32, as is their state, and rounded once per step. Otherwise, the state
    has the parameter's dtype; if squares of gradients overflow it, the state is kept in the next wider dtype as long as
    its values require that (`optim.widths`).

    >>> import numpy as np
    >>> from autograd import tensor
    >>> from optim import Optimizer
    >>> from optim.hyperparameters import NON_NEGATIVE
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

    The parts of a step:

    >>> group = optimizer.param_groups[0]
    >>> optimizer.slots(group), optimizer.new_state(w, group)
    ((), {'step': 0})
    >>> hyper = optimizer.resolve(group, 0)
    >>> settings = optimizer.settings(optimizer.common(hyper), hyper, 1, {})
    >>> settings
    {'ascend': False, 'decay': None, 'shrink': None, 'lr': 0.25}
    >>> optimizer.expression(1.0, 2.0, **settings)
    (np.float64(0.75),)
    """

    _replayed = ("step", "zero_grad")  # what a compiled function may do with it
    _warned = False  # whether it has warned that no parameter has a gradient; not copied

    def __init__(self, params: Parameters, **defaults: Any) -> None:
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.t: int = 0
        self.skipped: tuple[Tensor, ...] = ()
        self._forget()
        for group in read_groups(type(self).__name__, params):
            self.add_param_group(group)

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add a group of parameters with its own hyper-parameters, which default to the optimizer's.

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
                    f"{owner}: {describe(p, i)} was given before: it would be updated twice in a step. Pass each "
                    "parameter once, in one group."
                )
            known.add(p)
        new = {**self.defaults, **group, "params": params}
        self.resolve(new, self.t)
        self.param_groups.append(new)
        for p in params:
            self.state[p] = self.new_state(p, new)

    def present_lr(self) -> list[float]:
        """Return the learning rate of each group for the next step, even if it is a schedule.

        >>> from autograd import tensor
        >>> from optim import SGD, exponential
        >>> SGD([tensor(1.0, requires_grad=True)], lr=exponential(0.1, gamma=0.5)).present_lr()
        [0.1]
        """
        hypers: list[dict[str, Any]] = [self.resolve(group, self.t) for group in self.param_groups]
        return [hyper["lr"] for hyper in hypers]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None, or fill them with zeros.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> w = tensor([1.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> SGD([w], lr=0.1).zero_grad()
        >>> w.grad is None
        True
        """
        for group in self.param_groups:
            for p in group["params"]:  # leaves, whose gradient lies in `_grad`
                if set_to_none or p._grad is None:
                    p._grad = None
                else:
                    p._grad[...] = 0.0

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], _R]) -> _R: ...
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient, in place; the others are skipped.

        ``closure``, if given, first computes the loss and its gradients, and its result is returned. All
        hyper-parameters are checked before the first parameter changes: HyperparameterError is raised if a schedule
        leaves its range. Ctrl-C takes effect only after all parameters and their state are updated.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> w = tensor([1.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> SGD([w], lr=0.25).step()
        >>> w.data
        array([0.5])
        """
        loss = None if closure is None else closure()
        recorder = RECORDER.get()
        if recorder is None:
            undisturbed(self._update_all)
        else:
            recorder.whole(self, "step", list(self.state), partial(undisturbed, self._update_all))
        if self.skipped:
            self._notice_missing_gradients()
        return loss

    def _notice_missing_gradients(self) -> None:
        """Warn once if all parameters were skipped and none was ever updated, so that nothing is trained."""
        params = [p for group in self.param_groups for p in group["params"]]
        if self._warned or len(self.skipped) < len(params) or any(s["step"] for s in self.state.values()):
            return
        self._warned = True
        if any(p.requires_grad for p in params):
            why = (
                "Was backward() called, without zero_grad() between it and step()? Was the loss computed from these "
                "parameters, not from those of another model or of a copy, and without leaving the graph "
                "(no_grad(), .detach(), .data, .item())?"
            )
        else:
            why = "They are frozen: requires_grad is False."
        none = "its one parameter has no" if len(params) == 1 else f"none of its {len(params)} parameters has a"
        warnings.warn(
            f"{type(self).__name__}.step() has changed nothing: {none} gradient. {why}",
            NoGradientWarning,
            stacklevel=users_level(),
        )

    def _stepped_whole(self) -> list[tuple[Any, ...]]:
        """The objects that a compiled step depends on: its parameters. Each step reads everything else anew."""
        groups = self.param_groups
        places: list[tuple[Any, ...]] = [("list", groups, "param_groups")]
        places += [("dict", group, f"param_groups[{i}]", ("params",)) for i, group in enumerate(groups)]
        return places

    def _as_now(self) -> Callable[[], None]:
        """A function that restores the parameters, gradients and state of now."""
        t, skipped = self.t, self.skipped
        held = [
            (p, p._data, p._data.copy(), p._grad, state, dict(state), [(x, x.copy()) for x in _arrays_of(state)])
            for p, state in self.state.items()
        ]

        def put_back() -> None:
            self.t, self.skipped = t, skipped
            for p, data, values, grad, state, entries, arrays in held:
                p._data, p._grad = data, grad
                for array, before in ((data, values), *arrays):
                    if array.flags.writeable:
                        array[...] = before
                p._changed()
                state.clear()
                state.update(entries)

        return put_back

    def __getstate__(self) -> dict[str, Any]:
        again = ("_warned", "_kernels", "_recent", "_fixed", "_bundles", "_scratch", "_ready", "_overflowed")
        return {name: value for name, value in self.__dict__.items() if name not in again}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def __repr__(self) -> str:
        groups = []
        for group in self.param_groups:
            count, size = len(group["params"]), sum(p.size for p in group["params"])
            values = [f"{name}={_word(group[name])}" for name in self.rules]
            words = f"{count} parameter{'s' * (count != 1)} of {size} number{'s' * (size != 1)}"
            groups.append(", ".join([words, *values]))
        if len(groups) > 1:
            groups = [f"\n  {line}" for line in groups] + ["\n"]
        return f"{type(self).__name__}({''.join(groups)})"


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_word, value))})"
    return getattr(value, "__name__", None) or repr(value)


def _arrays_of(state: Mapping[str, Any]) -> list[NDArray[Any]]:
    return [x for x in state.values() if isinstance(x, np.ndarray)]
