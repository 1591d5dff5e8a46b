"""Random programs with one wrong rule planted at a random node, and the count of how often gradcheck names that node.

Each program has at least 30 nodes, one per line of its source, with fan-out, broadcasting and a module. Every op of
the registry gets its turn; the fault is a factor, a sign, a transposition, a broadcast axis that is not summed, or an
index that is off by one. Run this file with a number of programs (2,000) to print the score.
"""

import inspect
import sys
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np

import nn
from autograd import tensor
from autograd.gradcheck import gradcheck
from autograd.registry import REGISTRY, Op, joint

FAULTS = ("scale", "sign", "transpose", "no sum", "shift")
ROWS, COLUMNS = 3, 4


# --- wrong rules ----------------------------------------------------------------------------------------------


def spoil(fault, d, shape):
    """A gradient with a slip; it has the shape that a right one would have."""
    if fault == "scale":
        return d * 1.5
    if fault == "sign":
        return -d
    if fault == "transpose":
        return d.reshape(d.shape[::-1]).transpose()
    if fault == "shift":
        return np.roll(d, 1)
    extra = d.ndim - len(shape)
    pick = (0,) * extra + tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)
    return d[pick]


def wrong_twin(op, operand, fault):
    """The op with a slip in the rule of one operand."""
    if op.joint:
        rule = op.rules[0]
        shapes = f"{op.operands[0]}_shape" if op.variadic else f"{op.operands[operand]}_shape"

        def change(found, shape):
            found = list(found)
            found[operand] = spoil(fault, found[operand], shape[operand] if op.variadic else shape)
            return tuple(found)

        return twin_of(op, joint(with_shape(rule, shapes, change)))
    rules = list(op.rules)
    shape = f"{op.operands[operand]}_shape"
    rules[operand] = with_shape(rules[operand], shape, lambda d, shape: spoil(fault, d, shape))
    return twin_of(op, tuple(rules))


def with_shape(rule, name, change):
    """A rule whose result is changed, given the shape of an operand."""
    parameters = list(inspect.signature(rule).parameters.values())
    asked = [p.name for p in parameters]
    known = name in asked

    def wrong(*values):
        values = dict(zip(asked if known else [*asked, name], values, strict=True))
        shape = values[name]
        return change(rule(*(values[p] for p in asked)), shape)

    extra = [] if known else [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    wrong.__signature__ = inspect.Signature([*parameters, *extra])
    return wrong


def twin_of(op, rules):
    return Op(op.name, op.kernel, rules, infix=op.infix, outputs=op.outputs).function


# --- programs -------------------------------------------------------------------------------------------------


class Program:
    """A random program as source text, with the objects that it names."""

    def __init__(self, rng, samples, must, modules=1):
        self.rng = rng
        self.lines = ["def program(x, w, layer):"]
        self.objects = {"np": np}
        self.pool = ["x"]
        self.nodes = {}  # line number: op
        self.samples = {}
        steps = 6
        turn, call = rng.integers(steps), rng.integers(steps)
        names = list(samples)
        for step in range(steps):
            if step == call:
                self.call_layer()
            name = must if step == turn else names[rng.integers(len(names))]
            self.use(samples[name][rng.integers(len(samples[name]))], planted=step == turn)
        total = " + ".join(self.pool)
        self.lines.append(f"    return np.sum({total})")

    def add(self, text, op=None, keep=False):
        """A line that assigns a new variable."""
        name = f"v{len(self.lines)}"
        self.lines.append(f"    {name} = {text}; {name}.name = '{name}'")
        if keep:
            self.pool.append(name)
        return name

    def constant(self, value):
        name = f"c{len(self.objects)}"
        self.objects[name] = value
        return name

    def any(self):
        return self.pool[self.rng.integers(len(self.pool))]

    def call_layer(self):
        v = self.add(f"layer({self.any()})")
        self.add(f"np.sin({v}) * w", keep=True)

    def use(self, sample, planted):
        """An op at operands near those of a sample, made of what was computed before."""
        op, operands = sample.op, []
        for i, x in enumerate(sample.arrays(np.float64)):
            if i not in sample.live:
                operands.append(self.constant(x))
                continue
            index = self.constant(self.rng.integers(0, ROWS * COLUMNS, x.shape))
            v = self.add(f"{self.any()}.reshape(-1)[{index}]")
            v = self.add(f"{v} * 0.02")
            operands.append(self.add(f"{v} + {self.constant(x)}"))
        name = self.constant(op.function)
        attributes = "".join(f", {key}={self.constant(value)}" for key, value in sample.attributes.items())
        result = f"v{len(self.lines)}"
        call = f"{name}({', '.join(operands)}{attributes})"
        if planted:
            self.planted, self.sample, self.line = name, sample, len(self.lines) + 1
        if op.outputs:
            self.lines.append(f"    {result} = {call}")
            result = self.add(f"np.concatenate([part.reshape(-1) for part in {result}])")
            size = int(sum(np.size(part) for part in op.kernel(*sample.arrays(np.float64), **sample.attributes)))
        else:
            self.lines.append(f"    {result} = {call}; {result}.name = '{result}'")
            result = self.add(f"{result}.reshape(-1)")
            size = int(np.size(op.kernel(*sample.arrays(np.float64), **sample.attributes)))
        mix = self.constant(self.rng.normal(size=(size, ROWS * COLUMNS)) / max(size, 1) ** 0.5)
        v = self.add(f"({result} @ {mix}).reshape({ROWS}, {COLUMNS})")
        self.add(f"np.sin({v} + {self.any()})", keep=True)

    def function(self, planted=None):
        """The program as a function; with the wrong op in the place of the right one."""
        names = dict(self.objects)
        if planted is not None:
            names[self.planted] = planted
        exec(compile("\n".join(self.lines), "<program>", "exec"), names)
        return names["program"]


class Trial:
    """One program with one fault that makes a difference."""

    def __init__(self, number, samples):
        rng = np.random.default_rng([2024, number])
        names = list(samples)
        self.op = names[number % len(names)]
        self.fault = ""
        layer = nn.Linear(COLUMNS, COLUMNS, dtype="float64", rng=rng)
        self.x, self.w = rng.normal(size=(ROWS, COLUMNS)), rng.normal(size=COLUMNS)
        self.layer = layer
        for _ in range(5):
            self.program = Program(rng, samples, self.op)
            self.right = self.program.function()
            if self.plant(rng):
                break

    def plant(self, rng):
        sample = self.program.sample
        for _ in range(20):
            fault = FAULTS[rng.integers(len(FAULTS))]
            operand = sample.live[rng.integers(len(sample.live))]
            wrong = self.program.function(wrong_twin(sample.op, operand, fault))
            if self.matters(wrong):
                self.fault, self.wrong = fault, wrong
                return True
        return False

    def gradients(self, function):
        x, w = tensor(self.x, requires_grad=True), tensor(self.w, requires_grad=True)
        with np.errstate(all="ignore"):
            return [g.data for g in function(x, w, self.layer).gradient(x, w, allow_unused=True) if g is not None]

    def matters(self, wrong):
        """Whether the fault changes a gradient by more than a thousandth."""
        try:
            pairs = list(zip(self.gradients(self.right), self.gradients(wrong), strict=True))
        except (ValueError, IndexError):  # a slip that breaks the shapes is refused by the engine at once
            return False
        return any(np.max(np.abs(a - b)) > 1e-4 * np.max(np.abs(a)) > 0 for a, b in pairs)

    def check(self, function):
        return gradcheck(lambda x, w: function(x, w, self.layer), self.x, self.w, raise_on_failure=False)

    def outcome(self):
        """ "named", or what went wrong."""
        if not self.fault:
            return "no fault that matters"
        clean = self.check(self.right)
        if not clean.ok:
            return f"false alarm ({clean.verdict})"
        report = self.check(self.wrong)
        if report.verdict != "wrong":
            return f"missed ({report.verdict})"
        line = self.program.line
        name = None if self.program.sample.op.outputs else f"v{line - 1}"
        if report.op != self.op or report.line != f"<program>:{line}" or (name and report.node != name):
            return f"named {report.op} {report.node} {report.line} in place of {self.op} {name} line {line}"
        return "named" if len(report.faults) == 1 else f"named {len(report.faults)} nodes"


def by_op(samples):
    """The samples of each op that can be planted: not empty, of moderate numbers, in float64 throughout."""
    groups = {}
    for sample in samples:
        op = sample.op
        if sample.live and op.name in REGISTRY and all(np.size(x) for x in sample.arrays()):
            out = op.kernel(*sample.arrays(np.float64), **sample.attributes)
            parts = out if isinstance(out, tuple) else (out,)
            double = all(np.asarray(part).dtype == np.float64 for part in parts)
            values = [*(x for x in sample.arrays() if isinstance(x, np.ndarray)), *parts]
            if double and sum(map(np.size, parts)) and all(np.all(np.abs(x) < 1e6) for x in values):
                groups.setdefault(op.name, []).append(sample)
    return groups


def score(samples, numbers):
    """How the programs of these numbers ended, with number, op and fault of each that did not end well."""
    groups = by_op(samples)
    counts, failures = Counter(), []
    for number in numbers:
        trial = Trial(number, groups)
        outcome = trial.outcome()
        counts[outcome if outcome in ("named", "no fault that matters") else outcome.split(" ")[0]] += 1
        if outcome not in ("named", "no fault that matters"):
            failures.append((number, trial.op, trial.fault, outcome))
    return counts, failures


def main(count):
    spec = spec_from_file_location("op_samples", Path(__file__).parents[1] / "ops" / "samples.py")
    samples = sys.modules["op_samples"] = module_from_spec(spec)
    spec.loader.exec_module(samples)
    counts, failures = score(samples.SAMPLES, range(count))
    planted = count - counts["no fault that matters"]
    print(f"{planted:,} planted faults: {counts['named']:,} named exactly ({counts['named'] / planted:.2%})")
    print(f"{count:,} right programs: {counts['false']:,} false alarms")
    for failure in failures:
        print(*failure)


if __name__ == "__main__":
    main(int(sys.argv[1]))
