"""PyTorch's schedulers: at each `step`, mostly once per epoch, they write new rates into the groups of an optimizer.

Most multiply the current rate by the change of their factor, so several can be combined and rates set by hand are kept;
the others set the rate. The formulas are those of `optim.schedules` with a start of 1; types are in lr_scheduler.pyi.
"""

import warnings
from bisect import bisect_right
from inspect import Parameter, Signature, signature
from math import copysign, floor, inf
from numbers import Real
from typing import Annotated, Any

from autograd import tensor
from autograd.callers import users_level
from autograd.engine.tensor import plain
from autograd.recording import RECORDER
from autograd.words import Answering, hint_for
from optim.errors import HyperparameterError, StateError
from optim.hyperparameters import NON_NEGATIVE, Choice, Number, Whole, rules_of
from optim.optimizer import Optimizer
from optim.schedules import chain, cosine, exponential, polynomial, step_decay, through, warmup
from optim.sgd import SGD


class LRScheduler(Answering):
    """Base class: your own scheduler defines ``get_lr()``, the rates of all groups after ``last_epoch`` steps.

    To resume, load the states of optimizer and scheduler, or pass ``last_epoch`` with groups that have an
    ``"initial_lr"``. A first `step` before the optimizer's raises a warning. Raises HyperparameterError.

    >>> from optim.lr_scheduler import LRScheduler
    >>> class Harmonic(LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / (1 + self.last_epoch) for lr in self.base_lrs]
    >>> Harmonic.preview(4, lr=1.0)  # the rates that scheduler.step() would set
    [1.0, 0.5, 0.3333333333333333, 0.25]
    """

    _replayed = ("step",)  # what a compiled function may do with it
    _schedulers = ()  # that it is made of

    def __init__(self, optimizer, last_epoch=-1):
        self.optimizer, self.last_epoch, self._step_count, self.base_lrs = optimizer, last_epoch, 0, []
        if self._present() and last_epoch != -1 and "initial_lr" not in optimizer.param_groups[0]:
            self._refuse(f"last_epoch={last_epoch} needs groups with 'initial_lr': load the optimizer's state first")
        self._began = optimizer.t
        self._advance()

    @classmethod
    def preview(cls, steps, /, *settings, lr=0.1, **named):
        """Return the first rates with these settings, without training, for example to plot them."""
        optimizer = SGD([tensor(0.0, requires_grad=True)], lr)
        scheduler = cls(optimizer, *settings, **named)
        rates = scheduler.get_last_lr()
        for optimizer.t in range(1, steps):
            scheduler.step()
            rates += scheduler.get_last_lr()
        return rates

    def get_lr(self):
        """The rates of all groups at ``last_epoch``."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_lr().")

    def _closed(self, t):
        """The rates after t steps, independent of the current ones if possible."""
        return self.get_lr()

    def step(self, epoch=None):
        """Set the next rates, after `Optimizer.step`, or those of an epoch, which may be fractional."""
        if (recorder := RECORDER.get()) is not None:
            if epoch is None:
                return recorder.whole(self, "step", [], self._step)
            recorder.refuse("it passes an epoch to a scheduler")
        return self._step(epoch)

    def _step(self, epoch=None):
        if self._step_count == 1 and self.optimizer.t == self._began:
            late = "step() was called before the first optimizer.step() and skips the first rate: call it afterwards."
            warnings.warn(f"{type(self).__name__}.{late}", stacklevel=users_level())
        self._advance(epoch)

    def _advance(self, epoch=None):
        groups, present = self.optimizer.param_groups, self._present()
        new = range(len(self.base_lrs), len(groups))
        self.base_lrs += [groups[i].setdefault("initial_lr", present[i]) for i in new]
        self._step_count += 1
        self.last_epoch = self.last_epoch + 1 if epoch is None else floor(epoch)
        self._set(self.get_lr() if epoch is None else self._closed(epoch))

    def _present(self):
        if not isinstance(self.optimizer, Optimizer):
            self._refuse(f"it needs an optimizer, not {self.optimizer!r}")
        for group in self.optimizer.param_groups:
            if callable(group["lr"]):
                self._refuse(f"lr is the schedule {group['lr']!r}, which a scheduler cannot change: use one of them")
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def _set(self, rates):
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = lr
        self._last_lr = rates

    def _refuse(self, why):
        raise HyperparameterError(f"{type(self).__name__}: {why}.")

    def get_last_lr(self):
        """Return the rates that it last set, one for each group; see also `Optimizer.present_lr`."""
        return list(self._last_lr)

    def state_dict(self):
        """Return the progress, and all settings that are not functions."""
        own = {name: value for name, value in vars(self).items() if name not in ("optimizer", "_began")}
        if self._schedulers:
            own["_schedulers"] = [part.state_dict() for part in self._schedulers]
        return {k: v for k, v in own.items() if not any(map(callable, v if isinstance(v, list | tuple) else [v]))}

    def load_state_dict(self, state_dict):
        """Load what `state_dict` returned, or the state of PyTorch's scheduler of this name. Raises StateError."""
        own, parts = self.state_dict(), state_dict.get("_schedulers", ())
        if "_last_lr" not in state_dict or len(parts) != len(self._schedulers):
            raise StateError(f"{type(self).__name__}: not the state of a scheduler; its keys are {sorted(state_dict)}.")
        for part, state in zip(self._schedulers, parts, strict=True):
            part.load_state_dict(state)
        vars(self).update({k: v for k, v in state_dict.items() if k in own and k != "_schedulers"})

    def _stepped_whole(self):
        return [("object", self, "", ("optimizer",))]

    def _as_now(self):
        parts = [self]
        for part in parts:
            parts += part._schedulers
        kept = [(held, dict(held)) for held in (*map(vars, parts), *self.optimizer.param_groups)]
        return lambda: [held.update(before) for held, before in kept].clear()


_LRScheduler = LRScheduler  # as many programs still call it


class _Formula(LRScheduler):
    """A row of the table: a factor ``of`` the first rate, above a lowest one, as a function of t and the settings.

    ``by`` determines its use: "ratio" multiplies the current rate by the change of the factor, "factor" by the factor
    itself, "value" sets the rate. Settings in ``each`` may be lists with a value for each group.
    """

    def __init_subclass__(cls, of=None, by="ratio", low="eta_min", each=(), example=" -> "):
        if of is not None:
            cls._row, first = (of, by, low, each), Parameter("optimizer", Parameter.POSITIONAL_OR_KEYWORD)
            last = first.replace(name="last_epoch", default=-1)
            cls.__signature__ = Signature([first, *[*signature(of).parameters.values()][1:], last])
            cls._names = list(signature(cls).parameters)[1:-1]
            shown = "\n\n    {0}>> from {1} import {2}\n    {0}>> {2}.preview({3})\n    {4}\n    "
            cls.__doc__ += shown.format(">", cls.__module__, cls.__name__, *example.split(" -> "))

    def __init__(self, *settings, **named):
        try:
            given = signature(type(self)).bind(*settings, **named)
        except TypeError as error:
            hints = filter(None, [hint_for("argument", name) for name in named])
            raise TypeError(f"{type(self).__name__}: {'. '.join([str(error), *hints])}") from None
        given.apply_defaults()
        optimizer, *values, last_epoch = given.args
        vars(self).update(zip(self._names, values, strict=True), optimizer=optimizer)
        self._present()
        for name in {"step_size", "T_max", "T_0", "total_iters"}.intersection(self._names):
            value, least = getattr(self, name), name != "total_iters"
            if isinstance(value, bool) or not isinstance(value, Real) or value < least or value % 1:
                self._refuse(f"{name} must be a positive integer (a number of steps); got {value!r}")
            setattr(self, name, int(value))
        super().__init__(optimizer, last_epoch)

    def _of_groups(self, name):
        value, count = getattr(self, name, 0.0), len(self.base_lrs)
        values = list(value) if name in self._row[3] and isinstance(value, list | tuple) else [value] * count
        if len(values) != count:
            self._refuse(f"{name} has {len(values)} values, but there are {count} groups")
        return values

    def _shares(self, t):
        try:
            return [self._row[0](t, *row) for row in zip(*map(self._of_groups, self._names), strict=True)]
        except HyperparameterError as error:
            self._refuse(str(error).removesuffix(".").removeprefix(f"{type(self).__name__}: "))

    def _closed(self, t):
        _, by, low, _ = self._row
        if by == "factor":
            return self.get_lr()
        rows = zip(self.base_lrs, self._of_groups(low), self._shares(t), strict=True)
        return [low + (base - low) * share for base, low, share in rows]

    def get_lr(self):
        (_, by, low, _), t, rates = self._row, self.last_epoch, self._present()
        if by == "value":
            return self._closed(t)
        if t and self._step_count == 1:  # going on with the rates of then
            return rates
        one = [1.0] * len(rates)
        now = self._shares(t) if t or by == "ratio" else one
        before = self._shares(t - 1) if t and by == "ratio" else one
        rows = zip(rates, self.base_lrs, self._of_groups(low), before, now, strict=True)
        return [
            lr if x == was and (x or not low) else low + ((lr - low) * (x / was) if was else (base - low) * x)
            for lr, base, low, was, x in rows
        ]


class _Cycle(_Formula):
    """Rates between given numbers, while momentum, or the first of betas, moves in the opposite direction."""

    def __init__(self, *settings, **named):
        super().__init__(*settings, **named)
        if not self.last_epoch:
            self.base_lrs = list(self._last_lr)
            for group, lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
                group["initial_lr"] = lr

    def _closed(self, t):
        rates, self._momenta = map(list, zip(*self._shares(t), strict=True))
        return rates

    def _set(self, rates):
        groups = self.optimizer.param_groups if self.cycle_momentum else []
        if not all(isinstance(group.get("momentum", group.get("betas", [None])[0]), int | float) for group in groups):
            self._refuse("cycle_momentum=True needs an optimizer with a numeric momentum or betas: pass False")
        super()._set(rates)
        for group, m in zip(groups, self._momenta, strict=False):
            group.update({"momentum": m} if "momentum" in group else {"betas": (m, *group["betas"][1:])})


def _restarting(t, T_0, T_mult=1, eta_min=0.0):
    wave = cosine(1.0, T_0)
    t = t % T_0 if T_mult == 1 else t
    while t >= wave.steps:
        t, wave = t - wave.steps, cosine(1.0, wave.steps * T_mult)
    return wave(t)


def _one_of(words, name, word):
    if word not in words:
        raise HyperparameterError(f"{name} must be {' or '.join(map(repr, words))}; got {word!r}.")
    return words[word]


def _triangles(
    t, base_lr, max_lr, step_size_up=2000, step_size_down=None, mode="triangular", gamma=1.0, scale_fn=None,
    scale_mode="cycle", cycle_momentum=True, base_momentum=0.8, max_momentum=0.9,
):  # fmt: skip
    up, down = step_size_up, step_size_up if step_size_down is None else step_size_down
    if not (up > 0 and down > 0):
        raise HyperparameterError(f"step_size_up and step_size_down must be positive; got {up!r} and {down!r}.")
    cycle, x = divmod(t, up + down)
    scale = _one_of({"triangular": 1.0, "triangular2": 0.5**cycle, "exp_range": gamma**t}, "mode", mode)
    if scale_fn is not None:
        scale = scale_fn(_one_of({"cycle": cycle + 1, "iterations": t}, "scale_mode", scale_mode))
    height = scale * (x / up if x <= up else (up + down - x) / down)
    return base_lr + (max_lr - base_lr) * height, max_momentum - (max_momentum - base_momentum) * height


def _hill(
    t, max_lr, total_steps=None, epochs=None, steps_per_epoch=None, pct_start=0.3, anneal_strategy="cos",
    cycle_momentum=True, base_momentum=0.85, max_momentum=0.95, div_factor=25.0, final_div_factor=1e4,
    three_phase=False,
):  # fmt: skip
    steps = total_steps or (epochs or 0) * (steps_per_epoch or 0)
    if not 0 <= t <= steps or not steps:
        why = f"step {t} exceeds the {steps} steps of total_steps (or epochs * steps_per_epoch)."
        raise HyperparameterError(why if steps else "pass total_steps, or epochs and steps_per_epoch.")
    top, low = pct_start * steps - 1, max_lr / div_factor
    ends = (low, max_lr, low / final_div_factor), (max_momentum, base_momentum, max_momentum)
    ways = [[(0, a), (top, b), *([(2 * top, a)] if three_phase else []), (steps - 1, c)] for a, b, c in ends]
    return [through(way, anneal_strategy, t) for way in ways]


# The table: the settings of each scheduler, its docstring, and what preview() returns, as its example.
_PER_GROUP = {"by": "value", "each": ("base_lr", "max_lr", "base_momentum", "max_momentum")}
_ROWS = {
    "StepLR": ({"of": lambda t, step_size, gamma=0.1: step_decay(1.0, step_size, gamma)(t)},
        "Multiplies the rate by ``gamma`` every ``step_size`` steps: `optim.step_decay`.",
        "5, step_size=2, gamma=0.5, lr=0.8 -> [0.8, 0.8, 0.4, 0.4, 0.2]"),
    "MultiStepLR": ({"of": lambda t, milestones, gamma=0.1: gamma ** sum(m <= t for m in milestones)},
        "Multiplies the rate by ``gamma`` at each of the milestones: `optim.multi_step`.",
        "5, milestones=[1, 4], gamma=0.5, lr=0.8 -> [0.8, 0.4, 0.4, 0.4, 0.2]"),
    "ConstantLR": ({"of": lambda t, factor=1 / 3, total_iters=5: chain({0: factor, total_iters: 1.0})(t)},
        "Multiplies the rate by ``factor`` for the first ``total_iters`` steps.",
        "4, factor=0.5, total_iters=2, lr=0.8 -> [0.4, 0.4, 0.8, 0.8]"),
    "LinearLR": ({"of": lambda t, start_factor=1 / 3, end_factor=1.0, total_iters=5:
                  warmup(total_iters, end_factor, start_factor)(t)},
        "Changes the factor linearly from ``start_factor`` to ``end_factor`` in ``total_iters`` steps: `optim.warmup`.",
        "4, start_factor=0.5, total_iters=2, lr=1.0 -> [0.5, 0.75, 1.0, 1.0]"),
    "ExponentialLR": ({"of": lambda t, gamma: exponential(1.0, gamma)(t)},
        "Decays the rate by ``gamma`` per step: `optim.exponential`.", "4, gamma=0.5, lr=0.8 -> [0.8, 0.4, 0.2, 0.1]"),
    "PolynomialLR": ({"of": lambda t, total_iters=5, power=1.0: polynomial(1.0, total_iters, power=power)(t)},
        "Lowers the rate to 0 in ``total_iters`` steps, along a power of the remaining fraction: `optim.polynomial`.",
        "4, total_iters=2, lr=0.8 -> [0.8, 0.4, 0.0, 0.0]"),
    "LambdaLR": ({"of": lambda t, lr_lambda: lr_lambda(t), "by": "value", "each": ("lr_lambda",)},
        "Multiplies the initial rate by a function of the number of steps, or by one function for each group.",
        "4, lambda epoch: 0.5**epoch, lr=0.8 -> [0.8, 0.4, 0.2, 0.1]"),
    "MultiplicativeLR": ({"of": lambda t, lr_lambda: lr_lambda(t), "by": "factor", "each": ("lr_lambda",)},
        "Multiplies the current rate by a function of the number of steps, or by one function for each group.",
        "4, lambda epoch: 0.5, lr=0.8 -> [0.8, 0.4, 0.2, 0.1]"),
    "CosineAnnealingLR": ({"of": lambda t, T_max, eta_min=0.0:
                           cosine(1.0, T_max)(T_max - abs(T_max - t % (2 * T_max)))},
        "Moves the rate along a cosine between the initial rate and ``eta_min``, half a period in ``T_max`` steps.",
        "5, T_max=2, lr=0.8 -> [0.8, 0.4..., 0.0, 0.4..., 0.8...]"),
    "CosineAnnealingWarmRestarts": ({"of": _restarting, "by": "value"},
        "Lowers the rate along half a cosine to ``eta_min`` in ``T_0`` steps, then restarts, ``T_mult`` times as long.",
        "5, T_0=2, lr=0.8 -> [0.8, 0.4..., 0.8, 0.4..., 0.8]"),
    "CyclicLR": ({"of": _triangles, **_PER_GROUP},
        "Moves the rate linearly from ``base_lr`` to ``max_lr`` and back; ``mode`` or ``scale_fn`` lowers the peaks.",
        "5, base_lr=0.25, max_lr=0.75, step_size_up=2 -> [0.25, 0.5, 0.75, 0.5, 0.25]"),
    "OneCycleLR": ({"of": _hill, **_PER_GROUP},
        "Raises the rate to ``max_lr`` and lowers it to almost 0, once during training: `optim.one_cycle`.",
        "4, max_lr=1.0, total_steps=9, pct_start=0.5, div_factor=2.0 -> [0.5, 0.59..., 0.80..., 0.97...]"),
    "SWALR": ({"of": lambda t, swa_lr, anneal_epochs=10, anneal_strategy="cos":
               through([(0, 1.0), (anneal_epochs, 0.0)], anneal_strategy, t), "low": "swa_lr", "each": ("swa_lr",)},
        "Moves the rates from their current values to ``swa_lr`` in ``anneal_epochs`` steps, then keeps them.",
        "4, swa_lr=0.25, anneal_epochs=2, anneal_strategy='linear', lr=0.75 -> [0.75, 0.5, 0.25, 0.25]"),
}  # fmt: skip
for _name, (_row, _said, _example) in _ROWS.items():
    _bases, _own = (_Cycle if "Cycl" in _name else _Formula,), {"__doc__": _said, "__module__": __name__}
    globals()[_name] = type(_name, _bases, _own, **_row, example=_example)


class _Several(LRScheduler):
    def __init__(self, optimizer, schedulers):
        for part in schedulers:
            if isinstance(part, ReduceLROnPlateau) or part.optimizer is not optimizer:
                self._refuse(f"it takes schedulers of one optimizer, other than ReduceLROnPlateau; got {part!r}")
        self._schedulers, self.optimizer, self.base_lrs = list(schedulers), optimizer, schedulers[0].base_lrs
        self.last_epoch, self._step_count, self._began, self._last_lr = 0, 1, optimizer.t, self._present()


class SequentialLR(_Several):
    """Runs schedulers one after the other, each from its beginning: `optim.chain`.

    >>> from autograd import tensor
    >>> from optim import SGD
    >>> from optim.lr_scheduler import ExponentialLR, LinearLR, SequentialLR
    >>> optimizer = SGD([tensor(1.0, requires_grad=True)], lr=0.8)
    >>> parts = [LinearLR(optimizer, start_factor=0.5, total_iters=4), ExponentialLR(optimizer, gamma=0.5)]
    >>> scheduler = SequentialLR(optimizer, parts, milestones=[2])
    >>> scheduler.load_state_dict(scheduler.state_dict())
    >>> scheduler.get_last_lr()
    [0.4]
    """

    def __init__(self, optimizer, schedulers, milestones, last_epoch=-1):
        super().__init__(optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            self._refuse(f"{len(schedulers)} schedulers need {len(schedulers) - 1} milestones; got {milestones!r}")
        self._milestones, self.last_epoch, self._step_count = list(milestones), last_epoch + 1, 1
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._schedulers[0]._advance(0)
        self._last_lr = self._present()

    def _advance(self, epoch=None):
        self._step_count += 1
        self.last_epoch = self.last_epoch + 1 if epoch is None else floor(epoch)
        i = bisect_right(self._milestones, self.last_epoch)
        begin = self._milestones[i - 1] if i else None
        self._schedulers[i]._advance(0 if self.last_epoch == begin else None if epoch is None else epoch - (begin or 0))
        self._last_lr = self._present()


class ChainedScheduler(_Several):
    """Runs several schedulers at once, each of which changes the rate left by the one before.

    >>> from autograd import tensor
    >>> from optim import SGD
    >>> from optim.lr_scheduler import ChainedScheduler, ConstantLR, ExponentialLR
    >>> optimizer = SGD([tensor(1.0, requires_grad=True)], lr=0.8)
    >>> ChainedScheduler([ConstantLR(optimizer, factor=0.5), ExponentialLR(optimizer, gamma=0.9)]).get_last_lr()
    [0.4]
    """

    def __init__(self, schedulers, optimizer=None):
        super().__init__(optimizer or schedulers[0].optimizer, schedulers)

    def _advance(self, epoch=None):
        self._step_count += 1
        for part in self._schedulers:
            part._advance(epoch)
        self.last_epoch, self._last_lr = self._schedulers[-1].last_epoch, self._present()


class ReduceLROnPlateau(LRScheduler):
    """Multiplies the rate by ``factor`` if the metric given to `step` has not improved for over ``patience`` steps.

    `nn.ReduceOnPlateau`, the callback of `nn.fit`, documents the settings.

    >>> from autograd import tensor
    >>> from optim import SGD
    >>> from optim.lr_scheduler import ReduceLROnPlateau
    >>> scheduler = ReduceLROnPlateau(SGD([tensor(1.0, requires_grad=True)], lr=0.8), factor=0.5, patience=0)
    >>> for loss in (3.0, 2.0, 2.0):
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.4]
    """

    _of_size = False  # whether a threshold of "rel" goes by the size of the best alone, and not by its sign

    def __init__(
        self, optimizer, mode: Annotated[str, Choice("min", "max")] = "min",
        factor: Annotated[float, Number(0.0, 1.0, low_open=True)] = 0.1, patience: Annotated[int, Whole(0)] = 10,
        threshold: Annotated[float, NON_NEGATIVE] = 1e-4, threshold_mode: Annotated[str, Choice("rel", "abs")] = "rel",
        cooldown: Annotated[int, Whole(0)] = 0, min_lr: Annotated[Any, NON_NEGATIVE] = 0.0,
        eps: Annotated[float, NON_NEGATIVE] = 1e-8,
    ):  # fmt: skip
        given = dict(locals())
        for name, rule in rules_of(ReduceLROnPlateau.__init__).items():
            for value in given[name] if isinstance(given[name], list | tuple) else [given[name]]:
                rule.resolve(type(self).__name__, name, value, 0)
            setattr(self, name, given[name])
        self.optimizer = optimizer
        self._forget()

    def _forget(self):
        self.best, self.num_bad_epochs, self.cooldown_counter = inf if self.mode == "min" else -inf, 0, 0
        self.last_epoch, self._last_lr = 0, self._present()

    def step(self, metrics, epoch=None):
        """Record a metric, such as the validation loss, and lower the rates if it has stopped improving."""
        if (recorder := RECORDER.get()) is not None:
            recorder.refuse(f"{type(self).__name__} depends on the value of a metric: call its step outside")
        value, sign, rates = float(plain(metrics)), 1.0 if self.mode == "min" else -1.0, self._present()
        change = self.threshold * (copysign(sign, sign * self.best) if self._of_size else sign)
        limit = self.best * (1.0 - change) if self.threshold_mode == "rel" else self.best - sign * self.threshold
        better = sign * value < sign * limit
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self.best = value if better else self.best
        self.num_bad_epochs = 0 if better or self.cooldown_counter else self.num_bad_epochs + 1
        self.cooldown_counter = max(self.cooldown_counter - 1, 0)
        self._set(self._lower(rates) if self.num_bad_epochs > self.patience else rates)

    def _lower(self, rates):
        self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        least = self.min_lr if isinstance(self.min_lr, list | tuple) else [self.min_lr] * len(rates)
        new = [max(lr * self.factor, low) for lr, low in zip(rates, least, strict=True)]
        return [x if lr - x > self.eps else lr for lr, x in zip(rates, new, strict=True)]


__all__ = [name for name, value in vars().items() if name[0] != "_" and getattr(value, "__module__", "") == __name__]
