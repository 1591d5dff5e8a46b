"""Plots of networks: activations, decision boundaries, loss surfaces, histograms by layer, learning curves, confusion.

Needs matplotlib (``pip install matplotlib``), which is imported when a plot is made. Every function draws into
``ax`` (or new axes), changes no global setting, and returns the axes. All plots share one style: the colours of Okabe
and Ito, which readers with red-green colour blindness can tell apart, and distinct line styles. This package must not
know how models are trained.
"""

from nn.plot.arrays import matrices as matrices
from nn.plot.look import COLOURS as COLOURS
from nn.plot.models import *
from nn.plot.results import *
