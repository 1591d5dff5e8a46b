"""The user's function and inputs, as something that can be run at any float64 inputs."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.arrays import is_real_floating, only_numbers
from autograd.engine.tensor import Tensor, plain
from autograd.errors import InvalidDtypeError, RequiresGradError
from autograd.gradcheck.problem import Array, Run, Variable, vertex_of
from autograd.modes import enable_grad
from autograd.provenance import describe
from autograd.pytree import leaves, unflatten
from autograd.trace import argument


class Subject:
    """Base class of both kinds: inputs with names and values, and the starting state of every run.

    ``sources`` are the user's own arrays, ``passed_over`` the names of outputs without a derivative (counts, labels).
    """

    frozen: Sequence[str] = ()  # parameters that are not checked because they do not require a gradient
    _tensors: Sequence[Tensor] = ()  # the user's own that are varied

    def __init__(self, f: Callable[..., Any], sources: list[tuple[str, NDArray[Any]]], tensors: list[Tensor]) -> None:
        self.f = f
        self.sources = sources
        self.inputs: Sequence[Variable] = [Variable(name, data.astype(np.float64)) for name, data in sources]
        self.passed_over: list[str] = []
        self._output = name_of(f)
        self._state = tensors  # what is there besides the inputs: buffers, frozen parameters
        self._start: list[NDArray[Any]] = []
        self._given: list[tuple[Tensor, Array, Array]] = []

    def run(self, arrays: Sequence[Array]) -> Run:
        """Run the function, record its graph, and note where the inputs stand in it."""
        for t, data in zip(self._state, self._start, strict=True):
            exchange(t, data.copy())
        before = [array.copy() for array in arrays]
        with enable_grad(), np.errstate(all="ignore"):
            tensors, result = self.called(arrays)
            outputs = outputs_of(result, self._output, self.passed_over)
        self._given = list(zip(tensors, arrays, before, strict=True))
        for _, value in outputs:
            vertex_of(value)  # an input that is returned as it is gets its place in the graph now
        return Run([t._node for t in tensors], outputs)

    def called(self, arrays: Sequence[Array]) -> tuple[Sequence[Tensor], Any]:
        """The Tensors of the inputs, holding these arrays, and the result of the user's function."""
        raise NotImplementedError

    def mutated(self) -> list[int]:
        """The inputs that the latest run has changed."""
        return [i for i, (t, array, before) in enumerate(self._given) if t.data is not array or changed(array, before)]

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """All Tensors of the user get their own data, graph place and gradient back, whatever happens."""
        with held([*self._tensors, *self._state]):
            self._start = [t.data.astype(np.float64) if is_real_floating(t.dtype) else t.data for t in self._state]
            yield


class FunctionSubject(Subject):
    """A function of arrays, numbers or Tensors, alone or nested in lists, tuples and dicts.

    If it is itself a Module, its parameters and buffers are float64 during the check, too.
    """

    def __init__(self, f: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
        named = zip(input_names(f, inputs), inputs, strict=True)
        found = [leaf for name, value in named for leaf in leaves(value, name)]
        super().__init__(f, [(name, source_of(name, value)) for name, value in found], state_of(f))
        self._containers = inputs

    def called(self, arrays: Sequence[Array]) -> tuple[Sequence[Tensor], Any]:
        tensors = [argument(array, variable.name) for variable, array in zip(self.inputs, arrays, strict=True)]
        return tensors, self.f(*unflatten(self._containers, iter(tensors)))


class ClosureSubject(Subject):
    """A function without arguments of Tensors that it finds on its own: the parameters of a model, for instance."""

    def __init__(self, f: Callable[[], Any], wrt: Any) -> None:
        self._tensors, names, self.frozen = tensors_of(wrt)
        checked = set(map(id, self._tensors))
        sources = list(zip(names, [np.asarray(t.data) for t in self._tensors], strict=True))
        super().__init__(f, sources, [t for t in state_of(wrt) if id(t) not in checked])

    def called(self, arrays: Sequence[Array]) -> tuple[Sequence[Tensor], Any]:
        for t, array in zip(self._tensors, arrays, strict=True):
            exchange(t, array)
        return self._tensors, self.f()


@contextmanager
def held(tensors: Sequence[Tensor]) -> Iterator[None]:
    """Give Tensors back their very own arrays, contents included, at the end of a ``with`` block."""
    kept = [(t, t._data, np.array(t._data), t._node, t._grad) for t in tensors]
    for t in tensors:
        t._node = None  # from here on the places in graphs are ours
    try:
        yield
    finally:
        for t, data, contents, node, grad in kept:
            if changed(data, contents):
                data[...] = contents
            t._data, t._node, t._grad = data, node, grad


def exchange(t: Tensor, data: NDArray[Any]) -> None:
    """Give a leaf other data (and a new place in graphs), without declaring its older graphs stale."""
    if t._node is not None:
        t._node.prints = None
    t._data = data
    t._node = None


def changed(array: NDArray[Any], before: NDArray[Any]) -> bool:
    """Whether any bit of an array differs."""
    return array.shape != before.shape or array.dtype != before.dtype or array.tobytes() != before.tobytes()


def input_names(f: Callable[..., Any], inputs: tuple[Any, ...]) -> list[str]:
    """A name per argument: that of the Tensor, else that of the parameter, else its number."""
    names = [f"input[{i}]" for i in range(len(inputs))]
    try:
        called = getattr(f, "forward", f) if hasattr(f, "named_parameters") else f
        parameters = list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):  # a ufunc or another function without a readable signature
        parameters = []
    for i, parameter in enumerate(parameters[: len(inputs)]):
        if parameter.kind is parameter.VAR_POSITIONAL:
            names[i:] = [f"{parameter.name}[{k}]" for k in range(len(inputs) - i)]
            break
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names[i] = parameter.name
    return [(x.name if isinstance(x, Tensor) else None) or name for x, name in zip(inputs, names, strict=True)]


def name_of(f: Callable[..., Any]) -> str:
    """The name of a function in the report, if it has one that can be written."""
    name = getattr(f, "__name__", "f")
    return name if name.isidentifier() else "f"


def source_of(name: str, value: Any) -> NDArray[Any]:
    """The data of one input, refused unless it can have a gradient."""
    only_numbers(value, name)
    data = np.asarray(plain(value))
    if is_real_floating(data.dtype):
        return data
    shown = f"{type(value).__name__} {value!r:.40}" if data.dtype.kind in "OSUVM" else f"{data.dtype}"
    raise InvalidDtypeError(
        f"gradcheck takes the derivative with respect to every input, but {name} is {shown}"
        + (": write its numbers as floats (2.0, dtype=float)" if data.dtype.kind in "iub" else "")
        + ". Put values that should not vary into a closure: gradcheck(lambda x: f(x, labels), x)."
    )


def tensors_of(wrt: Any) -> tuple[list[Tensor], list[str], list[str]]:
    """The Tensors that a closure is checked for, their names, and the names of frozen parameters."""
    if isinstance(wrt, Tensor):
        pairs: list[tuple[str, Any]] = [(wrt.name or "wrt", wrt)]
    elif hasattr(wrt, "named_parameters"):
        pairs = list(wrt.named_parameters())
    elif isinstance(wrt, Mapping):
        pairs = [(str(name), t) for name, t in wrt.items()]
    elif isinstance(wrt, Sequence) and not isinstance(wrt, str):
        pairs = [(getattr(t, "name", None) or f"wrt[{i}]", t) for i, t in enumerate(wrt)]
    else:
        raise TypeError(f"wrt= must be a Module, a Tensor, or a dict or list of Tensors, not a {type(wrt).__name__}.")
    frozen = [name for name, t in pairs if isinstance(t, Tensor) and not t.requires_grad]
    if hasattr(wrt, "named_parameters"):
        pairs = [(name, t) for name, t in pairs if name not in frozen]
    found: dict[int, tuple[Tensor, list[str]]] = {}
    for name, t in pairs:
        if not isinstance(t, Tensor):
            raise TypeError(f"wrt= holds a {type(t).__name__} at {name}; pass the Tensors themselves.")
        if not t.is_leaf:
            raise RequiresGradError(
                f"{name} in wrt= was computed ({describe(t._node) if t._node else ''}): a closure computes it anew, so "
                "it cannot be varied. Check with respect to the leaves that it was computed from."
            )
        if not t.requires_grad:
            raise RequiresGradError(f"{name} in wrt= does not require a gradient: set {name}.requires_grad = True.")
        found.setdefault(id(t), (t, []))[1].append(name)
    if not found:
        raise ValueError(f"there is nothing to check: wrt= ({type(wrt).__name__}) holds no Tensor with a gradient.")
    return [t for t, _ in found.values()], [" = ".join(names) for _, names in found.values()], frozen


def state_of(module: Any) -> list[Tensor]:
    """All Tensors that belong to a Module: frozen parameters and buffers included; nothing for anything else."""
    if not hasattr(module, "named_parameters"):
        return []
    found = [t for getter in ("parameters", "buffers") for t in getattr(module, getter, tuple)()]
    return list({id(t): t for t in found if isinstance(t, Tensor)}.values())


def outputs_of(result: Any, name: str, passed_over: list[str]) -> list[tuple[str, Any]]:
    """The outputs that are real floating numbers, with their names; counts and labels beside them are skipped."""
    found = list(leaves(result, name))
    outputs = []
    for path, value in found:
        data = plain(value)
        if isinstance(data, float | np.ndarray | np.generic) and is_real_floating(np.asarray(data).dtype):
            outputs.append((path, value))
        elif not isinstance(data, int | np.ndarray | np.generic) or np.iscomplexobj(data):
            kind = f"{data.dtype} numbers" if isinstance(data, np.ndarray | np.generic) else f"a {type(data).__name__}"
            raise InvalidDtypeError(
                f"{path} is {kind} ({data!r:.40}): gradcheck needs a function that returns a Tensor, or several."
            )
        elif path not in passed_over:
            passed_over.append(path)
    if not outputs:
        path, value = found[0] if found else (name, None)
        raise InvalidDtypeError(
            f"{path} is {getattr(value, 'dtype', type(value).__name__)}, which has no derivative: gradcheck needs a "
            "function that returns real floating-point numbers. Comparisons, argmax and counts are not differentiable."
        )
    return outputs
