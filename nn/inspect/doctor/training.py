"""The objects under examination: a model, a loss, optimizers and a batch, with repeatable passes and steps."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.modes import changed
from nn.arrays import plain
from nn.inspect.doctor.restore import Restore
from nn.module import Module
from nn.training.evaluation import dtype_of, number_of, parts_of
from optim import LBFGS, Optimizer

__autograd_transparent__ = True  # messages name lines of the user's code


def plain_modes() -> AbstractContextManager[None]:
    """Compute as in training: with a graph, and without any modes the user has switched on."""
    return changed(grad=True, scope=None, watch=None, readings=None)


class Training:
    """A frozen training run: each pass starts from the same generators, buffers and module attributes."""

    def __init__(self, model: Module, loss: Callable[..., Any], optimizers: Sequence[Optimizer], batch: Any) -> None:
        self.model, self.loss, self.optimizers = model, loss, list(optimizers)
        if isinstance(batch, list | tuple) and not batch:
            raise ValueError("the batch is empty: pass a pair such as (x, y).")
        self.x, self.targets = parts_of(batch, dtype_of(model))
        self.groups = [group for o in self.optimizers for group in o.param_groups]
        self.trained = {id(p): p for group in self.groups for p in group["params"]}
        self.brief = not any(isinstance(o, LBFGS) for o in self.optimizers)  # one step of LBFGS is many

    def restored(self) -> Restore:
        """Return a ``with`` block whose changes are all undone."""
        return Restore(model=self.model, loss=self.loss, optimizers=self.optimizers, batch=self.x, targets=self.targets)

    def gradients(self, leaves: Sequence[Tensor]) -> tuple[float, list[Any]]:
        """The loss and its gradients as arrays, None for leaves that it does not depend on."""
        with self.restored():
            loss = self.loss(self.model(self.x), *self.targets)
            found = gradients_of(loss, leaves)
            return number_of(loss), [found.get(id(leaf)) for leaf in leaves]

    def value(self) -> float:
        """The loss."""
        with self.restored(), no_grad():
            return number_of(self.loss(self.model(self.x), *self.targets))

    def answer(self, x: Any) -> Any:
        """The prediction for an input in evaluation mode, as an array."""
        with self.restored(), no_grad():
            return np.asarray(plain(self.model.eval()(x)))

    def step(self) -> None:
        """Take one step with all optimizers; this changes the model."""
        leaves = list(self.trained.values())

        def closure() -> float:
            loss, gradients = self.gradients(leaves)
            for p, g in zip(leaves, gradients, strict=True):
                p.grad = g
            return loss

        closure()
        for optimizer in self.optimizers:
            optimizer.step(closure if isinstance(optimizer, LBFGS) else None)

    def change(self, divisor: float = 1.0, *, decay: bool = True, memory: bool = True) -> None:
        """Divide the learning rates by a number, switch weight decay off, or forget earlier steps."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                rate = group["lr"]
                group["lr"] = (lambda t, rate=rate: rate(t) / divisor) if callable(rate) else float(rate) / divisor
                if not decay and "weight_decay" in group:
                    group["weight_decay"] = 0.0
                if not memory:
                    optimizer.state.update({p: optimizer.new_state(p, group) for p in group["params"]})
            optimizer._forget()

    def warms_up(self) -> bool:
        """Whether the learning rate may rise: training has not begun, and there is a schedule or scheduler."""
        new = (group for group in self.groups if not any(o.t for o in self.optimizers))
        return any(callable(group["lr"]) or "initial_lr" in group for group in new)


def gradients_of(loss: Any, leaves: Sequence[Any]) -> dict[int, Any]:
    """The gradients of a loss as arrays, by the id of each Tensor that it depends on."""
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        return {}
    wanted = {id(t): t for t in leaves if isinstance(t, Tensor) and t.requires_grad}
    found = loss.gradient(*wanted.values(), allow_unused=True)
    return {key: g.data for key, g in zip(wanted, found, strict=True) if g is not None}
