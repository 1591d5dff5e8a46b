"""Checks of layers: hidden ones, their mode, dead and saturated units, gradients that vanish or explode."""

import math
from collections import defaultdict
from collections.abc import Callable
from itertools import takewhile
from types import FunctionType
from typing import Any

import numpy as np

from nn.inspect.doctor.checks import Found, finds
from nn.inspect.doctor.trial_step import Activation, TrialStep
from nn.losses.base import source_of
from nn.module import Module

# Fewer values say little about a unit, and fewer units say little about a layer.
_FEWEST_NUMBERS = 16
_FEWEST_UNITS = 4
_TOO_MANY = 0.75
_FEWEST_LAYERS = 4  # layers; in fewer, a small output layer is enough to change the ratio
_FAR = 1e3  # the factor between one of the last two layers and the first

FLAT = 0.01  # of the largest slope


@finds("hidden-modules")
def hidden(trial: TrialStep) -> Found | None:
    """Tensors that the gradient reaches but `Module.parameters` does not, and iterators."""
    if trial.one_way:
        return Found({"iterators": len(trial.one_way)}, trial.one_way, "iterators")
    if not trial.hidden:
        return None
    held = sum(id(leaf) in trial.training.trained for _, leaf in trial.hidden)
    numbers = sum(leaf.size for _, leaf in trial.hidden)
    measured = {"hidden": len(trial.hidden), "numbers": numbers, "held_by_optimizer": held}
    return Found(measured, [place for place, _ in trial.hidden], "held" if held else "")


@finds("eval-mode", places=True)
def eval_mode(trial: TrialStep) -> Found | None:
    """Modules in evaluation mode, if the mode makes a difference and they are not frozen."""
    resting = ((path or type(module).__name__, module) for path, module, training in trial.modes if not training)
    where = [name for name, module in resting if _minds(module)]
    return Found({"modules": len(where)}, where)


def _minds(module: Module) -> bool:
    """Whether the computation of a module depends on its mode: its class reads `training`, and it is not frozen."""
    own = list(module.parameters())
    frozen = bool(own) and not any(p.requires_grad for p in own)
    if frozen or getattr(module, "p", None) == 0.0 or getattr(module, "dropout", None) == 0.0:
        return False
    kinds = type(module).__mro__[: type(module).__mro__.index(Module)]
    functions = (f for kind in kinds for f in vars(kind).values() if isinstance(f, FunctionType))
    return any("training" in f.__code__.co_names for f in functions)


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
    units = np.moveaxis(activation.out, activation.axis, 0)
    return float(np.mean(~(units.reshape(len(units), -1) > 0.0).any(axis=1)))


@finds("dead-units", "pass", places=True)
def dead(trial: TrialStep) -> Found:
    """Layers in which most ReLU units are 0 for the whole batch."""
    return _mostly(trial, lambda low, high: low == 0.0 and math.isinf(high), dead_share)


@finds("saturated-units", "pass", places=True)
def saturated(trial: TrialStep) -> Found:
    """Hidden layers that are mostly saturated."""
    return _mostly(trial, lambda low, high: math.isfinite(high - low), flat_share)


def _mostly(trial: TrialStep, wanted: Callable[[float, float], bool], share: Callable[[Activation], float]) -> Found:
    """Hidden layers with activations of such limits in which this fraction, averaged over calls, is too large."""
    assert trial.seen is not None
    last = source_of(trial.prediction)
    found: dict[str, list[float]] = defaultdict(list)
    for activation in trial.seen.activations:
        units = activation.out.shape[activation.axis]
        enough = units >= _FEWEST_UNITS and activation.out.size >= units * _FEWEST_NUMBERS
        if wanted(*activation.range) and enough and (last is None or activation.node is not last):
            found[activation.where].append(share(activation))
    means = {where: round(sum(shares) / len(shares), 4) for where, shares in found.items()}
    bad = {where: mean for where, mean in means.items() if mean > _TOO_MANY}
    words = ", ".join(f"{mean:.0%} in {where or 'the model'}" for where, mean in bad.items())
    return Found({**bad, "shares": words}, bad)


@finds("vanishing-gradient", "pass", places=True)
def vanishing(trial: TrialStep) -> Found | None:
    """The gradient shrinks on its way back to the first layer."""
    return _far_off(trial.deltas, min, lambda ratio: ratio < 1.0 / _FAR)


@finds("exploding-gradient", "pass", places=True)
def exploding(trial: TrialStep) -> Found | None:
    """The gradient grows on its way back to the first layer."""
    return _far_off(trial.deltas, max, lambda ratio: ratio > _FAR)


def _far_off(deltas: dict[str, float], which: Any, far: Callable[[float], bool]) -> Found | None:
    """The first layers, as long as their gradient is far from those of the last two, whichever is nearer."""
    if len(deltas) < _FEWEST_LAYERS or not all(deltas.values()):  # an output layer of zeros lets nothing through yet
        return None
    last = which(list(deltas)[-2:], key=deltas.__getitem__)  # the output layer may be small, or the other in a branch
    ratios = {path: delta / deltas[last] for path, delta in deltas.items()}
    first, ratio = next(iter(ratios.items()))
    each = ratio ** (1.0 / (len(deltas) - 2))
    where = list(takewhile(lambda path: far(ratios[path]), ratios))
    return Found({"first": first, "last": last, "ratio": ratio, "per_layer": each}, where)
