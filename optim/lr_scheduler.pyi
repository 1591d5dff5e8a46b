from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from optim.optimizer import Optimizer

Rates = float | Sequence[float]
Factors = Callable[[int], float] | Sequence[Callable[[int], float]]

class LRScheduler:
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

    optimizer: Optimizer
    base_lrs: list[float]
    last_epoch: int
    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None: ...
    @classmethod
    def preview(cls, steps: int, /, *settings: Any, lr: float = 0.1, **named: Any) -> list[float]: ...
    def get_lr(self) -> list[float]: ...
    def step(self, epoch: float | None = None) -> None: ...
    def get_last_lr(self) -> list[float]: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None: ...

_LRScheduler = LRScheduler

class StepLR(LRScheduler):
    """Multiplies the rate by ``gamma`` every ``step_size`` steps: `optim.step_decay`.

    >>> from optim.lr_scheduler import StepLR
    >>> StepLR.preview(5, step_size=2, gamma=0.5, lr=0.8)
    [0.8, 0.8, 0.4, 0.4, 0.2]
    """
    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None: ...

class MultiStepLR(LRScheduler):
    """Multiplies the rate by ``gamma`` at each of the milestones: `optim.multi_step`.

    >>> from optim.lr_scheduler import MultiStepLR
    >>> MultiStepLR.preview(5, milestones=[1, 4], gamma=0.5, lr=0.8)
    [0.8, 0.4, 0.4, 0.4, 0.2]
    """
    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None: ...

class ConstantLR(LRScheduler):
    """Multiplies the rate by ``factor`` for the first ``total_iters`` steps.

    >>> from optim.lr_scheduler import ConstantLR
    >>> ConstantLR.preview(4, factor=0.5, total_iters=2, lr=0.8)
    [0.4, 0.4, 0.8, 0.8]
    """
    def __init__(
        self, optimizer: Optimizer, factor: float = ..., total_iters: int = 5, last_epoch: int = -1
    ) -> None: ...

class LinearLR(LRScheduler):
    """Changes the factor linearly from ``start_factor`` to ``end_factor`` in ``total_iters`` steps: `optim.warmup`.

    >>> from optim.lr_scheduler import LinearLR
    >>> LinearLR.preview(4, start_factor=0.5, total_iters=2, lr=1.0)
    [0.5, 0.75, 1.0, 1.0]
    """
    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = ...,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None: ...

class ExponentialLR(LRScheduler):
    """Decays the rate by ``gamma`` per step: `optim.exponential`.

    >>> from optim.lr_scheduler import ExponentialLR
    >>> ExponentialLR.preview(4, gamma=0.5, lr=0.8)
    [0.8, 0.4, 0.2, 0.1]
    """
    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None: ...

class PolynomialLR(LRScheduler):
    """Lowers the rate to 0 in ``total_iters`` steps, along a power of the remaining fraction: `optim.polynomial`.

    >>> from optim.lr_scheduler import PolynomialLR
    >>> PolynomialLR.preview(4, total_iters=2, lr=0.8)
    [0.8, 0.4, 0.0, 0.0]
    """
    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None: ...

class LambdaLR(LRScheduler):
    """Multiplies the initial rate by a function of the number of steps, or by one function for each group.

    >>> from optim.lr_scheduler import LambdaLR
    >>> LambdaLR.preview(4, lambda epoch: 0.5**epoch, lr=0.8)
    [0.8, 0.4, 0.2, 0.1]
    """
    def __init__(self, optimizer: Optimizer, lr_lambda: Factors, last_epoch: int = -1) -> None: ...

class MultiplicativeLR(LRScheduler):
    """Multiplies the current rate by a function of the number of steps, or by one function for each group.

    >>> from optim.lr_scheduler import MultiplicativeLR
    >>> MultiplicativeLR.preview(4, lambda epoch: 0.5, lr=0.8)
    [0.8, 0.4, 0.2, 0.1]
    """
    def __init__(self, optimizer: Optimizer, lr_lambda: Factors, last_epoch: int = -1) -> None: ...

class CosineAnnealingLR(LRScheduler):
    """Moves the rate along a cosine between the initial rate and ``eta_min``, half a period in ``T_max`` steps.

    >>> from optim.lr_scheduler import CosineAnnealingLR
    >>> CosineAnnealingLR.preview(5, T_max=2, lr=0.8)
    [0.8, 0.4..., 0.0, 0.4..., 0.8...]
    """
    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None: ...

class CosineAnnealingWarmRestarts(LRScheduler):
    """Lowers the rate along half a cosine to ``eta_min`` in ``T_0`` steps, then restarts, ``T_mult`` times as long.

    >>> from optim.lr_scheduler import CosineAnnealingWarmRestarts
    >>> CosineAnnealingWarmRestarts.preview(5, T_0=2, lr=0.8)
    [0.8, 0.4..., 0.8, 0.4..., 0.8]
    """
    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None: ...

class CyclicLR(LRScheduler):
    """Moves the rate linearly from ``base_lr`` to ``max_lr`` and back; ``mode`` or ``scale_fn`` lowers the peaks.

    >>> from optim.lr_scheduler import CyclicLR
    >>> CyclicLR.preview(5, base_lr=0.25, max_lr=0.75, step_size_up=2)
    [0.25, 0.5, 0.75, 0.5, 0.25]
    """
    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Rates,
        max_lr: Rates,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Rates = 0.8,
        max_momentum: Rates = 0.9,
        last_epoch: int = -1,
    ) -> None: ...

class OneCycleLR(LRScheduler):
    """Raises the rate to ``max_lr`` and lowers it to almost 0, once during training: `optim.one_cycle`.

    >>> from optim.lr_scheduler import OneCycleLR
    >>> OneCycleLR.preview(4, max_lr=1.0, total_steps=9, pct_start=0.5, div_factor=2.0)
    [0.5, 0.59..., 0.80..., 0.97...]
    """
    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Rates,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: Rates = 0.85,
        max_momentum: Rates = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None: ...

class SWALR(LRScheduler):
    """Moves the rates from their current values to ``swa_lr`` in ``anneal_epochs`` steps, then keeps them.

    >>> from optim.lr_scheduler import SWALR
    >>> SWALR.preview(4, swa_lr=0.25, anneal_epochs=2, anneal_strategy='linear', lr=0.75)
    [0.75, 0.5, 0.25, 0.25]
    """
    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Rates,
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None: ...

class SequentialLR(LRScheduler):
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
    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None: ...

class ChainedScheduler(LRScheduler):
    """Runs several schedulers at once, each of which changes the rate left by the one before.

    >>> from autograd import tensor
    >>> from optim import SGD
    >>> from optim.lr_scheduler import ChainedScheduler, ConstantLR, ExponentialLR
    >>> optimizer = SGD([tensor(1.0, requires_grad=True)], lr=0.8)
    >>> ChainedScheduler([ConstantLR(optimizer, factor=0.5), ExponentialLR(optimizer, gamma=0.9)]).get_last_lr()
    [0.4]
    """
    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None: ...

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

    best: float
    num_bad_epochs: int
    cooldown_counter: int
    mode: str
    _of_size: bool
    def __init__(
        self,
        optimizer: Any,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Rates = 0.0,
        eps: float = 1e-8,
    ) -> None: ...
    def step(self, metrics: Any, epoch: int | None = None) -> None: ...  # type: ignore[override]
    def _forget(self) -> None: ...
    def _present(self) -> list[float]: ...
    def _lower(self, rates: list[float]) -> list[float]: ...
