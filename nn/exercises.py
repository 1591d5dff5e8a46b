"""Check answers to exercises. This is the public name of `nn.teaching.exercises`."""

from nn.teaching.exercises import *
from nn.teaching.exercises import __all__ as __all__
