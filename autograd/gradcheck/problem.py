"""A function that can be checked: it takes float64 arrays and also gives its derivative by its rules."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from autograd.engine.backward import Route, backward_pass
from autograd.engine.graph import Node, Vertex, newest_first
from autograd.engine.tensor import Tensor, constant, leaf, plain
from autograd.errors import GradientShapeError
from autograd.gradcheck.noise import Rounding
from autograd.gradcheck.report import derivative_name
from autograd.modes import Watch, changed

Array = NDArray[np.float64]


class Variable(NamedTuple):
    """An input or an output: its name, and its value where the derivative is checked."""

    name: str
    value: Array


class Problem(Protocol):
    """A function with inputs, outputs, and vector-Jacobian products by its rules."""

    inputs: Sequence[Variable]  # what the function is differentiated by
    outputs: Sequence[Variable]  # what it gives at these inputs
    eps: float  # the spacing of the least precise dtype on the way to the outputs
    magnitudes: Sequence[float]  # of the numbers that each output is known to be made of, which may cancel in it

    def values(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs at other inputs."""

    def pullback(self, output: int, seed: Array) -> list[Array | None]:
        """The gradient of <seed, output> for each input; None where no path leads to it. May raise RuleFailure."""

    def noise(self, output: int, seed: Array) -> float:
        """How far rounding can move <seed, output>."""

    def noise_of_gradient(self, output: int, seed: Array, number: int, along: Array) -> float:
        """How far rounding can move <along, the gradient of <seed, output> by an input>."""


class Run(NamedTuple):
    """One evaluation: where the inputs stand in the recorded graph, and the outputs with their names.

    An output is a Tensor, or a plain array where the function has left the graph.
    """

    inputs: list[Vertex | None]
    outputs: list[tuple[str, Any]]


class RuleFailure(Exception):
    """A rule raised an error, or returned something that does not fit its operand; the message says which."""


class Runnable(Protocol):
    """A function that can be run at any inputs, recording its graph."""

    inputs: Sequence[Variable]

    def run(self, arrays: Sequence[Array]) -> Run:
        """Evaluate it at other inputs."""


class GraphProblem(Problem):
    """A subject as a `Problem`: evaluated by running it, differentiated by the engine's backward pass."""

    def __init__(
        self, subject: Runnable, run: Run, spread: float = 0.0, magnitudes: Sequence[float] | None = None
    ) -> None:
        """``spread`` is the relative difference of two runs at the same inputs, 0 almost always."""
        self.subject = subject
        self.inputs: Sequence[Variable] = subject.inputs
        self.magnitudes: Sequence[float] = [0.0] * len(run.outputs) if magnitudes is None else magnitudes
        self.outputs: Sequence[Variable] = [Variable(name, in_double(value)) for name, value in run.outputs]
        self._inputs = run.inputs
        self._starts = [vertex_of(value) for _, value in run.outputs]
        self._wanted = frozenset(vertex for vertex in run.inputs if vertex is not None)
        self._routes: dict[int, Route] = {}
        self._recorded: tuple[Rounding, list[Vertex | None], frozenset[Vertex]] | None = None
        self.eps: float = max(spread, least_precise([start for start in self._starts if start is not None]))

    def values(self, arrays: Sequence[Array]) -> list[Array]:
        return [in_double(value) for _, value in self.subject.run(arrays).outputs]

    def noise(self, output: int, seed: Array) -> float:
        """The rounding error that `Rounding` adds up along a pass from the output."""
        if self._recorded is None:
            recorder = Rounding()
            run: Run = watched(recorder, lambda: self.subject.run([variable.value.copy() for variable in self.inputs]))
            wanted = frozenset(vertex for vertex in run.inputs if vertex is not None)
            self._recorded = recorder, [vertex_of(value) for _, value in run.outputs], wanted
        recorder, starts, wanted = self._recorded
        start = starts[output]
        if start is None:
            return 0.0
        recorder.total = 0.0
        try:
            watched(recorder, lambda: gradients_of(start, seed, Route([start], wanted)))
            return recorder.total
        except RuleFailure:
            return 0.0
        finally:
            recorder.total = None

    def noise_of_gradient(self, output: int, seed: Array, number: int, along: Array) -> float:
        """The same along the graph that the rules have made; 0 if they make none."""
        try:
            gradient = GradientOf(self.subject, {output: seed})
            run = gradient.run([variable.value.copy() for variable in self.inputs])
            return GraphProblem(gradient, run).noise(gradient.sources.index((output, number)), along)
        except Exception:  # rules that cannot be differentiated say nothing of their rounding
            return 0.0

    def pullback(self, output: int, seed: Array) -> list[Array | None]:
        start = self._starts[output]
        if start is None:
            return [None] * len(self._inputs)
        if output not in self._routes:
            self._routes[output] = Route([start], self._wanted)
        found = gradients_of(start, seed, self._routes[output])
        gradients = [None if vertex is None else found.get(vertex) for vertex in self._inputs]
        return [None if g is None else np.array(g, np.float64) for g in gradients]


class GradientOf:
    """The gradient of another subject, as a subject: checking its derivative checks the second order.

    Each output is first multiplied with fixed ``weights``, so that it has one gradient per input.
    """

    def __init__(self, subject: Runnable, weights: Mapping[int, Array]) -> None:
        self.subject = subject
        self.inputs: Sequence[Variable] = subject.inputs
        self.weights = weights
        self.sources: list[tuple[int, int]] = []  # of which output, by which input, each gradient is
        self._known = False  # the first run says which gradients there are

    def run(self, arrays: Sequence[Array]) -> Run:
        """Run the subject, and then a backward pass that is recorded."""
        first = self.subject.run(arrays)
        wanted = frozenset(vertex for vertex in first.inputs if vertex is not None)
        gradients: dict[tuple[int, int], Any] = {}
        for output, weights in self.weights.items():
            start = vertex_of(first.outputs[output][1])
            if start is None:
                continue
            seed = constant(weights.astype(start.dtype)[()])
            found = backward_pass({start: seed}, create_graph=True, release=False, wanted=wanted)
            for number, vertex in enumerate(first.inputs):
                if vertex in found:
                    gradients[output, number] = found[vertex]
        if not self._known:
            self.sources = list(gradients)
            self._known = True
        outputs = []
        for output, number in self.sources:
            variable = self.inputs[number]
            name = derivative_name(first.outputs[output][0], variable.name)
            outputs.append((name, gradients.get((output, number), np.zeros(variable.value.shape))))
        return Run(first.inputs, outputs)


def weights_of_gradient(run: Run, seed: int) -> dict[int, Array]:
    """The weights of the outputs of a run: 1 for a single number, random numbers otherwise."""
    random = np.random.default_rng(seed)
    shapes = [in_double(value).shape for _, value in run.outputs]
    return {i: np.ones(s) if prod(s) == 1 else random.uniform(0.5, 1.5, s) for i, s in enumerate(shapes)}


def watched(watch: Watch, work: Callable[[], Any]) -> Any:
    """Run a function under a watcher and return its result."""
    with changed(watch=watch):
        return work()


def gradients_of(start: Vertex, seed: Array, route: Route) -> dict[Vertex, Any]:
    """The gradients of <seed, start> that a backward pass along a route finds; raises RuleFailure."""
    try:
        with np.errstate(all="ignore"):
            return backward_pass({start: seed.astype(start.dtype)[()]}, release=False, route=route)
    except Exception as error:
        notes = [note for note in getattr(error, "__notes__", ()) if note.startswith("in the rule of ")]
        if not notes and not isinstance(error, GradientShapeError):
            raise
        raise RuleFailure(": ".join([*notes, f"{type(error).__name__}: {error}"])) from error


def in_double(value: Any) -> Array:
    """The numbers of an output as a float64 array."""
    return np.array(plain(value), np.float64)


def vertex_of(value: Any) -> Vertex | None:
    """Where an output stands in the graph; None when it is not part of one."""
    if not isinstance(value, Tensor) or not value.requires_grad:
        return None
    return value._node if value._node is not None else leaf(value)


def least_precise(starts: Sequence[Vertex]) -> float:
    """The largest spacing (eps) among the dtypes of everything that the starts depend on."""
    dtypes: set[np.dtype[Any]] = set()
    for vertex in newest_first(starts):
        dtypes.update(vertex.dtype if isinstance(vertex, Node) and vertex.op.outputs else (vertex.dtype,))
    return spacing(dtypes)


def spacing(dtypes: Iterable[np.dtype[Any]]) -> float:
    """The largest eps of some dtypes, at least that of float64."""
    return max(float(np.finfo(dtype).eps) for dtype in (np.dtype(np.float64), *dtypes) if dtype.kind == "f")
