"""Recurrent layers: the same step for every element of a sequence, with a state that is passed on."""

import typing as _typing

from nn.layers.recurrent.cells import *
from nn.layers.recurrent.layers import *

if not _typing.TYPE_CHECKING:  # see nn.layers
    __all__ = [name for name in dir() if name[0].isupper()]
