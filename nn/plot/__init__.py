"""Plots of networks: activations, decision boundaries, loss surfaces, histograms by layer, learning curves, confusion.

Needs matplotlib (``pip install matplotlib``), which is imported when a plot is made. Every function except `frames` and
`panels` draws into ``ax`` (or new axes). None changes a global setting. All return axes except `frames`. All plots
share one style: the colours of Okabe and Ito, which readers with red-green colour blindness can tell apart, on light
and dark backgrounds (for example in ``plt.style.context("dark_background")``), distinct line styles, and blue and
orange for positive and negative numbers.
This package must not know how models are trained.
"""

from nn.plot.arrays import matrices as matrices
from nn.plot.curves import *
from nn.plot.frames import frames as frames
from nn.plot.look import COLOURS as COLOURS
from nn.plot.models import *
from nn.plot.results import *
