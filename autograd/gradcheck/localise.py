"""Finds out why a number is wrong: every node on the way is checked by itself, at its recorded values."""

import math
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.backward import Route
from autograd.engine.graph import Leaf, Node, Vertex
from autograd.gradcheck.compare import Comparison, Suspect
from autograd.gradcheck.leaks import leaks_along
from autograd.gradcheck.nodes import NodeProblem, RuleOfNode
from autograd.gradcheck.plan import Limits, Weights
from autograd.gradcheck.problem import (
    GradientOf,
    GraphProblem,
    Problem,
    RuleFailure,
    Run,
    Runnable,
    gradients_of,
    vertex_of,
    watched,
)
from autograd.gradcheck.recorder import Record, Recorder
from autograd.gradcheck.report import Fault, Row, Verdict

_LIMITS = Limits(entries=4, directions=2, output_entries=0, combinations=1)
# Where several entries meet at a kink, each number may lie between its slopes, and their sum may not.
_TOGETHER = Limits(entries=0, directions=4, output_entries=0, combinations=1)

_MOST_NODES = 3000
_WAYS_OUT = ".item(), .numpy(), .data, detach(), no_grad(), float(), or a copy into an array"


class Search(NamedTuple):
    """The result of a search: the faults in the order of the program, and the findings in words.

    Without faults, ``op`` and ``line`` say where a value that had left the graph came back as a constant. ``cause`` is
    for the headline if no rule is wrong. ``right``: the number is right by its parts.
    """

    faults: tuple[Fault, ...] = ()
    findings: tuple[str, ...] = ()
    op: str | None = None
    node: str | None = None
    line: str | None = None
    cause: str = ""
    right: bool = False


class NotCheckable(Exception):
    """A node that cannot be checked by itself."""


def localise(subject: Runnable, suspect: Suspect) -> Search:
    """Find the reason for a wrong number of a check."""
    recorder = Recorder()
    run: Run = watched(recorder, lambda: subject.run([variable.value.copy() for variable in subject.inputs]))
    within = dict(recorder.incoming)  # of the backward pass in the function itself, for a second derivative
    start = vertex_of(run.outputs[suspect.output][1])
    words: list[str] = []
    route = whole_route(start)
    if start is not None:
        try:
            watched(recorder, lambda: gradients_of(start, suspect.seed, route))
        except RuleFailure as failure:  # that rule fails its own check, too
            words.append(str(failure))
    on_the_way = set(route.order)
    nodes = [record for record in recorder.records if record.node in on_the_way]
    if len(nodes) > _MOST_NODES:
        words.append(f"of {len(nodes):,} nodes only the {_MOST_NODES:,} nearest to the output were checked")
        nodes = nodes[-_MOST_NODES:]
    faults, unclear = faults_among(nodes, recorder.incoming, Paths(route))
    if not faults and isinstance(subject, GradientOf):
        faults = faults_of_rules([record for record in recorder.records if record.node in within], within)
    words += unclear
    if faults:
        return Search(tuple(faults), tuple(map(str, faults[:4])))
    if start is None:
        return without_graph(isinstance(subject, GradientOf))
    count = len(nodes) - len(unclear)
    if count:
        rules = "the rule of the only node is" if count == 1 else f"the rules of {count} nodes are"
        words.append(f"{rules} right at their recorded values")
    hooked = [record.label for record in nodes if record.node.info is not None and record.node.info.hooks]
    if hooked:
        text = f"{'; '.join(words)}; a hook on {hooked[0]} may change the gradient"
        return Search(findings=(text,), cause="no rule is wrong, but a hook may change the gradient")
    sure = count == len(nodes) and not unclear
    return between_the_nodes(subject, suspect, nodes, recorder.incoming, words, sure)


def whole_route(start: Vertex | None) -> Route:
    """The way back from an output to every leaf: a constant may come back far from the inputs in question."""
    if start is None:
        return Route([])
    route = Route([start])
    return Route([start], frozenset(vertex for vertex in route.order if isinstance(vertex, Leaf)))


def without_graph(of_gradient: bool) -> Search:
    """The findings for an output, or a gradient, that is not a Tensor with a graph."""
    if of_gradient:
        return Search(findings=("this gradient is not a Tensor with a graph: its rules compute it outside",))
    text = (
        "this output is not a Tensor with a graph, yet it depends on the inputs: it was computed outside or cut off at "
        f"the end ({_WAYS_OUT}, or a transform such as grad() whose own arguments are plain arrays: pass it Tensors)"
    )
    return Search(findings=(text,), cause="no rule is wrong, but the output has left the graph")


def faults_among(nodes: list[Record], incoming: dict[Any, Any], paths: "Paths") -> tuple[list[Fault], list[str]]:
    """The nodes whose rules are wrong, and notes about those that could not be checked."""
    faults: list[Fault] = []
    unclear: list[str] = []
    right: list[Record] = []
    for record in nodes:
        if record.within is not None and record.node.op.facts.private:
            continue  # its operands may hang together: it is checked as a part of the rule that made it
        try:
            row = check_node(record, incoming.get(record.node))
        except NotCheckable as error:
            unclear.append(str(error))
            continue
        if row is None:
            right.append(record)
        else:
            faults.append(fault_of(record, row, paths.from_(record.node)))
    if not faults:
        pairs = [(record, check_node(record, incoming.get(record.node), _TOGETHER)) for record in right]
        faults = [fault_of(record, row, paths.from_(record.node)) for record, row in pairs if row is not None]
    return faults, unclear


def faults_of_rules(made: list[Record], incoming: dict[Any, Any]) -> list[Fault]:
    """The nodes whose rules are right, but have wrong derivatives."""
    faults = []
    for record in made:
        try:
            problem = RuleOfNode(record, incoming[record.node])
            check = GraphProblem(problem, problem.run([variable.value.copy() for variable in problem.inputs]))
            if not all(np.all(np.isfinite(variable.value)) for variable in [*check.inputs, *check.outputs]):
                continue
            rows = Comparison(check, limits=_LIMITS).rows()
        except Exception as error:  # whatever it raises
            note = f"it raises {type(error).__name__}: {error}"
            rows = [Row(2, "", record.node.op.operands[0], (), "wrong", False, note=note)]
        wrong = next((row for row in rows if row.verdict == "wrong"), None)
        if wrong is not None:
            faults.append(fault_of(record, wrong, (), order=2))
    return faults


def check_node(record: Record, incoming: Any, limits: Limits = _LIMITS) -> Row | None:
    """A failing row of a node's own check, if any: with the gradient that arrived, else with random numbers."""
    problem: Problem = NodeProblem(record)
    if not all(np.all(np.isfinite(variable.value)) for variable in [*problem.inputs, *problem.outputs]):
        raise NotCheckable(f"{record.label} could not be checked, because not all of its values are finite")
    verdicts: tuple[Verdict, ...] = ("wrong", "nonfinite", "kink")
    for weights in weights_for(problem, incoming):
        row = worst_of(problem, limits, weights)
        if row is not None and leaves_the_domain(row):
            row = worst_of(problem, limits._replace(own=True), weights)  # steps of the usual size are too large
            if row is not None and leaves_the_domain(row):
                raise NotCheckable(f"{record.label} could not be checked: {row.note}")
        if row is not None and row.verdict in verdicts:
            return row
        if row is not None and row.verdict == "rounding":
            raise NotCheckable(f"{record.label} could not be checked: {row.note}")
        verdicts = ("wrong",)  # with numbers that did not arrive, an infinite slope is nobody's fault
    return None


def leaves_the_domain(row: Row) -> bool:
    """Whether the rules give a finite number, but the differences do not."""
    numbers = row.analytic, row.numeric
    return row.verdict == "nonfinite" and [x is not None and math.isfinite(x) for x in numbers] == [True, False]


def worst_of(problem: Problem, limits: Limits, weights: list[Weights]) -> Row | None:
    """The first row that fails."""
    return next((row for row in Comparison(problem, limits=limits, weights=weights).rows() if not row.ok), None)


def weights_for(problem: Problem, incoming: Any) -> list[list[Weights]]:
    """The weights of a node's outputs: the gradients of the real backward pass, and random numbers."""
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
        """The nodes from a vertex to the output; of a long way the first and the last."""
        steps = []
        while vertex in self._next:
            vertex = self._next[vertex]
            if isinstance(vertex, Node):
                steps.append(vertex.name or vertex.op.name)
        return (*steps[:8], "...", steps[-1]) if len(steps) > 10 else tuple(steps)


def fault_of(record: Record, row: Row, path: tuple[str, ...], order: int = 1) -> Fault:
    """The fault at a recorded node, whose row says by how much."""
    node = record.node
    names = tuple(v.name for v in node.operands if isinstance(v, Vertex) and v.name)
    return Fault(node.op.name, record.label, record.number, record.module, record.line, names, path, row, order)


def between_the_nodes(
    subject: Runnable, suspect: Suspect, nodes: list[Record], incoming: dict[Any, Any], words: list[str], sure: bool
) -> Search:
    """The finding if no rule is wrong: a value has left the graph, or nothing is wrong."""
    so_far = "; ".join(words)
    if suspect.column is None:
        return Search(findings=(so_far,))
    leaks = leaks_along(subject, suspect.column, nodes, incoming)
    if leaks.turn is not None:
        text = f"{so_far}; the function branches differently at {leaks.turn} when its inputs move a little"
        return Search(findings=(text,), line=leaks.turn)
    missing = leaks.slope
    if abs(missing) > 1e-5 * max(abs(suspect.analytic), abs(suspect.numeric)):
        record, operand, value, _ = leaks.largest
        text = (
            f"{so_far}; at {record.line} {operand} of {record.label} is a constant of the graph, yet it depends on "
            f"the inputs ({shown(value)}): the value left the graph earlier ({_WAYS_OUT})"
        )
        op = None if record.within is None else record.within.op.name
        cause = "no rule is wrong, but a value left the graph, and part of the gradient with it"
        return Search(findings=(text,), op=op, line=record.line, cause="" if op else cause)
    if sure:
        return Search(findings=(so_far,), right=True)
    return Search(findings=(f"{so_far}; the other nodes could not be checked by themselves",))


def shown(a: Any) -> str:
    """A number to six digits, or the shape of an array."""
    array = np.asarray(a)
    return f"{array.reshape(-1)[0]:.6g}" if array.size == 1 else f"shape {array.shape}"
