"""Layers and activations, one file per family: each function beside the module that stores its settings."""

import typing as _typing

from autograd.engine.tape import transparent as _transparent
from nn.layers.activations import *
from nn.layers.attention import *
from nn.layers.container import *
from nn.layers.convolution import *
from nn.layers.distance import *
from nn.layers.dropout import *
from nn.layers.embedding import *
from nn.layers.flatten import *
from nn.layers.linear import *
from nn.layers.normalization import *
from nn.layers.pooling import *
from nn.layers.recurrent import *

_transparent(__name__)

if not _typing.TYPE_CHECKING:  # type checkers follow the stars; a list that is computed would stop them
    __all__ = [name for name in dir() if name[0].isupper()]
