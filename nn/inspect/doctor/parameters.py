"""Checks of parameters: whether gradients reach them, and whether an optimizer updates them."""

from collections import Counter

import numpy as np

from nn.equal_units import equal_units, weights_of_units
from nn.inspect.doctor.checks import Found, finds, listed
from nn.inspect.doctor.trial_step import TrialStep


@finds("no-gradient", places=True)
def no_gradient(trial: TrialStep) -> Found | None:
    """Parameters that the loss does not depend on."""
    if trial.loss is None:
        return None
    names = [name for name, g in trial.gradients.items() if g is None and name not in trial.stale]
    total = len(trial.gradients)
    what = f"The loss does not depend on {len(names)} of {listed(total, 'parameter')}: no gradient reaches them."
    return Found(what, names, {"without": len(names), "parameters": total})


@finds("zero-gradient", places=True)
def zero_gradient(trial: TrialStep) -> Found | None:
    """Exactly zero, now and after one step, because a zero-initialized last layer delays the others by one step."""
    if not trial.loss or not trial.after:
        return None
    names = [
        name
        for name, g in trial.gradients.items()
        if g is not None and g.size and not g.any() and (later := trial.after.get(name)) is not None and not later.any()
    ]
    what = f"The gradient of {listed(len(names), 'parameter')} is exactly 0, and is still 0 after one step."
    return Found(what, names, {"zero": len(names)})


@finds("stale-gradient", places=True)
def stale_gradient(trial: TrialStep) -> Found | None:
    """The same, with a gradient left over from an earlier pass that the next backward pass does not replace."""
    if trial.loss is None:
        return None
    names = [name for name, g in trial.gradients.items() if g is None and name in trial.stale]
    what = f"This loss gives no gradient to {listed(len(names), 'parameter')} that still hold one from an earlier pass."
    return Found(what, names, {"stale": len(names)})


@finds("not-in-optimizer", places=True)
def not_in_optimizer(trial: TrialStep) -> Found | None:
    """Parameters that require a gradient but are in no optimizer."""
    if not trial.optimizers:
        return None
    names = [name for name, p in trial.parameters.items() if p.requires_grad and id(p) not in trial.training.trained]
    own = {id(p) for p in trial.parameters.values()}
    foreign = len(trial.training.trained.keys() - own)
    what = f"The optimizer does not hold {listed(len(names), 'parameter')} of the model."
    if foreign:
        what += f" It holds {foreign} others: was it created for another model, or before layers were replaced?"
    return Found(what, names, {"not_held": len(names), "foreign": foreign})


@finds("held-twice", places=True)
def held_twice(trial: TrialStep) -> Found | None:
    """Parameters in several groups, or in several optimizers."""
    count = Counter(id(p) for o in trial.optimizers for group in o.param_groups for p in group["params"])
    names = {id(p): name for name, p in trial.parameters.items()}
    twice = [names.get(key, "a parameter outside this model") for key, n in count.items() if n > 1]
    what = f"Several groups or optimizers hold the same {listed(len(twice), 'parameter')}."
    return Found(what, twice, {"twice": len(twice)})


@finds("equal-units", places=True)
def equal(trial: TrialStep) -> Found | None:
    """Units that start equal and stay equal, by the rule of `nn.equal_units`."""
    where, words = [], []
    for name, p, hidden, is_layer in weights_of_units(list(trial.model.named_modules())):
        g = trial.gradients.get(name)
        if g is not None and (text := equal_units(p.data, g, hidden=hidden, is_layer=is_layer)) is not None:
            where.append(name)
            words.append(f"{name} holds the weights of {text}")
    return Found(" ".join(words), where, {"layers": len(where)})


@finds("not-finite")
def not_finite(trial: TrialStep) -> Found | None:
    """A loss or a gradient that is nan or inf."""
    if trial.loss is None:
        return None
    names = [name for name, g in trial.gradients.items() if g is not None and not np.isfinite(g).all()]
    if np.isfinite(trial.loss) and not names:
        return None
    weights = [name for name, p in trial.parameters.items() if not np.isfinite(p.data).all()]
    given = not np.isfinite(np.asarray(trial.x.data if hasattr(trial.x, "requires_grad") else trial.x)).all()
    what = f"The loss is {trial.loss}" + (f", with nan or inf in {listed(len(names), 'gradient')}." if names else ".")
    if given:
        what += " The input already contains nan or inf."
    if weights:
        what += f" So do the parameters: {', '.join(weights[:3])}."
    return Found(what, weights or names, {"loss": trial.loss})
