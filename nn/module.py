"""Modules: objects that hold parameters and compute with them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor
from autograd.callers import users_level
from autograd.engine.graph import STATE, State
from autograd.operand_errors import arrays_of, listed
from autograd.words import ModuleWords
from nn.arguments import is_live, plain
from nn.contents import Contents, held_modules, modules_of, once, tensors_of
from nn.errors import PrecisionWarning, StateDictError
from nn.hooks import Hooked
from nn.module_paths import Call, ModulePaths
from nn.parameter import Buffer as Buffer, Parameter as Parameter
from optim.interrupts import undisturbed

__autograd_transparent__ = True

_new = object.__new__
_FLOAT64 = np.dtype(np.float64)
_ARRAYS = (np.ndarray, Tensor)
_state = STATE.get
_enter = STATE.set
_leave = STATE.reset
_P = ParamSpec("_P")
_R = TypeVar("_R", covariant=True)


class _HasForward(Protocol[_P, _R]):
    """A module with ``forward``, for type checkers."""

    def forward(self, *args: _P.args, **kwargs: _P.kwargs) -> _R: ...


class LoadedKeys(NamedTuple):
    """The names that `Module.load_state_dict` left out; both lists are empty unless ``strict=False``."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module(Hooked, Contents, ModuleWords):
    """The base class of layers, losses and models.

    Write a subclass that sets its parameters and submodules as attributes and defines ``forward``; then call its
    instances like functions. ``super().__init__()`` need not be called. Modules in plain lists, tuples and dicts are
    found too. A `Parameter` is trained, a `Buffer` only saved; arrays, numbers and other Tensors are neither.

    >>> import numpy as np
    >>> import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         self.layers = [nn.Linear(4, 8), nn.Linear(8, 2)]
    ...         self.scale = nn.Parameter(np.ones(2, "float32"))
    ...     def forward(self, x):
    ...         for layer in self.layers:
    ...             x = np.tanh(layer(x))
    ...         return self.scale * x
    >>> net = Net()
    >>> net(np.ones((3, 4), "float32")).shape
    (3, 2)
    >>> list(net.state_dict())
    ['scale', 'layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias']
    >>> net.load_state_dict({"scale": [2.0, 3.0]}, strict=False).missing_keys[:1], net.eval().train().training
    (['layers.0.weight'], True)
    >>> names = []
    >>> net.apply(lambda module: names.append(module.extra_repr())).layers[1].extra_repr() == names[1]
    True
    """

    training: bool = True  # what `train` and `eval` set
    _module_paths: ModulePaths | None = None
    _shown_settings: tuple[str, ...] = ()  # what the default `extra_repr` shows

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output. Subclasses define this; users call the module itself."""
        raise NotImplementedError(f"{type(self).__name__} has no method forward: define one that computes its output.")

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        state = _state()
        outer = state.scope
        frame = _new(Call)
        frame.parent = outer
        if outer.__class__ is Call:
            frame.paths = paths = outer.paths
            place = paths.places.get(id(self))
        else:
            frame.paths, place = self._paths_for(args)
        if place is None:
            if self._hooks is not None:
                return self._call_hooked(frame, args, kwargs)
            place = frame.paths.find(self)
        frame.label, frame.path = place
        inner = _new(State)  # filled here, because its __init__ would take a quarter of the time of a call
        inner.grad = state.grad
        inner.watch = state.watch
        inner.readings = state.readings
        inner.scope = frame
        token = _enter(inner)
        try:
            return self.forward(*args, **kwargs)
        except Exception as error:
            self._say_where(error, frame, args, kwargs)
            raise
        finally:
            _leave(token)

    def _say_where(self, error: Exception, frame: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Add notes to an error that name the module and list its inputs."""
        if not any(note.startswith("in module ") for note in getattr(error, "__notes__", ())):
            error.add_note(f"in module {frame.path or '(outermost)'}: {frame.label}({self.extra_repr()})")
            if isinstance(error, ValueError | TypeError | IndexError) and not getattr(error, "operands", ()):
                inputs = arrays_of(self.forward, args, kwargs)  # an error of the engine has listed its operands
                for line in listed(tuple(inputs), tuple(inputs.values())):
                    error.add_note(line)

    if TYPE_CHECKING:  # a call takes the arguments of the class's own forward, and gives its result

        def __call__(self: _HasForward[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R: ...
    else:
        __call__ = _call

    def _paths_for(self, inputs: tuple[Any, ...]) -> tuple[ModulePaths, tuple[str, str | None] | None]:
        """The paths of an outermost call, and the place of the module in it; warns if inputs are float64."""
        paths = self._module_paths
        place = None if paths is None else paths.places.get(id(self))
        if paths is None or (place is None and id(self) not in paths.hooked):
            self._module_paths = paths = ModulePaths(self)
            place = paths.places.get(id(self))
        for x in inputs:
            if isinstance(x, _ARRAYS) and x.dtype == _FLOAT64 and not paths.warned:
                self._meet_double(paths)
        return paths, place

    def _meet_double(self, paths: ModulePaths) -> None:
        """Warn, once, when double-precision input meets parameters of lower precision."""
        parameter = None if paths.sample is None else paths.sample()
        if parameter is None or parameter.dtype.itemsize >= _FLOAT64.itemsize:
            return
        paths.warned = True
        warnings.warn(
            f"{type(self).__name__} has parameters in {parameter.dtype}, but its input is float64: everything after "
            f"it is computed in float64. Pass x.astype('{parameter.dtype}'), or convert the model with "
            "model.astype('float64').",
            PrecisionWarning,
            stacklevel=users_level(),
        )

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return copies of all parameters and buffers by name: a snapshot that later training does not change."""
        return {name: np.array(tensor.data) for name, tensor in once(tensors_of(self, saved=True))}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> LoadedKeys:
        """Copy the parameters and buffers of a state dict into this module, by name.

        The values may be arrays, Tensors or lists; they are converted to the dtypes of the module. A Tensor that the
        module holds in several places may be given under any or all of its names. With ``strict=False``, missing and
        unexpected names are returned instead of refused.

        Raises StateDictError, and changes nothing, if names are missing or unexpected or values do not fit (also if
        they are too large for the dtype), and for Tensors that require a gradient, which would be lost, unless inside
        ``no_grad()``. To compute with such Tensors in place of the parameters, see `functional_call`.
        """
        commit, keys = self._prepare(state, strict)
        undisturbed(partial(put, commit))
        return keys

    def _prepare(self, state: Mapping[str, Any], strict: bool) -> tuple[list[tuple[Tensor, NDArray[Any]]], LoadedKeys]:
        """Check a state for `load_state_dict`: the new values with their Tensors, and the names left out."""
        if not isinstance(state, Mapping):
            raise StateDictError(f"load_state_dict takes a dict from state_dict(), not a {type(state).__name__}.")
        names: dict[Tensor, list[str]] = {}
        for name, tensor in tensors_of(self, saved=True):
            names.setdefault(tensor, []).append(name)
        if live := [name for name, value in state.items() if is_live(value)]:
            raise StateDictError(
                f"load_state_dict copies plain values, so {', '.join(live)} would be cut off from the graph. To "
                f"compute with Tensors in place of the parameters of {type(self).__name__}, call "
                "nn.functional_call(module, parameters, *args); to copy their values, load them inside no_grad()."
            )
        arrays = {name: plain(value, name) for name, value in state.items()}
        known = {name for group in names.values() for name in group}
        missing = [t for t, group in names.items() if not arrays.keys() & group]
        unexpected = [name for name in arrays if name not in known]
        misfits = [line for t, group in names.items() for line in _misfits(t, group, arrays)]
        lines = []
        if missing and strict:
            lines.append(f"missing: {', '.join(f'{names[t][0]} {t.shape}' for t in missing)}")
        if unexpected and strict:
            lines.append(f"unexpected: {', '.join(f'{name} {arrays[name].shape}' for name in unexpected)}")
        if lines := lines + misfits:
            text = "\n  ".join(lines)
            raise StateDictError(f"this state does not fit {type(self).__name__}, and nothing was changed:\n  {text}")
        given = {t: next((name for name in group if name in arrays), None) for t, group in names.items()}
        commit = [(t, _cast(arrays[name], t.dtype)) for t, name in given.items() if name is not None]
        return commit, LoadedKeys([names[t][0] for t in missing], unexpected)

    def train(self, mode: bool = True) -> Self:
        """Put this module and all its submodules into training mode, or with False into evaluation mode."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Put this module and all its submodules into evaluation mode, and return it."""
        return self.train(False)

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call a function on every submodule and then on this module, and return this module."""
        for _, module in once(modules_of(self, inner_first=True)):
            function(module)
        return self

    def extra_repr(self) -> str:
        """The text in the parentheses of the repr, before the submodules."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self._shown_settings)

    @recursive_repr("(...)")
    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = [f"({name}): {module!r}".replace("\n", "\n  ") for name, module in held_modules(self)]
        if not children:
            return f"{type(self).__name__}({extra})"
        lines = "".join(f"  {line}\n" for line in ([extra] if extra else []) + children)
        return f"{type(self).__name__}(\n{lines})"


def _misfits(tensor: Tensor, names: list[str], arrays: dict[str, NDArray[Any]]) -> list[str]:
    """The errors in the entries of a state for one Tensor, as lines."""
    lines: list[str] = []
    given = [name for name in names if name in arrays]
    for name in given:
        array = arrays[name]
        lines += unlike(name, array, tensor)
        if np.can_cast(array.dtype, tensor.dtype, "same_kind") and (lost := _out_of_range(array, tensor.dtype)).any():
            lines.append(f"out of range: {name} holds {array[lost][0]!s} in the state, too large for {tensor.dtype}")
        first = arrays[given[0]]
        same = array is first or (array.dtype == first.dtype and array.tobytes() == first.tobytes())
        if array.shape == first.shape and not same:
            lines.append(f"conflict: {given[0]} and {name} are the same Tensor, but their values in the state differ")
    return lines


def unlike(name: str, given: Tensor | NDArray[Any], tensor: Tensor) -> Iterator[str]:
    """The differences in shape and dtype between a Tensor and its new value, as lines."""
    if given.shape != tensor.shape:
        yield f"wrong shape: {name} is {given.shape} in the state, {tensor.shape} in the module"
    if not np.can_cast(given.dtype, tensor.dtype, "same_kind"):
        yield f"wrong dtype: {name} is {given.dtype} in the state, {tensor.dtype} in the module"


def put(commit: list[tuple[Tensor, NDArray[Any]]]) -> None:
    """Give Tensors their new values."""
    for tensor, array in commit:
        tensor.data = array


def _cast(array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    with np.errstate(over="ignore"):  # looked at by `_out_of_range`
        return array.astype(dtype, order="C")


def _out_of_range(array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[np.bool_]:
    """Which numbers a dtype cannot hold: finite ones that become infinite, integers that become others."""
    if array.dtype == dtype or array.dtype.kind not in "iufc":
        return np.zeros(array.shape, bool)
    cast = _cast(array, dtype)
    return np.asarray(np.isfinite(array) & ~np.isfinite(cast) if dtype.kind in "fc" else cast != array)
