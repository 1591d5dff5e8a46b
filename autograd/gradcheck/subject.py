"""What the user hands over, as something that can be run at any float64 inputs.

Two kinds: a function of inputs (`FunctionSubject`), and a closure over Tensors that exist already
(`ClosureSubject`), whose data is exchanged for the time of the check and restored afterwards. This module owns the
names of inputs and outputs, the refusal of what has no gradient, and the restoring. It knows nothing of numerical
derivatives. Modules are known by ``named_parameters()`` alone: the engine must not import `nn`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.arrays import is_real_floating
from autograd.engine import describe
from autograd.errors import InvalidDtypeError, RequiresGradError
from autograd.gradcheck.nesting import leaves, rebuild
from autograd.gradcheck.problem import Array, Run, Variable
from autograd.modes import enable_grad
from autograd.tensor import Tensor

__all__ = ["ClosureSubject", "FunctionSubject", "Held"]


class FunctionSubject:
    """A function of arrays, numbers or Tensors, alone or nested in lists, tuples and dicts."""

    def __init__(self, f: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
        self.f = f
        self.originals = inputs
        self.passed_over: list[str] = []
        found = [
            leaf for name, value in zip(input_names(f, inputs), inputs, strict=True) for leaf in leaves(value, name)
        ]
        self.sources = [(name, source_of(name, value)) for name, value in found]
        self.inputs: Sequence[Variable] = [Variable(name, data.astype(np.float64)) for name, data in self.sources]
        self._given: list[tuple[Tensor, Array, Array]] = []
        self._output = name_of(f)

    def run(self, arrays: Sequence[Array]) -> Run:
        tensors = [
            Tensor(array, requires_grad=True, name=variable.name)
            for array, variable in zip(arrays, self.inputs, strict=True)
        ]
        self._given = [(t, array, array.copy()) for t, array in zip(tensors, arrays, strict=True)]
        with enable_grad(), np.errstate(all="ignore"):
            result = self.f(*rebuild(self.originals, iter(tensors)))
        return Run([t._node for t in tensors], outputs_of(result, self._output, self.passed_over))

    def mutated(self) -> list[int]:
        """Which inputs the latest run has changed."""
        return [i for i, (t, array, before) in enumerate(self._given) if t.data is not array or changed(array, before)]

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Where the function is itself a Module, its parameters are float64 for the time of the check."""
        tensors = [t for t in _state_of(self.f) if is_real_floating(t.dtype)]
        with Held(tensors):
            for t in tensors:
                exchange(t, t.data.astype(np.float64))
            yield


class ClosureSubject:
    """A function without arguments of Tensors that it finds on its own: the parameters of a model, for instance."""

    def __init__(self, f: Callable[[], Any], wrt: Any) -> None:
        self.f = f
        self.tensors, names, self.frozen = tensors_of(wrt)
        self.sources = list(zip(names, [np.asarray(t.data) for t in self.tensors], strict=True))
        self.inputs: Sequence[Variable] = [Variable(name, data.astype(np.float64)) for name, data in self.sources]
        checked = set(map(id, self.tensors))
        self._others = [t for t in _state_of(wrt) if id(t) not in checked and is_real_floating(t.dtype)]
        self._rest: list[Array] = []
        self.passed_over: list[str] = []
        self._given: list[tuple[Tensor, Array, Array]] = []
        self._output = name_of(f)

    def run(self, arrays: Sequence[Array]) -> Run:
        for t, array in zip(self.tensors, arrays, strict=True):
            exchange(t, array)
        for t, data in zip(self._others, self._rest, strict=True):
            exchange(t, data.copy())  # buffers too: every run starts from the same state
        self._given = [(t, array, array.copy()) for t, array in zip(self.tensors, arrays, strict=True)]
        with enable_grad(), np.errstate(all="ignore"):
            result = self.f()
        return Run([t._node for t in self.tensors], outputs_of(result, self._output, self.passed_over))

    def mutated(self) -> list[int]:
        """Which of the Tensors the latest run has changed."""
        return [i for i, (t, array, before) in enumerate(self._given) if t.data is not array or changed(array, before)]

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """The Tensors get their own data, graph place and gradient back at the end, whatever happens."""
        with Held([*self.tensors, *self._others]):
            self._rest = [t.data.astype(np.float64) for t in self._others]
            yield


class Held:
    """Gives Tensors back their very own arrays, contents included, at the end of a ``with`` block."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self._tensors = tensors

    def __enter__(self) -> None:
        self._kept = [(t, t._data, np.array(t._data), t._node, t.grad) for t in self._tensors]

    def __exit__(self, *error: object) -> None:
        for t, data, contents, node, grad in self._kept:
            if changed(data, contents):
                data[...] = contents
            t._data, t._node, t.grad = data, node, grad


def exchange(t: Tensor, data: NDArray[Any]) -> None:
    """Give a leaf other data (and a new place in graphs), without declaring its older graphs stale."""
    t._data = data
    t._node = None


def changed(array: NDArray[Any], before: NDArray[Any]) -> bool:
    """Whether any bit of an array differs."""
    return array.shape != before.shape or array.dtype != before.dtype or array.tobytes() != before.tobytes()


# --- names ----------------------------------------------------------------------------------------------------


def input_names(f: Callable[..., Any], inputs: tuple[Any, ...]) -> list[str]:
    """A name per argument: that of the Tensor, else that of the parameter, else its number."""
    names = [f"input[{i}]" for i in range(len(inputs))]
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # a ufunc or another function without a readable signature
        parameters = []
    for i, parameter in enumerate(parameters[: len(inputs)]):
        if parameter.kind is parameter.VAR_POSITIONAL:
            names[i:] = [f"{parameter.name}[{k}]" for k in range(len(inputs) - i)]
            break
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names[i] = parameter.name
    given = [x.name if isinstance(x, Tensor) else None for x in inputs]
    return [own or name for own, name in zip(given, names, strict=True)]


def name_of(f: Callable[..., Any]) -> str:
    name = getattr(f, "__name__", "f")
    return name if name.isidentifier() else "f"


# --- inputs ---------------------------------------------------------------------------------------------------


def source_of(name: str, value: Any) -> NDArray[Any]:
    """The data of one input, refused unless a gradient can be asked of it."""
    data = np.asarray(value.data if isinstance(value, Tensor) else value)
    if is_real_floating(data.dtype):
        return data
    shown = f"{type(value).__name__} {value!r:.40}" if data.dtype.kind in "OSUVM" else f"{data.dtype}"
    raise InvalidDtypeError(
        f"gradcheck takes the derivative with respect to every input, and {name} is {shown}"
        + (": write its numbers as floats (2.0, dtype=float)" if data.dtype.kind in "iub" else "")
        + f". What is no variable of the check belongs into a closure: gradcheck(lambda x: f(x, {name.split('[')[0]}), x)."
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
        raise TypeError(f"wrt= is a Module, a Tensor, or a dict or list of Tensors, not a {type(wrt).__name__}.")
    frozen = [name for name, t in pairs if isinstance(t, Tensor) and not t.requires_grad]
    if hasattr(wrt, "named_parameters"):
        pairs = [(name, t) for name, t in pairs if name not in frozen]
    found: dict[int, tuple[Tensor, list[str]]] = {}
    for name, t in pairs:
        if not isinstance(t, Tensor):
            raise TypeError(f"wrt= holds a {type(t).__name__} at {name}; give the Tensors themselves.")
        if not t.is_leaf:
            raise RequiresGradError(
                f"{name} in wrt= was computed ({describe(t._node) if t._node else ''}): a closure computes it anew, so "
                "there is nothing to vary. Check with respect to the leaves that it was computed from."
            )
        if not t.requires_grad:
            raise RequiresGradError(f"{name} in wrt= does not require a gradient: set {name}.requires_grad = True.")
        found.setdefault(id(t), (t, []))[1].append(name)
    if not found:
        raise ValueError(f"there is nothing to check: wrt= ({type(wrt).__name__}) holds no Tensor with a gradient.")
    return [t for t, _ in found.values()], [" = ".join(names) for _, names in found.values()], frozen


def _state_of(module: Any) -> list[Tensor]:
    """All Tensors that belong to a Module: frozen parameters and buffers included; nothing for anything else."""
    found: dict[int, Tensor] = {}
    for getter in ("parameters", "buffers"):
        method = getattr(module, getter, None)
        if hasattr(module, "named_parameters") and callable(method):
            found.update((id(t), t) for t in method() if isinstance(t, Tensor))
    return list(found.values())


# --- outputs --------------------------------------------------------------------------------------------------


def outputs_of(result: Any, name: str, passed_over: list[str]) -> list[tuple[str, Any]]:
    """The outputs that are real floating numbers, with their names; counts and labels beside them are passed over."""
    found = list(leaves(result, name))
    outputs = []
    for path, value in found:
        data = value.data if isinstance(value, Tensor) else value
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
            "function that returns real floating numbers. Comparisons, argmax and counts are not differentiable."
        )
    return outputs
