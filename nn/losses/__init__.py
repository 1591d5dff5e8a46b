"""Losses, one file per family: each function, and the module that keeps its settings, side by side.

``__all__`` of a family lists its modules, which `nn` offers; `nn.functional` offers the functions.
"""

import typing as _typing

from autograd.engine.tape import transparent as _transparent
from nn.losses.binary import *
from nn.losses.classification import *
from nn.losses.regression import *

_transparent(__name__)

if not _typing.TYPE_CHECKING:  # see nn.layers
    __all__ = [name for name in dir() if name[0].isupper()]
