"""Recurrent layers: the same step for every element of a sequence, with a state that is passed on.

``steps`` defines the kinds of steps, ``cells`` the modules for single steps, ``layers`` those for whole sequences.
"""

import typing as _typing

from nn.layers.recurrent.cells import *
from nn.layers.recurrent.layers import *

if not _typing.TYPE_CHECKING:  # see nn.layers
    __all__ = [name for name in dir() if name[0].isupper()]
