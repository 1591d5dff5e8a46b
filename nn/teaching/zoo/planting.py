"""Random programs with one wrong rule at a random node: how often does gradcheck name it? (docs/design.md)"""

import inspect
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import tensor
from autograd.engine.op import REGISTRY, Op, joint
from autograd.gradcheck import GradcheckReport, gradcheck
from nn.layers import Linear
from nn.teaching.zoo.calls import Call, results_of

FAULTS = ("scale", "sign", "transpose", "no sum", "shift")
ROWS, COLUMNS = 3, 4

Array = NDArray[Any]


def spoil(fault: str, d: Array, shape: tuple[int, ...]) -> Array:
    """A gradient with a fault, but with the shape of the right one."""
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
    return np.asarray(d[pick])


def wrong_twin(op: Op, operand: int, fault: str) -> Callable[..., Any]:
    """The op with a fault in the rule of one operand."""
    name = f"{op.operands[0 if op.variadic else operand]}_shape"

    def slip(found: Any, shape: Any) -> Any:
        if not op.joint:
            return spoil(fault, found, shape)
        parts = list(found)
        parts[operand] = spoil(fault, parts[operand], shape[operand] if op.variadic else shape)
        return tuple(parts)

    place = 0 if op.joint else operand
    rules: Any = tuple(with_shape(rule, name, slip) if i == place else rule for i, rule in enumerate(op.rules))
    rules = joint(*rules) if op.joint else rules
    twin = Op(op.name, op.kernel, rules, infix=op.infix, outputs=op.outputs, stacked=False)
    twin.facts = op.facts
    return twin.function


def with_shape(rule: Any, name: str, change: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """A rule whose result is modified by a function of the result and the shape of an operand."""
    parameters = list(inspect.signature(rule).parameters.values())
    asked = [p.name for p in parameters]
    known = name in asked

    def wrong(*values: Any) -> Any:
        given = dict(zip(asked if known else [*asked, name], values, strict=True))
        return change(rule(*(given[p] for p in asked)), given[name])

    extra = [] if known else [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    wrong.__signature__ = inspect.Signature([*parameters, *extra])  # type: ignore[attr-defined]
    return wrong


class Program:
    """A random program as source text, with the objects that it uses."""

    def __init__(self, rng: np.random.Generator, samples: dict[str, list[Call]], must: str, steps: int = 6) -> None:
        self.rng = rng
        self.lines: list[str] = ["def program(x, w, layer):"]
        self.objects: dict[str, Any] = {"np": np}
        self.pool: list[str] = ["x"]
        turn, call = rng.integers(steps), rng.integers(steps)
        names = list(samples)
        for step in range(steps):
            if step == call:
                v = self.add(f"layer({self.any()})")
                self.add(f"np.sin({v}) * w", keep=True)
            name = must if step == turn else names[rng.integers(len(names))]
            self.use(samples[name][rng.integers(len(samples[name]))], planted=step == turn)
        total = " + ".join(self.pool)
        self.lines.append(f"    return np.sum({total})")

    def add(self, text: str, keep: bool = False) -> str:
        """Add a line that assigns a new variable."""
        name = f"v{len(self.lines)}"
        self.lines.append(f"    {name} = {text}; {name}.name = '{name}'")
        if keep:
            self.pool.append(name)
        return name

    def constant(self, value: Any) -> str:
        """Store an object for the program and return its name."""
        name = f"c{len(self.objects)}"
        self.objects[name] = value
        return name

    def any(self) -> str:
        """A random variable among those computed so far."""
        return self.pool[self.rng.integers(len(self.pool))]

    def use(self, sample: Call, planted: bool) -> None:
        """Add a call of an op, with operands that are close to those of a sample but depend on earlier variables."""
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
        size = sum(np.size(part) for part in results_of(sample, np.float64))
        if op.outputs:
            self.lines.append(f"    {result} = {call}")
            result = self.add(f"np.concatenate([part.reshape(-1) for part in {result}])")
        else:
            result = self.add(f"{self.add(call)}.reshape(-1)")
        mix = self.constant(self.rng.normal(size=(size, ROWS * COLUMNS)) / max(size, 1) ** 0.5)
        v = self.add(f"({result} @ {mix}).reshape({ROWS}, {COLUMNS})")
        self.add(f"np.sin({v} + {self.any()})", keep=True)

    def function(self, planted: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """The program as a function, with the wrong op in place of the right one if one is given."""
        names = dict(self.objects)
        if planted is not None:
            names[self.planted] = planted
        exec(compile("\n".join(self.lines), "<program>", "exec"), names)
        program: Callable[..., Any] = names["program"]
        return program


class Trial:
    """One program with one fault that changes its gradient."""

    def __init__(self, number: int, samples: dict[str, list[Call]]) -> None:
        rng = np.random.default_rng([2024, number])
        names = list(samples)
        self.op: str = names[number % len(names)]
        self.fault = ""
        self.layer: Linear = Linear(COLUMNS, COLUMNS, dtype="float64", rng=rng)
        self.x, self.w = rng.normal(size=(ROWS, COLUMNS)), rng.normal(size=COLUMNS)
        for _ in range(5):
            self.program: Program = Program(rng, samples, self.op)
            self.right = self.program.function()
            if self.plant(rng):
                break

    def plant(self, rng: np.random.Generator) -> bool:
        """Look for a fault that changes the gradient of the program, and return whether there is one."""
        sample = self.program.sample
        for _ in range(20):
            fault = FAULTS[rng.integers(len(FAULTS))]
            operand = sample.live[rng.integers(len(sample.live))]
            wrong = self.program.function(wrong_twin(sample.op, operand, fault))
            if self.matters(wrong):
                self.fault, self.wrong = fault, wrong
                return True
        return False

    def gradients(self, function: Callable[..., Any]) -> list[Array]:
        """The gradients of a program with respect to both of its inputs."""
        x, w = tensor(self.x, requires_grad=True), tensor(self.w, requires_grad=True)
        with np.errstate(all="ignore"):
            found = function(x, w, self.layer).gradient(x, w, allow_unused=True)
        return [g.data for g in found if g is not None]

    def matters(self, wrong: Callable[..., Any]) -> bool:
        """Whether the fault changes a gradient noticeably."""
        try:
            pairs = list(zip(self.gradients(self.right), self.gradients(wrong), strict=True))
        except (ValueError, IndexError):  # the engine refuses a fault that changes a shape
            return False
        return any(np.max(np.abs(a - b)) > 1e-4 * np.max(np.abs(a)) > 0 for a, b in pairs)

    def check(self, function: Callable[..., Any]) -> GradcheckReport:
        """The report of `gradcheck` on a program."""
        return gradcheck(lambda x, w: function(x, w, self.layer), self.x, self.w, raise_on_failure=False)

    def outcome(self) -> str:
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


class Score:
    """How many of the planted faults were named, and what went wrong with the others."""

    def __init__(self, ops: int) -> None:
        self.ops = ops
        self.counts: Counter[str] = Counter()
        self.failures: list[tuple[int, str, str, str]] = []  # number, op, fault, outcome

    def __str__(self) -> str:
        programs = self.counts.total()
        planted = programs - self.counts["no fault that matters"]
        named = self.counts["named"]
        lines = [
            f"{planted:,} planted faults in {self.ops} ops: {named:,} named exactly ({named / max(planted, 1):.2%})",
            f"{programs:,} right programs: {self.counts['false']:,} false alarms",
            *(" ".join(map(str, failure)) for failure in self.failures),
        ]
        return "\n".join(lines)


def by_op(samples: Iterable[Call]) -> dict[str, list[Call]]:
    """The usable samples of each op: not empty, with moderate numbers, in float64 throughout."""
    groups: dict[str, list[Call]] = {}
    for sample in samples:
        op = sample.op
        if sample.live and REGISTRY.get(op.name) is op and all(np.size(x) > 0 for x in sample.arrays()):
            parts = results_of(sample, np.float64)
            double = any(part.size for part in parts) and all(part.dtype == np.float64 for part in parts)
            values = [*(x for x in sample.arrays() if isinstance(x, np.ndarray)), *parts]
            if double and all(np.all(np.abs(x) < 1e6) for x in values):
                groups.setdefault(op.name, []).append(sample)
    return groups


def score(samples: Iterable[Call], numbers: Iterable[int]) -> Score:
    """Plant a fault in each of the programs with these numbers, and count the outcomes of the checks."""
    groups = by_op(samples)
    found = Score(len(groups))
    for number in numbers:
        trial = Trial(number, groups)
        outcome = trial.outcome()
        good = outcome in ("named", "no fault that matters")
        found.counts[outcome if good else outcome.partition(" ")[0]] += 1
        if not good:
            found.failures.append((number, trial.op, trial.fault, outcome))
    return found
