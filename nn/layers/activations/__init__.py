"""Activations, one file per family; `names` lists the names by which `MLP` and others accept them."""

import typing as _typing

from nn.layers.activations.piecewise import *
from nn.layers.activations.smooth import *
from nn.layers.activations.softmax import *

if not _typing.TYPE_CHECKING:  # see nn.layers
    __all__ = [name for name in dir() if name[0].isupper()]
