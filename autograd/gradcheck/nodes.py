"""One node of a recorded graph as something to check: a kernel with its rule, or a rule with its own rules."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.backward import backward_pass, fit
from autograd.engine.tensor import Tensor, constant
from autograd.gradcheck.noise import error_of
from autograd.gradcheck.problem import Array, GraphProblem, Problem, RuleFailure, Run, Variable, spacing, vertex_of
from autograd.gradcheck.recorder import Record
from autograd.operand_errors import operand_names


class NodeProblem(Problem):
    """One node as a `Problem`: its kernel, and its rule with the engine's work on the edge."""

    def __init__(self, record: Record) -> None:
        node = record.node
        self._record = record
        self._node = node
        self._live = [i for i, parent in enumerate(node.parents) if parent is not None]
        names = operand_names(node.op, node.operands)
        self._data = record.data
        self.inputs: Sequence[Variable] = [Variable(names[i], np.array(self._data[i], np.float64)) for i in self._live]
        values = self.values([variable.value for variable in self.inputs])
        self.outputs: Sequence[Variable] = [Variable(record.label, value) for value in values]
        dtypes = [np.asarray(self._data[i]).dtype for i in self._live]
        self.magnitudes: Sequence[float] = [0.0] * len(values)
        self.eps: float = spacing([*dtypes, *(node.dtype if node.op.outputs else (node.dtype,))])

    def values(self, arrays: Sequence[Array]) -> list[Array]:
        data = list(self._data)
        for i, array in zip(self._live, arrays, strict=True):
            data[i] = array.astype(np.asarray(self._data[i]).dtype)
        with np.errstate(all="ignore"):
            out = self._node.op.kernel(*data, **(self._node.attrs or {}))
        return [np.array(part, np.float64) for part in (out if self._node.op.outputs else (out,))]

    def pullback(self, output: int, seed: Array) -> list[Array | None]:
        """The gradients by the rules for one output, fitted to the operands as in the engine."""
        node = self._node
        found = self._pulled(self._incoming(output, seed))
        try:
            pairs = [(found[i], node.parents[i]) for i in self._live]
            name = node.op.name
            return [None if d is None or p is None else np.array(fit(d, p, name), np.float64) for d, p in pairs]
        except Exception as error:  # what does not fit the operand, the engine refuses
            raise RuleFailure(f"it raises {type(error).__name__}: {error}") from error

    def noise(self, output: int, seed: Array) -> float:
        g = self._incoming(output, seed)
        try:
            return error_of(self._record, self._data, g, self._pulled(g))
        except RuleFailure:
            return 0.0

    def noise_of_gradient(self, output: int, seed: Array, number: int, along: Array) -> float:
        """How far rounding can move the results of the rules; 0 if they cannot be differentiated."""
        try:
            rule = RuleOfNode(self._record, self._incoming(output, seed))
            run = rule.run([variable.value.copy() for variable in rule.inputs])
        except Exception:  # a rule that cannot be differentiated says nothing of its rounding
            return 0.0
        return GraphProblem(rule, run).noise(number, along)

    def _pulled(self, g: Any) -> tuple[Any, ...]:
        try:
            with np.errstate(all="ignore"):
                gradients: tuple[Any, ...] = self._node.op.vjp(g, self._node.kept, self._node.parents)
                return gradients
        except Exception as error:  # whatever a rule raises is what is wrong with it
            raise RuleFailure(f"it raises {type(error).__name__}: {error}") from error

    def _incoming(self, output: int, seed: Array) -> Any:
        """A gradient of one output, as the rules of the node take it."""
        node = self._node
        if not node.op.outputs:
            return seed.astype(node.dtype)[()]
        shapes = zip(node.shape, node.dtype, strict=True)
        return tuple(seed.astype(d) if k == output else np.zeros(s, d) for k, (s, d) in enumerate(shapes))


class RuleOfNode:
    """The rule of one node, as a function that can be run at other operands and incoming gradients.

    Checking its first derivative checks the rule's own rules: the node's part in a second derivative.
    """

    def __init__(self, record: Record, incoming: Any) -> None:
        node = record.node
        self._node = node
        self._live = [i for i, parent in enumerate(node.parents) if parent is not None]
        self._names = operand_names(node.op, node.operands)
        self._data = record.data
        arrived = incoming if isinstance(incoming, tuple) else (incoming,)
        gs = ["g"] if len(arrived) == 1 else [f"g[{k}]" for k in range(len(arrived))]
        self.inputs: Sequence[Variable] = [
            *(Variable(self._names[i], np.array(self._data[i], np.float64)) for i in self._live),
            *(Variable(name, np.array(g, np.float64)) for name, g in zip(gs, arrived, strict=True)),
        ]

    def run(self, arrays: Sequence[Array]) -> Run:
        """Apply the op to other operands, and its rules to other gradients, with a graph."""
        leaves = [Tensor(array, requires_grad=True) for array in arrays]
        count = len(self._live)
        operands = list(self._data)
        for i, x in zip(self._live, leaves[:count], strict=True):
            operands[i] = x
        with np.errstate(all="ignore"):
            out = self._node.op.function(*operands, **(self._node.attrs or {}))
            parts = out if self._node.op.outputs else (out,)
            pairs = ((vertex_of(part), g) for part, g in zip(parts, leaves[count:], strict=True))
            seeds = {start: g for start, g in pairs if start is not None}
            places = [vertex_of(x) for x in leaves]
            wanted = frozenset(place for place in places[:count] if place is not None)
            found = backward_pass(seeds, create_graph=True, release=False, wanted=wanted)
        outputs = []
        for i, place in zip(self._live, places[:count], strict=True):
            gradient: Any = found.get(place) if place is not None else None
            missing = constant(np.zeros(np.shape(self._data[i])))
            outputs.append((f"the gradient of {self._names[i]}", missing if gradient is None else gradient))
        return Run(places, outputs)
