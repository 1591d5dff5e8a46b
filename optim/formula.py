"""The formula of an optimizer, which a subclass defines: a pure expression, run on arrays and on Tensors alike."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from autograd import Tensor
from optim.errors import HyperparameterError
from optim.hyperparameters import Entry, Rule, Setting, is_off, rules_of
from optim.widths import of_parameter

BESIDE = ("params", "initial_lr")  # what a group has besides hyper-parameters; the second is of `optim.lr_scheduler`


class Formula:
    """The part of `optim.Optimizer` that a subclass defines, and the parts that all formulas share."""

    rules: ClassVar[Mapping[str, Rule]] = {}
    arrays: ClassVar[tuple[str, ...]] = ()  # the names of the state arrays of a parameter
    numbers: ClassVar[Mapping[str, float]] = {}  # what a parameter's state has besides arrays, and its first value
    decoupled: ClassVar[bool] = False  # whether weight decay shrinks the parameter beside the update
    squares: ClassVar[bool] = False  # whether its update has guarded numbers, which may need a wider dtype
    rests: ClassVar[bool] = False  # whether it may go on after a step that has changed no parameter

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__init__" in vars(cls) and "rules" not in vars(cls):
            cls.rules = {**cls.rules, **rules_of(cls.__init__)}

    @staticmethod
    def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The hyper-parameters among the arguments of a constructor, its ``locals()``."""
        return {name: value for name, value in arguments.items() if name not in ("self", "params", "__class__")}

    def slots(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of the state arrays of a parameter, given the hyper-parameters of its group."""
        return self.arrays

    def coefficients(self, hyper: Mapping[str, Any], step: int, **numbers: Any) -> Mapping[str, Setting]:
        """The coefficients of the update, and the new values of the numbers in the state."""
        raise NotImplementedError

    @staticmethod
    def update(p: Any, g: Any, *state: Any, **coefficients: Any) -> tuple[Entry, ...]:
        """The new parameter and its new state."""
        raise NotImplementedError

    def check(self, group: Mapping[str, Any], hyper: Mapping[str, Any]) -> None:
        """Raise HyperparameterError for hyper-parameters that do not fit together, as given and at this step.

        >>> from autograd import tensor
        >>> from optim import SGD
        >>> SGD([tensor([1.0], requires_grad=True)], lr=0.1, nesterov=True)
        Traceback (most recent call last):
        ...
        optim.errors.HyperparameterError: SGD: nesterov=True needs a positive momentum.
        """

    @classmethod
    def expression(
        cls, p: Any, g: Any, *state: Any, ascend: bool, decay: Any, shrink: Any, **coefficients: Any
    ) -> tuple[Entry, ...]:
        """The update with the parts that all optimizers share: the direction, and weight decay of either kind."""
        if ascend:
            g = -g
        if decay is not None:  # coupled: the gradient of decay / 2 * p**2
            g = g + decay * p
        if shrink is not None:  # decoupled (Loshchilov & Hutter 2019): p shrinks beside the update
            p = shrink * p
        return cls.update(p, g, *state, **coefficients)

    def common(self, hyper: Mapping[str, Any]) -> dict[str, Setting]:
        """The settings of `expression` that all optimizers share."""
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
        self, common: Mapping[str, Setting], hyper: Mapping[str, Any], step: int, state: dict[str, Any]
    ) -> dict[str, Setting]:
        """The settings of `expression` for an update; the numbers in the state are updated."""
        if not self.numbers:
            return {**common, **self.coefficients(hyper, step)}
        settings = {**common, **self.coefficients(hyper, step, **{name: state[name] for name in self.numbers})}
        for name in self.numbers:
            state[name] = settings.pop(name)
        return settings

    def new_state(self, p: Tensor, group: Mapping[str, Any]) -> dict[str, Entry]:
        """The state of a parameter before its first update."""
        dtype = of_parameter(p.dtype)
        arrays = {name: np.zeros_like(p._data, dtype) for name in self.slots(group)}
        return {"step": 0, **self.numbers, **arrays}

    def resolve(self, group: Mapping[str, Any], t: int, *, tensors: bool = False) -> dict[str, Setting]:
        """The hyper-parameters of a group after t steps, checked."""
        owner = type(self).__name__
        unknown = [name for name in group if name not in self.rules and name not in BESIDE]
        if unknown:
            raise HyperparameterError(
                f"{owner} has no hyper-parameter {unknown[0]} (given as {group[unknown[0]]!r}); it has "
                f"{', '.join(self.rules)}."
            )
        hyper = {name: rule.resolve(owner, name, group[name], t, tensors) for name, rule in self.rules.items()}
        self.check(group, hyper)
        return hyper
