"""Views of a recorded graph: pictures, the backward pass step by step, derivatives explained, recordings.

This module holds the public names, nothing else. Importing it imports neither graphviz nor anything optional.
"""

from autograd.view.chain.replay import ValuesNotKeptError
from autograd.view.diff import Difference, diff
from autograd.view.drawing import Drawing, draw
from autograd.view.explain import Explanation, explain
from autograd.view.record import Recording, record
from autograd.view.steps import Steps, steps

__all__ = [
    "Difference",
    "Drawing",
    "Explanation",
    "Recording",
    "Steps",
    "ValuesNotKeptError",
    "diff",
    "draw",
    "explain",
    "record",
    "steps",
]
