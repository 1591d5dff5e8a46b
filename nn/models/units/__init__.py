"""Single threshold units from the history of neural networks, with their own learning rules."""

from autograd.engine.tape import transparent as _transparent
from nn.models.units.adaline import Adaline, AdalineFit
from nn.models.units.mcculloch_pitts import McCullochPitts
from nn.models.units.perceptron import Perceptron, PerceptronFit, Update

__all__ = ["Adaline", "AdalineFit", "McCullochPitts", "Perceptron", "PerceptronFit", "Update"]

_transparent(__name__)
