"""Checks of the step: its direction, its size, and what ten steps achieve."""

import numpy as np

from nn.arguments import plain
from nn.inspect.doctor.checks import Found, finds
from nn.inspect.doctor.losses import taken_by
from nn.inspect.doctor.report import Measured
from nn.inspect.doctor.trial_step import MORE, NOISE, TrialStep

_RISE = 0.1  # as a fraction of the loss; less is rounding, or the swing of momentum late in training
_NOTHING, _LITTLE = 1e-6, 1e-3  # of what a larger rate achieves
_WORTH = 0.01  # of the loss: less is no progress to compare with
_SHRUNK = 0.05  # of the parameters, by decay in the trial steps
_BESIDE = 0.5  # of the way that the parameters go in these steps without decay
_ALL = 0.99  # of the samples, if the loss prefers wrong predictions


@finds("rate-too-high", "steps")
def rate(trial: TrialStep) -> Found | None:
    """The step raises the loss lastingly, and a smaller step in the same direction lowers it."""
    assert trial.loss is not None
    raised, better = trial.rates[1.0], [d for d, value in trial.rates.items() if value <= trial.loss]
    if raised <= trial.loss + _RISE * abs(trial.loss) or trial.walk.loss <= trial.loss or not better:
        return None
    measured = {"before": trial.loss, "after": raised, "later": trial.walk.loss, "divide_by": better[0]}
    return Found({**measured, "lowered": trial.rates[better[0]], "steps": MORE})


@finds("uphill", "steps")
def uphill(trial: TrialStep) -> Found | None:
    """The loss rises at every learning rate, or falls as predictions get worse."""
    assert trial.loss is not None
    ascends = any(group.get("maximize") for group in trial.training.groups)
    share = _share_pulled_away(trial, -1.0 if ascends else 1.0)
    if share > _ALL and not ascends:
        return Found({"share": share}, case="turned")
    changes = np.array([value - trial.loss for value in trial.tiny.values()])
    noise = NOISE * abs(trial.loss)
    if not changes.size or changes.max() <= noise or changes.min() < -noise or (ascends and share < 1.0 - _ALL):
        return None
    divisors = ", ".join(f"{divisor:,.0f}" for divisor in trial.tiny)
    return Found({"before": trial.loss, "divisors": divisors}, case="maximize" if ascends else "direction")


def _share_pulled_away(trial: TrialStep, sign: float) -> float:
    """The fraction of predictions that a step moves away from their class, side or number; 0.5 if that is unknown."""
    target, pull, towards = plain(trial.targets[0]), trial.pull, np.zeros(0)
    if pull is None or target is trial.x or not target.size or target.dtype.kind not in "fiub":
        return 0.5
    if target.shape == pull.shape:
        sides = np.unique(target)
        takes = taken_by(trial.loss_function) or (
            "scores" if (trial.loss or 0.0) < 0.0 else ""
        )  # a distance may be asked for
        if sides.size > 2 or takes == "numbers" or (sides.size == 2 and takes):
            towards = -sign * pull * (target - (sides.mean() if sides.size == 2 else plain(trial.prediction)))
    elif target.dtype.kind in "iu" and pull.shape[:1] + pull.shape[2:] == target.shape and target.min() >= 0:
        towards = -sign * np.take_along_axis(pull, target[:, None] % pull.shape[1], axis=1)
    moved = towards[towards != 0.0]
    return float(np.mean(moved < 0.0)) if moved.size > towards.size / 2 else 0.5


@finds("wrong-gradient", "pass")
def wrong_gradient(trial: TrialStep) -> Found | None:
    """The gradient is not the slope of the loss."""
    if not trial.slopes:
        return None
    name = max(trial.slopes, key=lambda name: abs(trial.slopes[name] - 1.0))
    worst: dict[str, Measured] = {"worst": name or "all parameters", "ratio": trial.slopes[name]}
    return Found(trial.slopes | worst, [name for name in trial.slopes if name])


@finds("no-progress", "steps")
def no_progress(trial: TrialStep) -> Found | None:
    """Trial steps change nothing, or next to nothing beside those with a larger rate."""
    if not any(p.requires_grad for p in trial.training.trained.values()):
        return Found({"steps": MORE}, case="frozen")
    if not any(g is not None and g.any() for g in trial.gradients.values()) or trial.training.warms_up():
        return None
    if not any(map(any, [o.present_lr() for o in trial.optimizers])):
        return Found({"steps": MORE}, case="zero")
    return _beside_larger_rates(trial, 0.0, _NOTHING, "rate")


@finds("small-rate", "steps")
def small_rate(trial: TrialStep) -> Found | None:
    """Trial steps lower the loss, but little beside those with a larger rate."""
    return _beside_larger_rates(trial, _NOTHING, _LITTLE)


def _beside_larger_rates(trial: TrialStep, least: float, most: float, case: str = "") -> Found | None:
    """If the loss falls this much in ten steps, as a fraction of how far it falls with the best larger rate."""
    assert trial.loss is not None
    found = {factor: value for factor, value in trial.multiples.items() if value < trial.loss * (1.0 - _WORTH)}
    if not found:
        return None
    factor = min(found, key=lambda factor: found[factor])
    share = abs(trial.loss - trial.walk.loss) / (trial.loss - found[factor])
    measured = {
        "before": trial.loss,
        "after": trial.walk.loss,
        "factor": factor,
        "lowered": found[factor],
        "steps": MORE,
    }
    return Found(measured, case=case) if least <= share < most else None


@finds("decay-too-strong", "steps")
def decay(trial: TrialStep) -> Found | None:
    """Weight decay moves the parameters at least half as far towards 0 as the gradient moves them anywhere."""
    if trial.undecayed is None:
        return None
    smaller = trial.undecayed.size - trial.walk.size
    if not smaller > max(_SHRUNK, _BESIDE * trial.undecayed.way):
        return None
    return Found({"smaller": smaller, "by_gradient": trial.undecayed.way, "steps": MORE})
