"""`doctor`: one look at model, loss, optimizer and a batch."""

from collections.abc import Callable, Sequence
from typing import Any

from nn.inspect.doctor import losses, parameters, step, structure, units  # noqa: F401 - they fill the table
from nn.inspect.doctor.checks import CHECKS
from nn.inspect.doctor.report import Diagnosis
from nn.inspect.doctor.training import Training
from nn.inspect.doctor.trial_step import TrialStep
from nn.module import Module
from optim import Optimizer

__autograd_transparent__ = True  # the lines that are named are those of the user


def doctor(
    model: Module, loss_fn: Callable[..., Any], optimizer: Optimizer | Sequence[Optimizer] | None, batch: Any
) -> Diagnosis:
    """Look for what keeps a model from learning, by one step with a batch. Nothing is changed.

    ``loss_fn``, and the parts of ``batch`` (such as a pair ``(x, y)``), are as in `nn.fit`: the loss is
    ``loss_fn(model(x), y)``. ``optimizer`` may be several, in a list, or None, when nothing is to be said about steps.

    It looks for parameters without a gradient, with one that is exactly 0, or left over from an earlier pass
    ("no-gradient", "zero-gradient", "stale-gradient"); parameters that the optimizer does not hold, or holds twice
    ("not-in-optimizer", "held-twice"); modules where they are not found ("hidden-modules"); a softmax applied twice
    ("activation-twice"); a loss that mixes shapes ("broadcast-loss"), or does not go with the output of the model
    ("loss-mismatch"); units with equal weights ("equal-units"), dead and saturated units ("dead-units",
    "saturated-units"); evaluation mode ("eval-mode"); a rate that raises the loss on this batch ("rate-too-high");
    unscaled inputs ("unscaled-inputs"); numbers that are not finite ("not-finite"), and errors ("fails").

    Mode, parameters, gradients, buffers, generators, the state of the optimizer, and all that model, loss and optimizer
    refer to, are afterwards what they were before. Only a `Module` that prints or writes to a file does so.

    Raises TypeError for what is no model, loss or optimizer, ValueError for an empty batch.

    >>> import nn, optim
    >>> x, y = nn.data.moons(64, noise=0.1, seed=0)
    >>> model = nn.MLP([2, 16, 2], output_activation="softmax", rng=0)
    >>> report = nn.doctor(model, nn.CrossEntropyLoss(), optim.Adam([model[0].weight]), (x, y))
    >>> report
    Diagnosis(activation-twice, not-in-optimizer)
    >>> report["not-in-optimizer"].where
    ('0.bias', '2.weight', '2.bias')
    """
    if not isinstance(model, Module):
        raise TypeError(f"doctor looks at a Module, not at {model!r}.")
    if not callable(loss_fn):
        raise TypeError(f"loss_fn is a function of prediction and target, such as nn.MSELoss(), not {loss_fn!r}.")
    given = [] if optimizer is None else [optimizer] if isinstance(optimizer, Optimizer) else list(optimizer)
    for one in given:
        if not isinstance(one, Optimizer):
            raise TypeError(f"optimizer is one of optim, or several, or None, not {one!r}.")
    trial = TrialStep(Training(model, loss_fn, given, batch))
    trial.run()
    return Diagnosis([found for check in CHECKS.values() if (found := check(trial)) is not None])
