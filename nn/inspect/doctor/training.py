"""The objects under examination: a model, a loss, optimizers and a batch, with repeatable passes and steps."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from autograd import Tensor, no_grad
from autograd.modes import changed
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
        self.trained = {id(p): p for o in self.optimizers for group in o.param_groups for p in group["params"]}

    def restored(self) -> Restore:
        """Return a ``with`` block whose changes are all undone."""
        return Restore(model=self.model, loss=self.loss, optimizers=self.optimizers, batch=self.x, targets=self.targets)

    def gradients(self, leaves: Sequence[Tensor]) -> tuple[float, list[Any]]:
        """The loss and its gradients as arrays, None for leaves that it does not depend on."""
        with self.restored():
            loss = self.loss(self.model(self.x), *self.targets)
            found = gradients_of(loss, [leaf for leaf in leaves if leaf.requires_grad])
            return number_of(loss), [found.get(id(leaf)) for leaf in leaves]

    def value(self) -> float:
        """The loss."""
        with self.restored(), no_grad():
            return number_of(self.loss(self.model(self.x), *self.targets))

    def step(self, divisor: float = 1.0) -> None:
        """Take one step with all optimizers, with their learning rates divided by a number; this changes the model."""
        leaves = list(self.trained.values())

        def closure() -> float:
            loss, gradients = self.gradients(leaves)
            for p, g in zip(leaves, gradients, strict=True):
                p.grad = g
            return loss

        closure()
        for optimizer in self.optimizers:
            rates = [group["lr"] for group in optimizer.param_groups]
            for group in optimizer.param_groups:
                group["lr"] = _divided(group["lr"], divisor)
            optimizer.step(closure if isinstance(optimizer, LBFGS) else None)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate


def gradients_of(loss: Any, leaves: Sequence[Tensor]) -> dict[int, Any]:
    """The gradients of a loss as arrays, by the id of each leaf that it depends on."""
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        return {}
    found = loss.gradient(*leaves, allow_unused=True)
    return {id(leaf): g.data for leaf, g in zip(leaves, found, strict=True) if g is not None}


def _divided(rate: Any, divisor: float) -> Any:
    if divisor == 1.0:
        return rate
    if callable(rate):
        return lambda t: rate(t) / divisor
    return float(rate) / divisor
