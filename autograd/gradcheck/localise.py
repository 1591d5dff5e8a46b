"""Finds the node whose rule is wrong: every node on the way is checked by itself, at the values it really had.

The program is run again with a `Recorder`, and each node becomes a small `Problem`: its kernel, its recorded operands,
its rule, weighted with the gradient that really arrived. When every rule is right the error lies between the nodes: a
second recording at other inputs shows which constant of the graph changes with them, and so has left it.

This module owns that search and its words. It must not know where the program comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.engine import Route, fit
from autograd.gradcheck.compare import Comparison
from autograd.gradcheck.plan import Limits, Weights
from autograd.gradcheck.problem import (
    Array,
    Problem,
    RuleFailure,
    Run,
    Runnable,
    Variable,
    gradients_of,
    spacing,
    vertex_of,
)
from autograd.gradcheck.recorder import MISSING, Record, Recorder
from autograd.gradcheck.report import Fault, Row, Verdict
from autograd.graph import Node, Vertex
from autograd.modes import STATE

__all__ = ["Search", "localise"]

_LIMITS = Limits(entries=4, directions=2, output_entries=0, combinations=1)
# Where several entries meet at a kink, each number may lie between its slopes, and their sum may not.
_TOGETHER = Limits(entries=0, directions=4, output_entries=0, combinations=1)

_MOST_NODES = 3000


class Search(NamedTuple):
    """The result of a search: the faults in the order of the program, and the findings in words.

    Without faults, ``op`` and ``line`` say where a value that had left the graph came back as a constant.
    """

    faults: tuple[Fault, ...]
    findings: tuple[str, ...]
    op: str | None = None
    line: str | None = None


class NotCheckable(Exception):
    """A node that cannot be checked by itself."""


class NodeProblem:
    """One node as a `Problem`: its kernel, and its rule with the engine's work on the edge."""

    def __init__(self, record: Record) -> None:
        node = record.node
        self._node = node
        self._live = [i for i, parent in enumerate(node.parents) if parent is not None]
        names = operand_names(node)
        self._data = [stand_in(node, i) if data is MISSING else data for i, data in enumerate(record.data)]
        self.inputs = [Variable(names[i], np.array(self._data[i], np.float64)) for i in self._live]
        values = self.values([variable.value for variable in self.inputs])
        self.outputs = [Variable(record.label, value) for value in values]
        dtypes = [np.asarray(self._data[i]).dtype for i in self._live]
        self.magnitudes = [0.0] * len(values)
        self.eps = spacing([*dtypes, *(node.dtype if node.op.outputs else (node.dtype,))])

    def values(self, arrays: Sequence[Array]) -> list[Array]:
        data = list(self._data)
        for i, array in zip(self._live, arrays, strict=True):
            data[i] = array.astype(np.asarray(self._data[i]).dtype)
        out = self._node.op.kernel(*data, **(self._node.attrs or {}))  # type: ignore[attr-defined]
        return [np.array(part, np.float64) for part in (out if self._node.op.outputs else (out,))]

    def pullback(self, output: int, seed: Array) -> list[Array | None]:
        node = self._node
        if node.op.outputs:
            shapes = zip(node.shape, node.dtype, strict=True)
            g: Any = tuple(seed.astype(d) if k == output else np.zeros(s, d) for k, (s, d) in enumerate(shapes))
        else:
            g = seed.astype(node.dtype)[()]
        try:
            with np.errstate(all="ignore"):
                found = node.op.vjp(g, node.kept, node.parents)
            pairs = [(found[i], node.parents[i]) for i in self._live]
            return [
                None if d is None or parent is None else np.array(fit(d, parent, node.op.name), np.float64)
                for d, parent in pairs
            ]
        except Exception as error:  # whatever a rule raises is what is wrong with it
            raise RuleFailure(f"it raises {type(error).__name__}: {error}") from error


def operand_names(node: Node) -> list[str]:
    """The names of the operands, numbered where an op takes any number of them."""
    names, count = node.op.operands, len(node.operands)
    return list(names) if len(names) == count else [f"{names[0]}[{i}]" for i in range(count)]


def stand_in(node: Node, number: int) -> Any:
    """An operand that was not recorded: as the node keeps it for its rules, or else any numbers of its shape.

    A rule that does not name an operand is right for any value of it, so any value serves to check the rule.
    """
    op: Any = node.op
    kept: dict[str, Any] = dict(zip(op.keeps, node.kept, strict=True))
    value = kept.get(op.operands[0 if op.variadic else number])
    if value is not None:
        return value[number] if op.variadic else value
    operand = node.operands[number]
    return np.random.default_rng(number).normal(size=operand.shape).astype(operand.dtype)


def localise(subject: Runnable, output: int, seed: Array) -> Search:
    """Look for the node that makes the gradient of <seed, output> wrong."""
    recorder, run = record_run(subject, [variable.value.copy() for variable in subject.inputs])
    start = vertex_of(run.outputs[output][1])
    if start is None:
        return Search((), ("this output is no Tensor with a graph: it was computed outside, or cut off at the end",))
    wanted = frozenset(vertex for vertex in run.inputs if vertex is not None)
    route = Route([start], wanted)
    words: list[str] = []
    try:
        watched(recorder, lambda: gradients_of(start, seed, route))
    except RuleFailure as failure:  # that rule fails its own check, too
        words.append(str(failure))
    on_the_way = set(route.order)
    nodes = [record for record in recorder.records if record.node in on_the_way]
    if len(nodes) > _MOST_NODES:
        words.append(f"only the {_MOST_NODES:,} nodes nearest to the output of {len(nodes):,} were checked")
        nodes = nodes[-_MOST_NODES:]
    paths = Paths(route)
    faults: list[Fault] = []
    right: list[Record] = []
    for record in nodes:
        try:
            row = check_node(record, recorder.incoming.get(record.node))
        except NotCheckable as error:
            words.append(str(error))
            continue
        if row is None:
            right.append(record)
        else:
            faults.append(fault_of(record, row, paths))
    if not faults:
        pairs = [(record, check_node(record, recorder.incoming.get(record.node), _TOGETHER)) for record in right]
        faults = [fault_of(record, row, paths) for record, row in pairs if row is not None]
    if faults:
        return Search(tuple(faults), tuple(map(str, faults[:4])))
    rules = "the rule of the only node is" if len(right) == 1 else f"the rules of {len(right)} nodes are"
    words.append(f"{rules} right at the values they had")
    return between_the_nodes(subject, recorder, nodes, "; ".join(words))


def record_run(subject: Runnable, arrays: list[Array]) -> tuple[Recorder, Run]:
    recorder = Recorder()
    run: Run = watched(recorder, lambda: subject.run(arrays))
    return recorder, run


def watched(recorder: Recorder, work: Any) -> Any:
    token = STATE.set(STATE.get().replace(watch=recorder))
    try:
        return work()
    finally:
        STATE.reset(token)


def check_node(record: Record, incoming: Any, limits: Limits = _LIMITS) -> Row | None:
    """A failing row of a node's own check, if any: with the gradient that arrived, else with random numbers."""
    try:
        problem: Problem = NodeProblem(record)
    except Exception as error:  # the kernel meets a stand-in for an operand that nobody kept
        raise NotCheckable(f"{record.label} could not be checked: {error}") from error
    if not all(np.all(np.isfinite(variable.value)) for variable in [*problem.inputs, *problem.outputs]):
        raise NotCheckable(f"{record.label} could not be checked, because not all of its values are finite")
    verdicts: tuple[Verdict, ...] = ("wrong", "nonfinite", "kink")
    for weights in weights_for(problem, incoming):
        for row in Comparison(problem, limits=limits, weights=weights).rows():
            if not row.ok and row.verdict in verdicts:
                return row
            if not row.ok and row.verdict == "rounding":
                raise NotCheckable(f"{record.label} could not be checked: {row.note}")
        verdicts = ("wrong",)  # with numbers that did not arrive, an infinite slope is nobody's fault
    return None


def weights_for(problem: Problem, incoming: Any) -> list[list[Weights]]:
    """What a node's outputs are weighted with: what arrived in the real backward pass, and random numbers."""
    shapes = [variable.value.shape for variable in problem.outputs]
    random = np.random.default_rng(3)
    seeds = [[random.uniform(0.5, 1.5, shape) * random.choice([-1.0, 1.0], shape) for shape in shapes]]
    if incoming is not None:
        arrived = [np.asarray(g, np.float64) for g in (incoming if isinstance(incoming, tuple) else (incoming,))]
        if all(np.all(np.isfinite(g)) for g in arrived) and any(np.any(g) for g in arrived):
            seeds.insert(0, arrived)
    return [[Weights(shape, seed.reshape(1, -1)) for shape, seed in zip(shapes, group, strict=True)] for group in seeds]


class Paths:
    """The way from each vertex to the output, read from the edges that gradients travelled."""

    def __init__(self, route: Route) -> None:
        self._next: dict[Vertex, Vertex] = {}
        for vertex in route.order:  # newest first, so the shortest way to the output is met first
            for parent in vertex.parents:
                if parent is not None:
                    self._next.setdefault(parent, vertex)

    def from_(self, vertex: Vertex) -> tuple[str, ...]:
        steps = []
        while vertex in self._next:
            vertex = self._next[vertex]
            if isinstance(vertex, Node):
                steps.append(vertex.name or vertex.op.name)
        return (*steps[:8], "...", steps[-1]) if len(steps) > 10 else tuple(steps)


def fault_of(record: Record, row: Row, paths: Paths) -> Fault:
    node = record.node
    names = tuple(v.name for v in node.operands if isinstance(v, Vertex) and v.name)
    return Fault(node.op.name, record.label, record.number, record.module, record.line, names, paths.from_(node), row)


# --- when every rule is right -----------------------------------------------------------------------------------


def between_the_nodes(subject: Runnable, first: Recorder, nodes: list[Record], so_far: str) -> Search:
    """What is wrong when no rule is: a hook that changes gradients, or a value that has left the graph."""
    hooked = [record.label for record in nodes if record.node.info is not None and record.node.info.hooks]
    if hooked:
        return Search((), (f"{so_far}; a hook on {hooked[0]} may change the gradient on its way",))
    random = np.random.default_rng(4)
    moved = [
        value * (1 + 1e-3 * random.uniform(0.5, 1.0, value.shape)) + np.where(value == 0, 1e-3, 0.0)
        for value in (variable.value for variable in subject.inputs)
    ]
    second, _ = record_run(subject, moved)
    pairs = zip(first.records, second.records, strict=False)
    for before, after in pairs:
        if before.node.op is not after.node.op:
            text = f"the function takes another way at {after.line} when its inputs move a little"
            return Search((), (f"{so_far}; {text}",), line=after.line)
        for i, (a, b) in enumerate(zip(before.data, after.data, strict=True)):
            if before.node.parents[i] is None and differs(a, b):
                operand = before.node.op.operands[min(i, len(before.node.op.operands) - 1)]
                text = (
                    f"at {before.line} the operand {operand} of {before.label} is a constant of the graph, yet it "
                    f"changes with the inputs ({shown(a)}): it has left the graph before (.item(), .numpy(), .data, "
                    "detach(), no_grad(), float(), or a copy into an array)"
                )
                op = None if before.within is None else before.within.op.name
                return Search((), (f"{so_far}; {text}",), op, before.line)
    text = (
        "so a value left the graph on its way (.item(), .numpy(), .data, detach(), no_grad()), or rounding errors "
        "grew on it (a nearly singular matrix, a difference of nearly equal numbers)"
    )
    return Search((), (f"{so_far}, {text}",))


def differs(a: Any, b: Any) -> bool:
    if a is None or b is None or a is MISSING or b is MISSING:
        return False
    return not np.array_equal(np.asarray(a), np.asarray(b), equal_nan=False)


def shown(a: Any) -> str:
    array = np.asarray(a)
    return f"{array.reshape(-1)[0]:.6g}" if array.size == 1 else f"shape {array.shape}"
