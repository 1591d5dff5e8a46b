"""Views of a recorded graph: pictures, the backward pass step by step, derivatives explained, recordings."""

from autograd.view.chain.replay import ValuesNotKeptError as ValuesNotKeptError
from autograd.view.drawing import Drawing as Drawing, draw as draw
from autograd.view.explain import Explanation as Explanation, explain as explain
from autograd.view.record import Difference as Difference, Recording as Recording, diff as diff, record as record
from autograd.view.steps import Steps as Steps, steps as steps
