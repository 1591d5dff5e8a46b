"""Checks of parameters: whether gradients reach them, and whether an optimizer updates them."""

from collections import Counter

import numpy as np

from nn.arguments import plain
from nn.equal_units import equal_units, weights_of_units
from nn.inspect.doctor.checks import Found, finds
from nn.inspect.doctor.trial_step import TrialStep


@finds("no-gradient", "pass", places=True)
def no_gradient(trial: TrialStep) -> Found | None:
    """Parameters that the loss does not depend on."""
    names = [name for name, g in trial.gradients.items() if g is None and name not in trial.stale]
    return Found({"without": len(names), "parameters": len(trial.gradients)}, names)


@finds("zero-gradient", "steps", places=True)
def zero_gradient(trial: TrialStep) -> Found | None:
    """Exactly zero now and after one step (a last layer of zeros delays the others by one), or for all after it."""
    if not trial.loss:
        return None
    given = [name for name, g in trial.gradients.items() if g is not None and g.size]
    dead = [name for name in given if (g := trial.after.get(name)) is not None and not g.any()]
    names = [name for name in dead if not np.any(trial.gradients[name])]
    if not names and len(dead) == len(given) and trial.rates[1.0]:
        return Found({"zero": len(dead), "loss": trial.rates[1.0]}, dead, "after-the-step")
    return Found({"zero": len(names)}, names)


@finds("stale-gradient", "pass", places=True)
def stale_gradient(trial: TrialStep) -> Found | None:
    """The same, with a gradient left over from an earlier pass that the next backward pass does not replace."""
    names = [name for name, g in trial.gradients.items() if g is None and name in trial.stale]
    return Found({"stale": len(names)}, names)


@finds("old-gradients", "optimizer", places=True)
def old_gradients(trial: TrialStep) -> Found | None:
    """Gradients in place before the first step, to which the first backward pass adds."""
    held = {name for name, p in trial.parameters.items() if p.grad is not None and p.grad.any()}
    names = [name for name, g in trial.gradients.items() if g is not None and name in held]
    return Found({"old": len(names)}, () if any(o.t for o in trial.optimizers) else names)


@finds("not-in-optimizer", "optimizer", places=True)
def not_in_optimizer(trial: TrialStep) -> Found | None:
    """Parameters that require a gradient but are in no optimizer."""
    names = [name for name, p in trial.parameters.items() if p.requires_grad and id(p) not in trial.training.trained]
    own = {id(p) for p in trial.parameters.values()}
    foreign = len(trial.training.trained.keys() - own)
    return Found({"not_held": len(names), "foreign": foreign}, names, "others" if foreign else "")


@finds("held-twice", places=True)
def held_twice(trial: TrialStep) -> Found | None:
    """Parameters in several groups, or in several optimizers."""
    count = Counter(id(p) for group in trial.training.groups for p in group["params"])
    names = {id(p): name for name, p in trial.parameters.items()}
    twice = [names.get(key, "a parameter outside this model") for key, n in count.items() if n > 1]
    return Found({"twice": len(twice)}, twice)


@finds("equal-units", "pass", places=True)
def equal(trial: TrialStep) -> Found | None:
    """Units that start equal and stay equal, by the rule of `nn.equal_units`."""
    found = {}
    for name, p, hidden, is_layer in weights_of_units(list(trial.model.named_modules())):
        g = trial.gradients.get(name)
        if g is not None and (text := equal_units(p.data, g, hidden=hidden, is_layer=is_layer)) is not None:
            found[name] = f"{name} holds the weights of {text}"
    return Found({"layers": len(found)}, found, what=" ".join(found.values()))


@finds("not-finite", "pass")
def not_finite(trial: TrialStep) -> Found | None:
    """A loss or a gradient that is nan or inf."""
    assert trial.loss is not None
    names = [name for name, g in trial.gradients.items() if g is not None and not np.isfinite(g).all()]
    if np.isfinite(trial.loss) and not names:
        return None
    weights = [name for name, p in trial.parameters.items() if not np.isfinite(p.data).all()]
    what = f"The loss is {trial.loss}" + (", and gradients contain nan or inf." if names else ".")
    what += "" if np.isfinite(plain(trial.x)).all() else " The input already contains nan or inf."
    what += f" Parameters contain nan or inf: {', '.join(weights[:3])}." if weights else ""
    return Found({"loss": trial.loss}, weights or names, what=what)
