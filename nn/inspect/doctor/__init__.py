"""`doctor`: find the mistakes in a training setup before it runs."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd.progress import Work, over
from nn.inspect.doctor import losses, parameters, step, units  # noqa: F401 - they fill the table
from nn.inspect.doctor.checks import CHECKS
from nn.inspect.doctor.report import Diagnosis, Finding
from nn.inspect.doctor.training import Training
from nn.inspect.doctor.trial_step import TrialStep
from nn.module import Module
from optim import Optimizer

__all__ = ["Diagnosis", "Finding", "doctor"]

__autograd_transparent__ = True  # messages name lines of the user's code


def doctor(
    model: Module, loss_fn: Callable[..., Any], optimizer: Optimizer | Sequence[Optimizer] | None, batch: Any
) -> Diagnosis:
    """Find what keeps a model from learning, by trying one step on a batch. Nothing changes.

    ``loss_fn``, and the parts of ``batch`` (such as a pair ``(x, y)``), are as in `nn.fit`: the loss is
    ``loss_fn(model(x), y)``. ``optimizer`` may also be a list of several, or None to skip the checks of steps.

    It looks at the batch, at how model and loss fit together, at the parameters and their gradients, at the layers, and
    at what ten steps achieve. docs/doctor.md lists all findings with their conditions. The report names the checks that
    ran, and says what no check can see: finding nothing does not mean that the model will learn.

    Afterwards, the mode, parameters, gradients, buffers, generators, optimizer state, and all objects that the model,
    loss and optimizer refer to are as before. Only printing and writing to files in a `Module` cannot be undone.

    Raises TypeError for a wrong model, loss or optimizer, and ValueError for an empty batch.

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
        raise TypeError(f"doctor takes a Module, not {model!r}.")
    if not callable(loss_fn):
        raise TypeError(f"loss_fn must be a function of prediction and target, like nn.MSELoss(), not {loss_fn!r}.")
    given = [] if optimizer is None else [optimizer] if isinstance(optimizer, Optimizer) else list(optimizer)
    for one in given:
        if not isinstance(one, Optimizer):
            raise TypeError(f"optimizer must be an optimizer of optim, a list of them, or None, not {one!r}.")
    with Work("examining", 1 + len(CHECKS)) as work:
        trial = TrialStep(Training(model, loss_fn, given, batch))
        trial.run()
        work.advance()
        skipped = {name: why for name, (_, needs) in CHECKS.items() if (why := trial.lacks(needs))}
        chosen = [(name, check) for name, (check, _) in CHECKS.items() if name not in skipped]
        found = {name: check(trial) for name, check in over(chosen, len(CHECKS))}
    return Diagnosis([finding for finding in found.values() if finding is not None], found, skipped)
