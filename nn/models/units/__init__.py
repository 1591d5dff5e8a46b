"""Single threshold units, from the history of neural networks, with their own rules of learning."""

from nn.units.adaline import Adaline, AdalineFit
from nn.units.mcculloch_pitts import McCullochPitts
from nn.units.perceptron import Perceptron, PerceptronFit, Update

__all__ = ["Adaline", "AdalineFit", "McCullochPitts", "Perceptron", "PerceptronFit", "Update"]
