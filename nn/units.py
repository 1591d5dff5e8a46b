"""Single threshold units, from the history of neural networks. The public name of `nn.models.units`."""

import sys as _sys

from nn.models.units import *
from nn.models.units import __all__ as __all__

for _name in ("adaline", "mcculloch_pitts", "perceptron"):  # by the names that pickles made with 0.1 have for them
    _sys.modules[f"nn.units.{_name}"] = _sys.modules[f"nn.models.units.{_name}"]
