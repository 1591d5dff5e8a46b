"""The bug zoo: programs with one mistake each, of the kinds that people make, as exercises and as tests of the checks.

`EXERCISES` has them all, in families; `chainrule zoo` shows them. `planting` makes random programs with a fault at a
random node, to count how often the gradient check names exactly that node.

>>> from nn.zoo import EXERCISES, run
>>> exercise = EXERCISES[0]
>>> outcome = run(exercise)
>>> outcome.found, outcome.report.op, outcome.lines
('wrong', 'square', ('return np.mean(square(signal))',))
>>> run(exercise, exercise.solution).passes
True
"""

from nn.teaching.zoo import graphs, messages, rules, training
from nn.teaching.zoo.exercise import Exercise, Outcome, run, show

__all__ = ["EXERCISES", "FAMILIES", "Exercise", "Outcome", "run", "show"]

FAMILIES: dict[str, tuple[Exercise, ...]] = {
    "gradients worked out by hand": rules.EXERCISES,
    "functions that gradients cannot be right for": graphs.EXERCISES,
    "training loops and losses": training.EXERCISES,
    "what the errors say": messages.EXERCISES,
}

EXERCISES: tuple[Exercise, ...] = tuple(exercise for family in FAMILIES.values() for exercise in family)
