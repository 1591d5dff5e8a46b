# What type checkers and editors see; a test compares the names that are imported on first use with __init__.py.

from nn import (
    data as data,
    distributed as distributed,
    exercises as exercises,
    functional as functional,
    init as init,
    metrics as metrics,
    models as models,
    penalties as penalties,
    plot as plot,
    saving as saving,
    units as units,
    utils as utils,
    zoo as zoo,
)
from nn.defaults import *
from nn.errors import *
from nn.inspect.doctor import doctor as doctor
from nn.inspect.drawing import draw as draw
from nn.inspect.flow import gradient_flow as gradient_flow
from nn.inspect.summarizing import summary as summary
from nn.layers import *
from nn.layers.lazy import *
from nn.layers.resizing import *
from nn.layers.transformer import *
from nn.losses import *
from nn.losses.recommendation import recommend as recommend
from nn.module import Buffer as Buffer, Module as Module, Parameter as Parameter
from nn.saving import load as load, save as save
from nn.stateless import functional_call as functional_call
from nn.training import *
from nn.training.fit import fit as fit
from nn.units import Adaline as Adaline, McCullochPitts as McCullochPitts, Perceptron as Perceptron
