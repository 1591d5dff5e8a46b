"""The bug zoo: programs with one bug each. This is the public name of `nn.teaching.zoo`."""

from nn.teaching.zoo import *
from nn.teaching.zoo import __all__ as __all__
