"""The formula of an optimizer, which a subclass defines: a pure expression, run on arrays and on Tensors alike."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypedDict, overload

import numpy as np

from autograd import Tensor
from autograd.engine.tensor import plain
from optim.errors import GradientError, HyperparameterError, StateError
from optim.groups import describe
from optim.hyperparameters import Entry, Rule, Setting, is_off, rules_of
from optim.widths import of_arrays, of_parameter, of_step

BESIDE = ("params", "initial_lr")  # what a group has besides hyper-parameters; the second is of `optim.lr_scheduler`


class State(TypedDict):
    """The number of steps done, and the state of each parameter."""

    t: int
    params: list[dict[str, Entry]]


class Formula:
    """The part of `optim.Optimizer` that a subclass defines, what all formulas share, and a step on Tensors."""

    param_groups: list[dict[str, Any]]
    state: dict[Tensor, dict[str, Any]]
    t: int

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

    @overload
    def functional(
        self, params: Sequence[Tensor], grads: Sequence[Any], state: Mapping[str, Any] | None = ..., **hyper: Any
    ) -> tuple[list[Tensor], State]: ...
    @overload
    def functional(
        self, params: Sequence[Entry], grads: Sequence[Any], state: Mapping[str, Any] | None = ..., **hyper: Any
    ) -> tuple[list[Entry], State]: ...
    def functional(
        self, params: Sequence[Any], grads: Sequence[Any], state: Mapping[str, Any] | None = None, **hyper: Any
    ) -> tuple[list[Any], State]:
        """Perform `step` as a pure function on Tensors: returns new parameters and a new state, and changes nothing.

        ``params`` and ``grads`` replace the optimizer's parameters and their gradients (None skips one); ``state`` is
        the result of an earlier call, by default the optimizer's own. Hyper-parameters given by name replace those of
        every group, and may be Tensors. Everything is differentiable, so you can differentiate through training, to any
        order (gradients need ``create_graph=True``). With Adam and its variants, gradients that are exactly zero are a
        problem: the square root of their state has no finite slope there, except with ``eps_mode="inside"``.

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
        owner = type(self).__name__
        models = [p for group in self.param_groups for p in group["params"]]
        if state is None:
            state = {"t": self.t, "params": [self.state[p] for p in models]}
        for name, given in (("parameters", params), ("gradients", grads), ("states", state["params"])):
            if len(given) != len(models):
                raise StateError(f"{owner}: functional() was given {len(given)} {name}, but needs {len(models)}.")
        new_params: list[Any] = []
        new_states: list[dict[str, Any]] = []
        for group in self.param_groups:
            merged = {**group, **hyper}
            resolved = self.resolve(merged, state["t"], tensors=True)
            slots = self.slots(merged)
            for model in group["params"]:
                i = len(new_params)
                p, g = params[i], grads[i]
                entry = {**self.new_state(model, merged), **state["params"][i]}
                if p.shape != model.shape or (g is not None and g.shape != p.shape):
                    raise GradientError(
                        f"{owner}: functional() was given a parameter of shape {p.shape} and a gradient of shape "
                        f"{getattr(g, 'shape', None)} for {describe(model, i)}."
                    )
                if g is not None:
                    p = self._updated(p, g, entry, resolved, slots)
                new_params.append(p)
                new_states.append(entry)
        return new_params, {"t": state["t"] + 1, "params": new_states}

    def _updated(self, p: Any, g: Any, entry: dict[str, Any], hyper: Mapping[str, Any], slots: tuple[str, ...]) -> Any:
        """The new value of a parameter; its entry of the state is brought up to date."""
        entry["step"] += 1
        common = self.common(hyper)
        settings: dict[str, Any] = self.settings(common, hyper, entry["step"], entry)
        dtype = of_parameter(p.dtype)
        if self.squares:
            dtype = of_step(plain(p), plain(g), plain(common["decay"]), plain(hyper.get("eps", 0.0)))
        dtype = of_arrays([plain(entry[name]) for name in slots], dtype)
        coefficients = {name: _astype(x, dtype) if isinstance(x, Tensor) else x for name, x in settings.items()}
        # The optimizer's own arrays are changed in place by its next step, and the graph keeps what it is given.
        given = (np.array(x) if isinstance(x, np.ndarray) else x for x in (entry[name] for name in slots))
        state = [_astype(x, dtype) for x in given]
        new, *arrays = self.expression(_astype(p, dtype), _astype(g, dtype), *state, **coefficients)
        entry.update(zip(slots, arrays, strict=True))
        return _astype(new, p.dtype)


def _astype(x: Any, dtype: np.dtype[Any]) -> Any:
    return x if x.dtype == dtype else x.astype(dtype)
