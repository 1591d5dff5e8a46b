"""Plots of what networks do: activations, boundaries, loss surfaces, histograms by depth, curves, confusion.

Needs matplotlib (``pip install matplotlib``), which is imported when a plot is made. Every function draws into
``ax`` (or new axes), changes no global setting, and returns the axes. All share one look: the colours of Okabe and Ito,
which readers who see red and green alike can tell apart, and line styles that differ as well. This module must not
know how anything is trained.
"""

from nn.plot.arrays import matrices as matrices
from nn.plot.look import COLOURS as COLOURS
from nn.plot.models import *
from nn.plot.results import *
