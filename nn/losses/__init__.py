"""Losses, one file per family: each function beside the module that stores its settings."""

import typing as _typing

from autograd.engine.tape import transparent as _transparent
from nn.losses.binary import *
from nn.losses.classification import *
from nn.losses.distance import *
from nn.losses.regression import *

_transparent(__name__)

if not _typing.TYPE_CHECKING:  # see nn.layers
    __all__ = [name for name in dir() if name[0].isupper()]
