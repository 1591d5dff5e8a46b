"""Wrong rules where they are hard to see: in trained networks, and in the rule of a rule. Each from its number alone.

`in_network` takes the networks of right_programs.py and spoils one rule of one op that they use. Whether its effect
can be seen at all is measured without gradcheck: the loss is computed in long double beside float64, and a slope that
moves the loss by less than what the two differ by cannot be told from none.

`second_order` takes the programs of `nn.teaching.zoo.planting`, shorter ones, and spoils the rule of one op in a way
that its values do not show: the gradient is right, and the gradient of the gradient is not.

``python tests/gradcheck/planted_faults.py`` counts how many are named (a few minutes).
"""

import inspect
import sys
import warnings
from collections import Counter
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import right_programs

from autograd import Tensor, gradcheck, no_grad, tensor
from autograd.engine.graph import newest_first
from autograd.engine.op import Op, joint
from nn.teaching.zoo.planting import COLUMNS, FAULTS, ROWS, Program, by_op, spoil

# --- in trained networks ----------------------------------------------------------------------------------------

IN_NETWORKS = 418  # each network as it was trained, and surer of itself
# What the rounding of the loss leaves to see of a slope: differences at steps of a thirtieth of an entry, with the
# error of four roundings, and a factor of two.
VISIBLE = 256.0


@contextmanager
def spoiled(op, operand, fault):
    """One op with a slip in the rule of one operand, in every place where it is used."""
    right = op.vjp

    def wrong(g, kept, parents):
        found = list(right(g, kept, parents))
        if found[operand] is not None and parents[operand] is not None:
            found[operand] = np.asarray(spoil(fault, np.asarray(found[operand]), parents[operand].shape))[()]
        return tuple(found)

    op.vjp = wrong
    try:
        yield
    finally:
        op.vjp = right


class InNetwork:
    """A trained network with a slip in the rule of one of its ops."""

    def __init__(self, number):
        activation, loss, way = right_programs.NETWORKS[number]
        self.f, _, self.model, _ = right_programs.network(activation, loss, way)
        self.name = f"{activation} {loss} {way}"
        self.parameters = dict(self.model.named_parameters())
        rng = np.random.default_rng([13, 1, number])
        self.right = self.gradients()
        self.op = self.slip = None
        for _ in range(30):
            nodes = [v for v in newest_first([self.f()._node]) if v.op is not None and any(v.parents)]
            node = nodes[rng.integers(len(nodes))]
            live = [i for i, parent in enumerate(node.parents) if parent is not None]
            operand, fault = live[rng.integers(len(live))], FAULTS[rng.integers(len(FAULTS))]
            if not node.op.outputs and self.matters(node.op, operand, fault):
                self.op, self.operand, self.slip = node.op, operand, fault
                break

    def gradients(self):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = self.f().gradient(*self.parameters.values(), allow_unused=True)
        return [
            np.zeros(p.shape) if g is None else g.data for p, g in zip(self.parameters.values(), found, strict=True)
        ]

    def matters(self, op, operand, fault):
        """Whether the slip changes the gradient by more than a thousandth of its largest entry."""
        try:
            with spoiled(op, operand, fault):
                self.wrong = self.gradients()
        except (ValueError, IndexError):
            return False
        largest = max(float(np.max(np.abs(g))) for g in self.right)
        return self.change() > 1e-3 * largest > 0

    def change(self):
        return max(float(np.max(np.abs(a - b))) for a, b in zip(self.right, self.wrong, strict=True))

    def noise(self):
        """How far the loss in float64 is from the loss in long double, near these parameters; at least what long double
        rounds beside 1. Where float64 gives the same number at all of them, nothing can be seen at all."""
        rng = np.random.default_rng(0)
        parameters = list(self.parameters.values())
        start = [p.data for p in parameters]
        worst, seen = float(np.finfo(np.longdouble).eps), set()
        try:
            for k in range(12):
                near = [d.astype(float) * (1 + 2.0**-7 * (k > 0) * rng.uniform(-1, 1, d.shape)) for d in start]
                values = []
                for dtype in (np.float64, np.longdouble):
                    for p, d in zip(parameters, near, strict=True):
                        p.data = d.astype(dtype)
                    with no_grad(), warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        values.append(self.f().data.astype(np.longdouble))
                worst = max(worst, float(abs(values[0] - values[1])))
                seen.add(float(values[0]))
        finally:
            for p, d in zip(parameters, start, strict=True):
                p.data = d
        return worst if len(seen) > 1 else np.inf

    def visible(self):
        """Whether the change of some slope moves the loss by more than its rounding, over steps that are usual."""
        largest = 0.0
        for p, a, b in zip(self.parameters.values(), self.right, self.wrong, strict=True):
            size = np.abs(p.data)
            size = np.maximum(size, np.sqrt(np.mean(size**2)) / 16)
            largest = max(largest, float(np.max(np.abs(a - b) * size)))
        return largest > VISIBLE * self.noise()

    def outcome(self):
        if self.op is None:
            return "no fault that matters"
        with spoiled(self.op, self.operand, self.slip), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = gradcheck(self.f, wrt=self.model, raise_on_failure=False)
        if report.verdict == "wrong" and report.op == self.op.name:
            return "named"
        if not self.visible():
            return "below the noise"
        return f"named {report.op}" if report.verdict == "wrong" else f"missed ({report.verdict})"


# --- of second order --------------------------------------------------------------------------------------------

SECOND_ORDER = 400
SLIPS = ("frozen", "frozen operands", "scale", "sign")


def slipped(slip, rule):
    """A rule with the right values whose own derivative is wrong."""

    def changed(*values):
        found = rule(*values)
        several = isinstance(found, tuple | list)
        if slip == "frozen operands":
            held = [values[0], *map(detached, values[1:])]
            return rule(*held)
        parts = [
            part if not isinstance(part, Tensor) else twist(slip, part) for part in (found if several else [found])
        ]
        return tuple(parts) if several else parts[0]

    changed.__signature__ = inspect.signature(rule)
    return changed


def detached(value):
    if isinstance(value, tuple):
        return tuple(map(detached, value))
    return value.detach() if isinstance(value, Tensor) else value


def twist(slip, d):
    still = d.detach()
    if slip == "frozen":
        return still
    return d * 1.5 - still * 0.5 if slip == "scale" else still * 2.0 - d


def slipped_twin(op, slip, operand):
    if op.joint:
        rules = joint(slipped(slip, op.rules[0]))
    else:
        rules = tuple(slipped(slip, rule) if i == operand else rule for i, rule in enumerate(op.rules))
    twin = Op(op.name, op.kernel, rules, infix=op.infix, outputs=op.outputs, stacked=False)
    twin.facts = op.facts
    return twin.function


class SecondOrder:
    """A random program in which the rule of one op has a slip that only the second derivative shows."""

    def __init__(self, number, samples):
        rng = np.random.default_rng([13, 2, number])
        names = list(samples)
        self.name = names[number % len(names)]
        self.slip = None
        self.x, self.w = rng.normal(size=(ROWS, COLUMNS)), rng.normal(size=COLUMNS)
        for _ in range(6):
            self.program = Program(rng, samples, self.name, steps=2)
            self.right = self.program.function()
            if self.plant(rng):
                break

    def layer(self, x):
        return np.cos(x * self.w)

    def plant(self, rng):
        sample = self.program.sample
        for _ in range(8):
            slip = SLIPS[rng.integers(len(SLIPS))]
            operand = sample.live[rng.integers(len(sample.live))]
            if sample.op.rules[0 if sample.op.joint else operand] is None:
                continue
            wrong = self.program.function(slipped_twin(sample.op, slip, operand))
            if self.matters(wrong):
                self.slip, self.wrong = slip, wrong
                return True
        return False

    def second(self, function):
        """The gradient of <gradient, fixed numbers>."""
        x = tensor(self.x, requires_grad=True)
        with np.errstate(all="ignore"):
            [first] = function(x, self.w, self.layer).gradient(x, create_graph=True)
            weights = np.random.default_rng(5).uniform(0.5, 1.5, self.x.shape)
            if not first.requires_grad:
                return np.zeros(self.x.shape)
            [found] = np.sum(first * weights).gradient(x, allow_unused=True)
        return np.zeros(self.x.shape) if found is None else found.data

    def matters(self, wrong):
        a, b = self.second(self.right), self.second(wrong)
        return bool(np.max(np.abs(a - b)) > 1e-3 * np.max(np.abs(a)) > 0)

    def check(self, function):
        return gradcheck(lambda x: function(x, self.w, self.layer), self.x, order=2, raise_on_failure=False)

    def outcome(self):
        if self.slip is None:
            return "no fault that matters"
        clean = self.check(self.right)
        if not clean.ok:
            return f"false alarm ({clean.verdict})"
        report = self.check(self.wrong)
        if report.verdict != "wrong":
            return f"missed ({report.verdict})"
        line = f"<program>:{self.program.line}"
        if (report.op, report.line) != (self.name, line):
            return f"named {report.op} at {report.line} in place of line {line}"
        return "named"


# --- counting ---------------------------------------------------------------------------------------------------


def in_networks(numbers=range(IN_NETWORKS)):
    """How the checks of networks with a planted fault end: the counts, and a line for each that was not named."""
    return tally((number, InNetwork(number)) for number in numbers)


def second_orders(samples, numbers=range(SECOND_ORDER)):
    """The same for planted faults of second order, in ops that these samples are of."""
    groups = by_op(samples)
    return tally((number, SecondOrder(number, groups)) for number in numbers)


def tally(trials):
    counts, lines = Counter(), []
    for number, trial in trials:
        outcome = trial.outcome()
        counts[outcome.partition(" (")[0] if outcome.startswith("missed") else outcome.partition(" at ")[0]] += 1
        if outcome not in ("named", "below the noise", "no fault that matters"):
            lines.append(f"{number} {trial.name} {trial.slip or ''}: {outcome}")
    return counts, lines


def load_samples():
    spec = spec_from_file_location("op_samples", Path(__file__).parents[1] / "ops" / "samples.py")
    samples = sys.modules["op_samples"] = module_from_spec(spec)
    spec.loader.exec_module(samples)
    return samples.SAMPLES


if __name__ == "__main__":
    for counts, lines in (in_networks(), second_orders(load_samples())):
        print(*lines, dict(counts), sep="\n")
