"""Presets: optimizers with the settings of a paper, a lecture or a demo, by name, from presets.toml."""

from difflib import get_close_matches
from typing import Any, NamedTuple

from autograd.tables import table_of
from optim.adagrad import Adadelta, Adagrad, RMSprop
from optim.adam import Adam
from optim.errors import HyperparameterError
from optim.groups import Parameters
from optim.optimizer import Optimizer
from optim.schedules import chain
from optim.sgd import SGD

__all__ = ["PRESETS", "preset"]


class Preset(NamedTuple):
    """An optimizer with settings, their source, and a note about them."""

    optimizer: type[Optimizer]
    settings: dict[str, Any]
    source: str
    note: str = ""


_OPTIMIZERS = {kind.__name__: kind for kind in (SGD, Adagrad, RMSprop, Adadelta, Adam)}


def _read(optimizer: str, settings: dict[str, Any], source: str, note: str = "") -> Preset:
    for name, value in settings.items():
        if isinstance(value, dict):
            settings[name] = chain({int(start): number for start, number in value.items()})
        elif isinstance(value, list):
            settings[name] = tuple(value)
    return Preset(_OPTIMIZERS[optimizer], settings, source, note)


PRESETS: dict[str, Preset] = {name: _read(**row) for name, row in table_of(__name__).items()}


def preset(name: str, params: Parameters, **changes: Any) -> Optimizer:
    """Make the optimizer of a preset for these parameters; ``changes`` replaces some of the settings.

    ``optim.presets.PRESETS`` lists all presets with their class, settings, source and note. Raises
    HyperparameterError for an unknown name.

    >>> import optim
    >>> from autograd import tensor
    >>> w = tensor([1.0], requires_grad=True)
    >>> optim.preset("momentum-newson", [w], lr=0.1)
    SGD(1 parameter of 1 number, lr=0.1, momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=False, \
momentum_style='ema', maximize=False)
    >>> optim.presets.PRESETS["adam-newson"].settings
    {'lr': 0.0002, 'betas': (0.5, 0.999), 'eps': 1e-08, 'eps_mode': 'inside'}
    """
    if name not in PRESETS:
        near = get_close_matches(name, PRESETS, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise HyperparameterError(f"there is no preset {name!r}. Choose from {', '.join(sorted(PRESETS))}.{hint}")
    found = PRESETS[name]
    return found.optimizer(params, **{**found.settings, **changes})
