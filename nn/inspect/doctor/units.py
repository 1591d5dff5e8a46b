"""Checks of activations: dead units, and saturated ones."""

import math
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from nn.inspect.doctor.checks import Found, finds
from nn.inspect.doctor.trial_step import Activation, TrialStep
from nn.losses.base import source_of

# Fewer values say little about a unit, and fewer units say little about a layer.
_FEWEST_NUMBERS = 16
_FEWEST_UNITS = 4
_TOO_MANY = 0.75

FLAT = 0.01  # of the largest slope


def flat_share(activation: Activation) -> float:
    """The fraction of entries where the slope of an activation is below a hundredth of its largest slope.

    An activation with two limits is treated as a logistic curve between them, like sigmoid and tanh; one with only a
    lower limit is flat at that limit.
    """
    low, high = activation.range
    if not math.isfinite(high):
        return float(np.mean(~(activation.out > low)))
    share = (activation.out - low) / (high - low)
    return float(np.mean(share * (1.0 - share) < FLAT / 4.0))


def dead_share(activation: Activation) -> float:
    """The fraction of units that are 0 for every sample (and at every position of a feature map)."""
    axis = activation.axis % activation.out.ndim
    others = tuple(i for i in range(activation.out.ndim) if i != axis)
    return float(np.mean(~(activation.out > 0.0).any(axis=others)))


@finds("dead-units", places=True)
def dead(trial: TrialStep) -> Found | None:
    """Layers in which most ReLU units are 0 for the whole batch."""
    shares = _pooled(trial, lambda low, high: low == 0.0 and math.isinf(high), dead_share)
    return _found(shares, "ReLU units that are 0 for all samples of the batch")


@finds("saturated-units", places=True)
def saturated(trial: TrialStep) -> Found | None:
    """Hidden layers that are mostly saturated."""
    shares = _pooled(trial, lambda low, high: math.isfinite(high - low), flat_share)
    return _found(shares, "sigmoid or tanh activations with a slope below a hundredth of the largest")


def _pooled(
    trial: TrialStep, wanted: Callable[[float, float], bool], share: Callable[[Activation], float]
) -> dict[str, float]:
    """Average a fraction over all calls of each layer with activations of such limits, except for the output of the
    model, which may saturate legitimately."""
    if trial.seen is None or trial.loss is None:
        return {}
    last = source_of(trial.prediction)
    found: dict[str, list[float]] = defaultdict(list)
    for activation in trial.seen.activations:
        units = activation.out.shape[activation.axis]
        enough = units >= _FEWEST_UNITS and activation.out.size >= units * _FEWEST_NUMBERS
        if wanted(*activation.range) and enough and (last is None or activation.node is not last):
            found[activation.where].append(share(activation))
    return {where: sum(shares) / len(shares) for where, shares in found.items()}


def _found(shares: dict[str, float], what: str) -> Found:
    bad = {where: share for where, share in shares.items() if share > _TOO_MANY}
    words = ", ".join(f"{share:.0%} in {where or 'the model'}" for where, share in bad.items())
    measured = {where: round(share, 4) for where, share in bad.items()}
    return Found(f"Too many {what}: {words}.", bad, measured)
