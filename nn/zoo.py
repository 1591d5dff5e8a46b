"""The bug zoo: programs with one mistake each. The public name of `nn.teaching.zoo`."""

from nn.teaching.zoo import *
from nn.teaching.zoo import __all__ as __all__
