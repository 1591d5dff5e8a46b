"""What all optimizers share: parameters in groups, their state, the step in place and the step on Tensors.

`Optimizer` owns the bookkeeping; a subclass owns its formula. The formula is written once, as a pure expression of
the parameter, its gradient, the state and some coefficients; `Optimizer.step` runs it in place on arrays
(`optim.kernel`), `Optimizer.functional` on Tensors. This module must not know any particular optimizer.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from operator import is_
from sys import version_info
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from autograd.callers import users_level
from autograd.recording import RECORDER
from autograd.words import Answering, look_again
from optim.bundles import PATIENCE, Bundle, Bundles
from optim.errors import HyperparameterError, NoGradientWarning, ParameterError, UpdateError
from optim.functional import functional
from optim.groups import Parameters, check_parameter, describe, read_groups, read_parameters
from optim.hyperparameters import Rule, is_off, rules_of
from optim.interrupts import undisturbed
from optim.kernel import Kernel
from optim.state_dict import dump, restore
from optim.tracing import Overflow
from optim.widths import DOUBLE, SINGLE, SMALL_EPS, fitted, of_parameter, of_step, reader_of, wider_than

ndarray = np.ndarray
_HUGE = np.float64(1e300)

# Hyper-parameters at a step, names of the state arrays and what takes these out of a state, settings that all
# optimizers have, and whether squares may vanish beside eps.
Resolved = tuple[dict[str, Any], tuple[str, ...], Callable[[Mapping[str, Any]], Any], dict[str, Any], bool]


class Optimizer(Answering):
    """Base class of the optimizers. A subclass gives:

    - ``rules``: its hyper-parameters and their allowed values, if the annotations of its constructor do not have them;
    - ``slots(group)``: the names of the state arrays that a parameter needs, zero at first;
    - ``coefficients(hyper, step)``: the numbers that the formula needs at a parameter's ``step``-th update, computed
      once for all arrays with Python's operators. Flags, words and None (a term that is switched off) are handed to
      the update as they are;
    - ``update(p, g, *state, **coefficients) -> (p, *state)``: the formula, a pure elementwise expression.

    ``param_groups`` is a list of dicts with the key ``"params"`` and one key for each hyper-parameter, whose values
    may be changed at any time. A value may also be a function of the number of steps done so far (a schedule).
    ``state[p]`` is a dict with the number of updates of the parameter (``"step"``) and its state arrays; those of small
    parameters, which are updated together, are views of one array. ``t`` counts the calls of `step`; ``skipped`` are
    the parameters that had no gradient at the last one.

    Parameters of float16 are updated in float32, in which their state is kept, and rounded once a step. The state of
    others has their dtype; where squares of gradients overflow it, it is kept in the next wider one for as long as its
    numbers need that (`optim.widths`).

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
    """

    rules: ClassVar[Mapping[str, Rule]] = {}
    numbers: ClassVar[Mapping[str, float]] = {}  # what a parameter's state has besides arrays, and its first value
    decoupled: ClassVar[bool] = False  # whether weight decay shrinks the parameter beside the update
    squares: ClassVar[bool] = False  # whether its update has guarded numbers, which may need a wider dtype

    _replayed = ("step", "zero_grad")  # what a compiled function may do with it
    _warned = False  # whether it was said that no parameter has a gradient; not copied
    _ready: tuple[Any, ...] | None = None  # what `_update_as_before` needs

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__init__" in vars(cls) and "rules" not in vars(cls):
            cls.rules = {**cls.rules, **rules_of(cls.__init__)}

    def __init__(self, params: Parameters, **defaults: Any) -> None:
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.t = 0
        self.skipped: tuple[Tensor, ...] = ()
        self._forget()
        for group in read_groups(type(self).__name__, params):
            self.add_param_group(group)

    if version_info >= (3, 12) and not TYPE_CHECKING:  # as in `autograd.values`

        def __getattr__(self, name: str) -> Any:
            return look_again("Optimizer", self, name)

    @staticmethod
    def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The hyper-parameters among the arguments of a constructor, its ``locals()``."""
        return {name: value for name, value in arguments.items() if name not in ("self", "params", "__class__")}

    def slots(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of the state arrays of a parameter, for the hyper-parameters as they were given.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=0.1, momentum=0.9)
        >>> optimizer.slots(optimizer.param_groups[0])
        ('momentum_buffer',)
        """
        return ()

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> dict[str, Any]:
        """What the update needs besides arrays, and the new values of the state's numbers."""
        raise NotImplementedError

    @staticmethod
    def update(p: Any, g: Any, *state: Any, **coefficients: Any) -> tuple[Any, ...]:
        """The new parameter and its new state."""
        raise NotImplementedError

    def check(self, group: Mapping[str, Any], hyper: Mapping[str, Any]) -> None:
        """Refuse hyper-parameters that do not go together (as given, and at this step), with HyperparameterError.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> SGD([tensor([1.0], requires_grad=True)], lr=0.1, nesterov=True)
        Traceback (most recent call last):
        ...
        optim.errors.HyperparameterError: SGD: nesterov=True needs a momentum above 0.
        """

    @classmethod
    def expression(
        cls, p: Any, g: Any, *state: Any, ascend: bool, decay: Any, shrink: Any, **coefficients: Any
    ) -> tuple[Any, ...]:
        """The update with what all optimizers have: the direction, and weight decay of either kind.

        >>> from optim import Lion
        >>> Lion.expression(1.0, 2.0, 0.0, ascend=False, decay=None, shrink=0.9, lr=0.25, share=0.5, beta2=0.5)
        (np.float64(0.65), 1.0)
        """
        if ascend:
            g = -g
        if decay is not None:  # coupled: the gradient of decay / 2 * p**2
            g = g + decay * p
        if shrink is not None:  # decoupled (Loshchilov & Hutter 2019): p shrinks beside the update
            p = shrink * p
        return cls.update(p, g, *state, **coefficients)

    def common(self, hyper: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of `expression` that all optimizers have.

        >>> from autograd import tensor
        >>> from optim import AdamW
        >>> optimizer = AdamW([tensor([1.0], requires_grad=True)], lr=0.1, weight_decay=0.5)
        >>> optimizer.common(optimizer.resolve(optimizer.param_groups[0], 0))
        {'ascend': False, 'decay': None, 'shrink': 0.95}
        """
        decay = hyper.get("weight_decay", 0.0)
        decoupled = hyper.get("decoupled_weight_decay", self.decoupled)
        if is_off(decay):
            decay = None
        return {
            "ascend": hyper.get("maximize", False),
            "decay": None if decoupled else decay,
            "shrink": 1.0 - hyper["lr"] * decay if decoupled and decay is not None else None,
        }

    def settings(
        self, common: dict[str, Any], hyper: Mapping[str, Any], step: int, state: dict[str, Any]
    ) -> dict[str, Any]:
        """What `expression` needs besides arrays at an update; the numbers of the state are brought up to it.

        >>> from autograd import tensor
        >>> from optim import RMSprop
        >>> w = tensor([1.0], requires_grad=True)
        >>> optimizer = RMSprop([w], lr=0.1)
        >>> hyper = optimizer.resolve(optimizer.param_groups[0], 0)
        >>> sorted(optimizer.settings(optimizer.common(hyper), hyper, 1, optimizer.state[w]))
        ['alpha', 'ascend', 'centered', 'decay', 'eps', 'inside', 'lr', 'momentum', 'shrink']
        """
        if not self.numbers:
            return {**common, **self.coefficients(hyper, step)}
        settings = {**common, **self.coefficients(hyper, step, **{name: state[name] for name in self.numbers})}
        for name in self.numbers:
            state[name] = settings.pop(name)
        return settings

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
        """The state of a parameter before its first update.

        >>> from autograd import tensor
        >>> from optim import Adam
        >>> w = tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = Adam([w])
        >>> optimizer.new_state(w, optimizer.param_groups[0])
        {'step': 0, 'exp_avg': array([0., 0.]), 'exp_avg_sq': array([0., 0.])}
        """
        dtype = of_parameter(p.dtype)
        arrays = {name: np.zeros_like(p._data, dtype) for name in self.slots(group)}
        return {"step": 0, **self.numbers, **arrays}

    def resolve(self, group: Mapping[str, Any], t: int, *, tensors: bool = False) -> dict[str, Any]:
        """The hyper-parameters of a group after t steps, checked.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=lambda t: 1.0 / (1 + t))
        >>> optimizer.resolve(optimizer.param_groups[0], 3)["lr"]
        0.25
        """
        owner = type(self).__name__
        unknown = [name for name in group if name not in self.rules and name != "params"]
        if unknown:
            raise HyperparameterError(
                f"{owner} has no hyper-parameter {unknown[0]} (given as {group[unknown[0]]!r}); it has "
                f"{', '.join(self.rules)}."
            )
        hyper = {name: rule.resolve(owner, name, group[name], t, tensors) for name, rule in self.rules.items()}
        self.check(group, hyper)
        return hyper

    def _resolved(self, index: int, group: dict[str, Any]) -> Resolved:
        """What a group says at this step; that of a group without a schedule is remembered."""
        values = tuple(group.values())
        known = self._fixed.get(index)
        if known is not None and len(known[0]) == len(values) and all(map(is_, known[0], values)):
            return known[1]
        hyper = self.resolve(group, self.t)
        slots = self.slots(group)
        tiny = self.squares and hyper.get("eps", 1.0) < SMALL_EPS
        resolved = hyper, slots, reader_of(slots), self.common(hyper), tiny
        if all(rule.is_fixed(group[name]) for name, rule in self.rules.items()):
            self._fixed[index] = values, resolved
        return resolved

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters (or fill them with zeros).

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

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient, in place; the others are skipped.

        ``closure``, if given, computes the loss and its gradients first; what it returns is returned. All
        hyper-parameters are checked before the first parameter is changed: HyperparameterError is raised when a
        schedule leaves its range. Ctrl-C waits until all parameters and their state are updated.

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
        """Warn, once, when all parameters were skipped and none was ever updated: nothing is trained, and nothing else
        says why. A step without gradients among others is no slip."""
        params = [p for group in self.param_groups for p in group["params"]]
        if self._warned or len(self.skipped) < len(params) or any(s["step"] for s in self.state.values()):
            return
        self._warned = True
        if any(p.requires_grad for p in params):
            why = (
                "Was backward() called, and zero_grad() not between it and step()? Was the loss computed from these "
                "very parameters, not from those of another model or of a copy, and without leaving the graph "
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

    def _update_all(self) -> None:
        if self._ready is not None and self._update_as_before(*self._ready):
            return
        resolved = [self._resolved(i, group) for i, group in enumerate(self.param_groups)]
        if self.squares:
            with np.errstate(over="call", call=self._note_overflow):
                skipped = self._update(resolved)
            self._say_overflow()
        else:
            skipped = self._update(resolved)
        self.t += 1
        self.skipped = tuple(skipped)
        self._make_ready()

    def _make_ready(self) -> None:
        """Prepare the next step where all parameters are one bundle, which needs no looking up."""
        self._ready = None
        fixed, bundles, kernel = self._fixed.get(0), self._bundles.get(0), self._recent.get(0)
        if fixed is None or bundles is None or kernel is None or len(self.param_groups) > 1 or self.numbers:
            return
        values, (hyper, slots, _, common, tiny) = fixed
        if not (tiny or bundles.alone) and len(bundles.all) == 1:
            (bundle,) = bundles.all
            if kernel.dtype is bundle.p.dtype and kernel.slots == slots:
                self._ready = values, hyper, common, bundles, bundle, kernel

    def _update_as_before(
        self,
        values: tuple[Any, ...],
        hyper: dict[str, Any],
        common: dict[str, Any],
        bundles: Bundles,
        bundle: Bundle,
        kernel: Kernel,
    ) -> bool:
        """The step of parameters that are one bundle; False, and nothing is changed, where something is new."""
        now = self.param_groups[0].values() if len(self.param_groups) == 1 else ()
        if len(now) != len(values) or not all(map(is_, now, values)):
            return False
        if not (bundles.are_of(self.param_groups[0]["params"], kernel.slots) and bundle.gather(self.state.get)):
            return False
        step = bundle.states[0]["step"] + 1
        settings = self.settings(common, hyper, step, {})
        if kernel.kinds != _kinds(settings):
            return False
        kernel.take(settings)
        with np.errstate(over="call", call=self._note_overflow) if self.squares else nullcontext():
            try:
                kernel.run(bundle.p, bundle.g, *bundle.kept)
            except Overflow:  # before anything was changed
                self._overflowed.clear()
                return False
            bundle.scatter(step)
        bundles.misses = 0
        self._say_overflow()
        self.t += 1
        self.skipped = ()
        return True

    def _say_overflow(self) -> None:
        if self._overflowed:  # not of a square: to be said in the way that the caller has chosen
            self._overflowed.clear()
            np.multiply(_HUGE, _HUGE)

    def _update(self, resolved: Sequence[Resolved]) -> list[Tensor]:
        """Update the parameters that have a gradient; returns the others."""
        skipped = []
        for index, (hyper, slots, read, common, tiny) in enumerate(resolved):
            kernel: Kernel | None = None
            loaded = 0
            params = self.param_groups[index]["params"]
            if not (tiny or self.numbers):
                params = self._update_together(index, params, slots, common, hyper)
            for p in params:
                g = p._grad
                if g is None:
                    skipped.append(p)
                    continue
                data = p._data
                dtype = data.dtype
                if (
                    g.dtype is not dtype
                    or g.base is not None
                    or data.base is not None
                    or g is data
                    or not data.flags.writeable
                ):
                    data, g = _fit(data, g)
                work = dtype if dtype is SINGLE or dtype is DOUBLE else of_parameter(dtype)
                if tiny:
                    work = of_step(data, g, common["decay"], hyper["eps"])
                state = self.state.get(p) or self._adopt(p, index)
                arrays: Any = ()
                if slots:
                    try:
                        arrays = read(state)
                        missing = arrays[0].dtype is not work  # all have one dtype
                    except KeyError:  # hyper-parameters were switched on later
                        missing = True
                    if missing:
                        work, arrays = fitted(state, slots, data, work)
                step = state["step"] + 1
                if kernel is None or loaded != step or kernel.dtype is not work or self.numbers:
                    kernel = self._loaded(index, slots, work, self.settings(common, hyper, step, state))
                    loaded = step
                try:
                    kernel.run(data, g, *arrays)
                except Overflow as overflow:
                    self._go_on_wider(kernel, overflow, data, g, state)
                state["step"] = step
                if data is p._data:
                    p._changed()  # these are no longer the values of the forward pass
                else:
                    p.data = data
        return skipped

    def _update_together(
        self,
        index: int,
        params: Sequence[Tensor],
        slots: tuple[str, ...],
        common: dict[str, Any],
        hyper: dict[str, Any],
    ) -> Sequence[Tensor]:
        """Update the small parameters of a group as one array; returns those that are left, to be updated alone."""
        bundles = self._bundles.get(index)
        if bundles is None or (bundles.all and not bundles.are_of(params, slots)):
            if all(p._grad is None for p in params):
                return params
            work = of_parameter(params[0].dtype)
            calls = self._loaded(index, slots, work, self.settings(common, hyper, 1, {})).program.calls
            bundles = self._bundles[index] = Bundles(params, self.state.get, slots, calls, self._scratch)
        if not bundles.all:
            return params
        missed: list[Tensor] = []
        for bundle in bundles.all:
            if bundle.gather(self.state.get):
                step = bundle.states[0]["step"] + 1
                kernel = self._loaded(index, slots, bundle.p.dtype, self.settings(common, hyper, step, {}))
                try:
                    kernel.run(bundle.p, bundle.g, *bundle.kept)
                except Overflow:  # in one of them, before anything was changed
                    self._overflowed.clear()
                else:
                    bundle.scatter(step)
                    continue
            missed += bundle.params
        if not missed:
            bundles.misses = 0
            return bundles.alone
        bundles.misses += 1
        if bundles.misses == PATIENCE:
            del self._bundles[index]
        left = {*bundles.alone, *missed}
        return [p for p in params if p in left]

    def _go_on_wider(
        self, kernel: Kernel, overflow: Overflow, data: NDArray[Any], g: NDArray[Any], state: dict[str, Any]
    ) -> None:
        """Finish an update in a wider dtype, which squares do not overflow, and keep the state in it."""
        self._overflowed.clear()
        wider = wider_than(kernel.dtype)
        for name in kernel.slots:
            state[name] = state[name].astype(wider)
        exact = data.astype(wider)
        arrays = [exact, g.astype(wider), *(state[name] for name in kernel.slots)]
        self._kernel(kernel.slots, wider, dict(kernel.loaded)).run(*map(overflow.left, arrays))
        data[...] = exact

    def _note_overflow(self, *_: Any) -> None:
        self._overflowed.append(True)

    def _adopt(self, p: Tensor, index: int) -> dict[str, Any]:
        """Give a state to a parameter that was put into ``param_groups`` by hand."""
        check_parameter(type(self).__name__, p, len(self.state))
        state = self.state[p] = self.new_state(p, self.param_groups[index])
        return state

    def _loaded(self, index: int, slots: tuple[str, ...], dtype: np.dtype[Any], settings: dict[str, Any]) -> Kernel:
        """The kernel of a group, with these settings in it; mostly it is that of the step before."""
        kernel = self._recent.get(index)
        if kernel is None or kernel.dtype is not dtype or kernel.slots != slots or kernel.kinds != _kinds(settings):
            kernel = self._recent[index] = self._kernel(slots, dtype, settings)
        elif kernel.loaded != settings:
            kernel.take(settings)
        return kernel

    def _kernel(self, slots: tuple[str, ...], dtype: np.dtype[Any], settings: dict[str, Any]) -> Kernel:
        """The program of the update for these settings, with the coefficients filled in."""
        kinds = _kinds(settings)
        key = (dtype, slots, kinds)
        kernel = self._kernels.get(key)
        if kernel is None:
            for name, value in settings.items():
                if value is not None and not isinstance(value, float | bool | str):
                    raise UpdateError(
                        f"{type(self).__name__}: the coefficient {name} is {value!r}, and must be a Python float."
                    )
            types = dict(zip(settings, kinds, strict=True))
            seen = self._overflowed if wider_than(dtype) is not dtype else ()  # the widest lets infinities be
            kernel = self._kernels[key] = Kernel(self.expression, slots, types, dtype, seen)
        kernel.take(settings)
        return kernel

    def functional(
        self, params: Sequence[Any], grads: Sequence[Any], state: Mapping[str, Any] | None = None, **hyper: Any
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
        return functional(self, params, grads, state, hyper)

    def state_dict(self) -> dict[str, Any]:
        """A copy of the state as nested dicts of arrays and numbers, in the layout of PyTorch.

        Schedules are not part of it: they follow from the number of steps, which is.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> w = tensor([1.0], requires_grad=True)
        >>> SGD([w], lr=0.1).state_dict()["state"]
        {0: {'step': 0}}
        """
        return dump(self)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load what `state_dict` returned, or the state dict of the PyTorch optimizer of the same name.

        The saved hyper-parameters take the places of the present ones, except where these are functions of the step.
        Raises StateError when the state belongs to other parameters or another optimizer; nothing is changed then.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> w = tensor([1.0], requires_grad=True)
        >>> saved = SGD([w], lr=0.1).state_dict()
        >>> optimizer = SGD([w], lr=0.5)
        >>> optimizer.load_state_dict(saved)
        >>> optimizer.param_groups[0]["lr"]
        0.1
        """
        restore(self, state_dict)

    def _stepped_whole(self) -> list[tuple[Any, ...]]:
        """What a compiled step depends on: which parameters there are. All else is read anew by each step."""
        groups = self.param_groups
        places: list[tuple[Any, ...]] = [("list", groups, "param_groups")]
        places += [("dict", group, f"param_groups[{i}]", ("params",)) for i, group in enumerate(groups)]
        return places

    def _as_now(self) -> Callable[[], None]:
        """What makes parameters, gradients and state what they are now."""
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

    def _forget(self) -> None:
        """Drop what can be made again: it is not copied and not pickled."""
        self._kernels: dict[Any, Kernel] = {}
        self._recent: dict[int, Kernel] = {}
        self._fixed: dict[int, tuple[tuple[Any, ...], Resolved]] = {}
        self._bundles: dict[int, Bundles] = {}
        self._scratch: dict[np.dtype[Any], NDArray[Any]] = {}  # where parameters and gradients lie side by side
        self._ready = None
        self._overflowed: list[bool] = []  # whether a number has overflowed in this step

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
            groups.append(", ".join([f"{count} parameter{'s' * (count != 1)} of {size} numbers", *values]))
        if len(groups) > 1:
            groups = [f"\n  {line}" for line in groups] + ["\n"]
        return f"{type(self).__name__}({''.join(groups)})"


def _fit(data: NDArray[Any], g: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Values that can be written to, and a gradient of their dtype in other memory (one may write w.grad = w.data)."""
    if not data.flags.writeable:
        data = data.copy()
    if g.dtype != data.dtype:
        return data, g.astype(data.dtype)
    return data, g.copy() if np.may_share_memory(g, data) else g


def _kinds(settings: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a program is written for: numbers are filled in."""
    return tuple([float if value.__class__ is float else value for value in settings.values()])


def _word(value: Any) -> str:
    """A hyper-parameter for repr()."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_word, value))})"
    return getattr(value, "__name__", None) or repr(value)


def _arrays_of(state: Mapping[str, Any]) -> list[NDArray[Any]]:
    return [x for x in state.values() if isinstance(x, np.ndarray)]
