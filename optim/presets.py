"""Settings in print, by name: which optimizer a paper, a lecture or a demo means, with the numbers that it gives.

A preset is data: a class, its settings and where they come from. What a source leaves open is this package's default,
and its note says so. This module knows all optimizers; no optimizer knows it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, NamedTuple

from optim.adagrad import Adadelta, Adagrad, RMSprop
from optim.adam import Adam
from optim.errors import HyperparameterError
from optim.groups import Parameters
from optim.optimizer import Optimizer
from optim.schedules import chain
from optim.sgd import SGD


class Preset(NamedTuple):
    """An optimizer with settings, their source, and what is to be known about them."""

    optimizer: type[Optimizer]
    settings: dict[str, Any]
    source: str
    note: str = ""


HU = "Hu & Zhu, Multi-layer perceptron, deep learning course, Tsinghua University"
HWANG = "Hwang, Metrics, MLP and CNN, EEP 596B, University of Washington"
NEWSON = "Newson, Neural networks, graphs, optimisation, Telecom Paris"
PITAS = "Pitas, Multilayer perceptron and backpropagation, Aristotle University of Thessaloniki"
INSIDE = {"eps": 1e-8, "eps_mode": "inside"}

PRESETS: dict[str, Preset] = {
    "momentum-hu": Preset(
        SGD,
        {"lr": 0.01, "momentum": chain({0: 0.5, 1000: 0.9}), "momentum_style": "classical"},
        HU,
        "0.5 until the initial learning stabilizes, then 0.9: when that is, and the rate, are left open",
    ),
    "momentum-hwang": Preset(
        SGD,
        {"lr": 0.01, "momentum": 0.9, "momentum_style": "classical"},
        HWANG,
        "rates 0.01 and 0.1, momenta 0.9, 0.95 and 0.99 are called typical",
    ),
    "momentum-newson": Preset(
        SGD, {"lr": 0.01, "momentum": 0.9, "momentum_style": "ema"}, NEWSON, "the rate is left open"
    ),
    "nesterov-pitas": Preset(
        SGD,
        {"lr": 0.01, "momentum": 0.9, "momentum_style": "classical"},
        PITAS,
        "take the gradient within optimizer.look_ahead(); rate and momentum are left open",
    ),
    "sgd-playground": Preset(
        SGD, {"lr": 0.03}, "TensorFlow Playground, https://playground.tensorflow.org", "batches of 10"
    ),
    "adagrad-hwang": Preset(
        Adagrad, {"lr": 0.01, "eps": 0.0}, HWANG, "there is no eps: 0 / 0 where no gradient has come yet"
    ),
    "adagrad-pitas": Preset(
        Adagrad,
        {"lr": 0.01, "use_current": False, **INSIDE},
        PITAS,
        "the sum ends before this step, so the first step divides by the root of eps; rate and eps are left open",
    ),
    "adadelta-convnetjs": Preset(
        Adadelta,
        {"rho": 0.95, "eps": 1e-8, "weight_decay": 1e-3},
        "the MNIST demo of https://github.com/karpathy/convnetjs",
        "batches of 20; biases do not decay: give decay_groups(model)",
    ),
    "rmsprop-hinton": Preset(
        RMSprop, {"lr": 0.001, "alpha": 0.9}, "Tieleman & Hinton, lecture 6.5 of Neural networks for machine learning"
    ),
    "rmsprop-hwang": Preset(
        RMSprop, {"lr": 0.001, "alpha": 0.9, "eps": 0.0}, HWANG, "there is no eps; rate and alpha are left open"
    ),
    "rmsprop-newson": Preset(
        RMSprop, {"lr": 0.001, "alpha": 0.9, **INSIDE}, NEWSON, "rate, alpha and eps are left open"
    ),
    "adam-paper": Preset(
        Adam, {"lr": 0.001, "betas": (0.9, 0.999), "eps": 1e-8}, "Kingma & Ba, https://arxiv.org/abs/1412.6980"
    ),
    "adam-hwang": Preset(Adam, {"lr": 0.001, "betas": (0.9, 0.999), **INSIDE}, HWANG),
    "adam-newson": Preset(Adam, {"lr": 0.0002, "betas": (0.5, 0.999), **INSIDE}, NEWSON, "eps is left open"),
    "adam-pitas": Preset(
        Adam,
        INSIDE,
        PITAS,
        "the slides write the corrected means into the recursion, which would correct them again at every step; here "
        "they are corrected once, as in the paper. All numbers are left open",
    ),
}


def preset(name: str, params: Parameters, **changes: Any) -> Optimizer:
    """The optimizer that a source prints, for these parameters; ``changes`` replaces some of the settings.

    ``optim.presets.PRESETS`` has them all, each with its class, settings, source and note. Raises
    HyperparameterError for a name that is not among them.

    >>> import optim
    >>> from autograd import tensor
    >>> w = tensor([1.0], requires_grad=True)
    >>> optim.preset("momentum-newson", [w], lr=0.1)
    SGD(1 parameter of 1 numbers, lr=0.1, momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=False, \
momentum_style='ema', maximize=False)
    >>> optim.presets.PRESETS["adam-newson"].settings
    {'lr': 0.0002, 'betas': (0.5, 0.999), 'eps': 1e-08, 'eps_mode': 'inside'}
    """
    if name not in PRESETS:
        near = get_close_matches(name, PRESETS, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise HyperparameterError(f"there is no preset {name!r}; there are {', '.join(sorted(PRESETS))}.{hint}")
    found = PRESETS[name]
    return found.optimizer(params, **{**found.settings, **changes})
