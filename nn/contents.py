"""The submodules, parameters and buffers of a module, found on request by a walk through its attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from reprlib import repr as brief
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from autograd import Tensor
from autograd.pytorch_methods import dtype_among
from nn.defaults import parameter_dtype
from nn.parameter import Buffer, Parameter, UninitializedParameter

if TYPE_CHECKING:
    from nn.module import Module

_T = TypeVar("_T")


class Contents:
    """The methods of `Module` that list, add and convert its submodules, parameters and buffers.

    >>> import numpy as np
    >>> import nn
    >>> model = nn.Sequential(nn.Linear(3, 2))
    >>> model.add_module("norm", nn.BatchNorm1d(2))
    >>> model[1].register_module("later", None)
    >>> model.register_parameter("gain", nn.Parameter([1.0]))
    >>> model.register_buffer("mean", np.zeros(2))
    >>> [name for name, _ in model.named_modules()], [type(child).__name__ for child in model.children()]
    (['', '0', 'norm'], ['Linear', 'BatchNorm1d'])
    >>> [name for name, _ in model.named_parameters()], sum(p.size for p in model.parameters())
    (['gain', '0.weight', '0.bias', 'norm.weight', 'norm.bias'], 13)
    >>> [name for name, _ in model.named_buffers()], len(list(model.buffers())), len(list(model.modules()))
    (['mean', 'norm.running_mean', 'norm.running_var', 'norm.num_batches_tracked'], 4, 3)
    >>> model.get_parameter("0.bias").shape, model.get_buffer("mean").shape
    ((2,), (2,))
    >>> [name for name, _ in model.get_submodule("norm").named_children()]
    []
    >>> layer = model[0]
    >>> layer.double().weight.dtype, layer.half().cpu().bias.dtype, layer.float().to("float64").bias.dtype
    (dtype('float64'), dtype('float16'), dtype('float64'))
    >>> layer.requires_grad_(False).astype("float32").type("float64").bias.requires_grad
    False
    >>> layer.zero_grad()
    """

    _registered: Mapping[str, bool] = MappingProxyType({})  # buffers by name, and whether states have them

    def _parts(self) -> Iterable[tuple[str, Any]]:
        """The attributes to look into. A container gives its modules shorter names here."""
        return list(vars(self).items())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Iterate over this module and all its submodules with their paths, each once; its own path is the prefix."""
        return once(modules_of(self, prefix))

    def modules(self) -> Iterator[Module]:
        """Iterate over this module and all its submodules, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Iterate over the direct submodules with their names, each once."""
        return once(held_modules(self))

    def children(self) -> Iterator[Module]:
        """Iterate over the direct submodules, each once."""
        return (module for _, module in self.named_children())

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Iterate over the parameters with their names, each once; a module's own precede those of its submodules."""
        tensors = once(tensors_of(self, prefix, recurse))
        return ((name, tensor) for name, tensor in tensors if isinstance(tensor, Parameter))

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Iterate over the parameters, each once, as an optimizer takes them."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Buffer]]:
        """Iterate over the buffers with their names, each once."""
        tensors = once(tensors_of(self, prefix, recurse))
        return ((name, tensor) for name, tensor in tensors if not isinstance(tensor, Parameter))

    def buffers(self, recurse: bool = True) -> Iterator[Buffer]:
        """Iterate over the buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """Return the submodule with this dotted path; raise AttributeError if there is none."""
        return self._get("module", target, dict(modules_of(self)))

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter with this dotted path; raise AttributeError if there is none."""
        return self._get("parameter", target, {n: t for n, t in tensors_of(self) if isinstance(t, Parameter)})

    def get_buffer(self, target: str) -> Buffer:
        """Return the buffer with this dotted path; raise AttributeError if there is none."""
        return self._get("buffer", target, {n: t for n, t in tensors_of(self) if not isinstance(t, Parameter)})

    def _get(self, kind: str, target: str, found: dict[str, _T]) -> _T:
        if target not in found:
            raise AttributeError(f"{type(self).__name__} has no {kind} {target!r}; it has {brief([*found])}.")
        return found[target]

    def register_buffer(self, name: str, tensor: ArrayLike | Tensor | None, persistent: bool = True) -> None:
        """Add a buffer, to which later assignments are converted; ``persistent=False`` keeps it out of state dicts."""
        self._check_new(name, Buffer)
        self._registered = {**self._registered, name: persistent}
        setattr(self, name, tensor if tensor is None or isinstance(tensor, Buffer) else Buffer(tensor))

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Set an attribute to a `Parameter`, or to None as a placeholder."""
        self._check_new(name, Parameter, param)
        setattr(self, name, param)

    def add_module(self, name: str, module: Module | None) -> None:
        """Set an attribute to a module; `Sequential` and `ModuleDict` add it to the modules they contain."""
        self._check_new(name, Contents, module)
        self._put(name, module)

    register_module = add_module

    def _put(self, name: str, module: Any) -> None:
        setattr(self, name, module)

    def _check_new(self, name: str, kind: type, value: Any = None) -> None:
        if not isinstance(name, str) or not name or "." in name:
            raise KeyError(f"a module, parameter or buffer needs a non-empty name without dots, not {name!r}.")
        if hasattr(self, name) and not isinstance(dict(self._parts()).get(name, name), kind | None):
            raise KeyError(f"{type(self).__name__} already has an attribute {name!r}: choose another name.")
        if not isinstance(value, kind | None):
            word = kind.__name__.replace("Contents", "Module")
            raise TypeError(f"{name} must be a {word} or None, not a {type(value).__name__}.")

    def astype(self, dtype: DTypeLike) -> Self:
        """Convert all floating-point parameters and buffers to a dtype in place, and return the module."""
        new = parameter_dtype(dtype)
        for _, tensor in once(tensors_of(self)):
            if tensor.dtype.kind == "f" and tensor.dtype != new:
                tensor.data = tensor.data.astype(new)
                if tensor.grad is not None:
                    tensor.grad = tensor.grad.astype(new)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert with `astype` to a dtype, or to the dtype of a Tensor; the only device is "cpu"."""
        dtype = dtype_among(*args, **kwargs)
        return self if dtype is None else self.astype(dtype)

    def cpu(self) -> Self:
        """Return this module, which is always on the CPU."""
        return self

    type = astype

    def float(self) -> Self:
        """Convert to float32 with `astype`."""
        return self.astype(np.float32)

    def double(self) -> Self:
        """Convert to float64 with `astype`."""
        return self.astype(np.float64)

    def half(self) -> Self:
        """Convert to float16 with `astype`."""
        return self.astype(np.float16)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set ``requires_grad`` of all parameters, and return the module."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None, or fill them with zeros."""
        for parameter in self.parameters():
            zeros = None if set_to_none or parameter.grad is None else np.zeros_like(parameter.grad)
            parameter.grad = zeros


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _held(module: Contents) -> Iterator[tuple[str, Any]]:
    """The contents of a module, directly or in lists, tuples and dicts, with names, without those of its submodules."""
    registered, own = module._registered, vars(module)
    for name in registered:
        value: Any = own.get(name)
        plain = isinstance(value, np.ndarray | np.generic)
        if plain or (isinstance(value, Tensor) and not isinstance(value, Buffer) and not value._is_live()):
            own[name] = Buffer(value)
    for name, value in module._parts():
        if name in registered and isinstance(value, Tensor):
            yield name, value  # a buffer that was computed, and is still in its graph
        else:
            yield from _inside(name, value, set())


def held_modules(module: Contents) -> Iterator[tuple[str, Any]]:
    """The modules that a module holds directly, under every name that leads to them."""
    return ((name, part) for name, part in _held(module) if isinstance(part, Contents))


def _inside(name: str, value: Any, path: set[int]) -> Iterator[tuple[str, Any]]:
    """The same for one attribute; ``path`` holds the containers around it, so that one may contain itself."""
    if isinstance(value, Contents | Parameter | Buffer | UninitializedParameter):
        yield name, value
        return
    if isinstance(value, dict):
        items: Iterable[tuple[Any, Any]] = list(value.items())
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        return
    if id(value) not in path:
        path.add(id(value))
        for key, item in items:
            yield from _inside(f"{name}.{key}", item, path)
        path.discard(id(value))


def modules_of(
    module: Any, prefix: str = "", path: set[int] | None = None, *, inner_first: bool = False
) -> Iterator[tuple[str, Module]]:
    """A module and all its submodules, under every name that leads to them; cycles are followed once."""
    path = set() if path is None else path
    if id(module) in path:
        return
    path.add(id(module))
    if not inner_first:
        yield prefix, module
    for name, inner in held_modules(module):
        yield from modules_of(inner, _join(prefix, name), path, inner_first=inner_first)
    if inner_first:
        yield prefix, module
    path.discard(id(module))


def tensors_of(
    module: Any, prefix: str = "", recurse: bool = True, *, saved: bool = False
) -> Iterator[tuple[str, Parameter | Buffer]]:
    """The parameters and buffers of a module and its submodules, or those in state dicts, under every name that leads
    to them. Raises UninitializedParameterError for a lazy layer that has not been called yet."""
    for place, inner in modules_of(module, prefix) if recurse else [(prefix, module)]:
        parts = [(name, part) for name, part in _held(inner) if not isinstance(part, Contents)]
        for name, part in parts:
            if isinstance(part, UninitializedParameter):
                part.refuse(_join(place, name))
        for kind in (True, False):
            for name, part in parts:
                if isinstance(part, Parameter) is kind and not (saved and not inner._registered.get(name, True)):
                    yield _join(place, name), part


def once(parts: Iterable[tuple[str, _T]]) -> Iterator[tuple[str, _T]]:
    """Each module, each Tensor under its first name only."""
    seen: set[int] = set()
    for name, part in parts:
        if id(part) not in seen:
            seen.add(id(part))
            yield name, part
