"""Single threshold units, from the history of neural networks. The public name of `nn.models.units`."""

from nn.models.units import *
from nn.models.units import __all__ as __all__
