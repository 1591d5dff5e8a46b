"""The bug zoo: short programs with one bug each, which are exercises for people and tests for the checks.

The exercises are stored in TOML files, one for each family. `EXERCISES` holds them all, and `chainrule zoo` shows them.
`planting` makes random programs with a fault at a random node, to count how often the gradient check names that node.

>>> from nn.zoo import EXERCISES, run
>>> exercise = EXERCISES[0]
>>> outcome = run(exercise)
>>> outcome.found, outcome.report.op, outcome.lines
('wrong', 'square', ('return np.mean(square(signal))',))
>>> run(exercise, exercise.solution).passes
True
"""

from typing import TYPE_CHECKING

from autograd.lazy import on_use
from nn.teaching.zoo.exercise import Exercise, Outcome, run, show

__all__ = ["EXERCISES", "FAMILIES", "Exercise", "Outcome", "run", "show"]

if TYPE_CHECKING:
    from nn.teaching.zoo.reading import EXERCISES, FAMILIES

on_use(__name__, dict.fromkeys(("EXERCISES", "FAMILIES"), "nn.teaching.zoo.reading"))
