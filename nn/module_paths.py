"""Which module runs: the frames that module calls record for the engine, and the paths of modules in a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet, ref

from autograd import Tensor
from autograd.engine.graph import Frame
from nn.equal_units import watch_equal_units
from nn.parameter import Place, UninitializedParameterError

if TYPE_CHECKING:
    from nn.module import Module


class ModulePaths:
    """The paths of the modules inside an outermost one: found once, and again when an unknown module is called.

    References to modules are weak, because the frames of a graph hold this object, and a graph must not keep a model
    alive. It belongs to one module: copied or pickled, it becomes None.
    """

    __slots__ = ("__weakref__", "alive", "hooked", "places", "root", "sample", "warned")
    __autograd_opaque__ = True  # it changes no result: a compiled function does not look at it

    def __init__(self, root: Module) -> None:
        self.root = ref(root)
        self.places: dict[int, tuple[str, str | None]] = {}  # by id of a module: its class, its path (None: hidden)
        self.hooked: dict[int, tuple[str, str | None]] = {}  # of those with hooks, which are called otherwise
        self.alive: list[ref[Module]] = []
        self.sample: ref[Tensor] | None = None  # a parameter, to know the dtype of the model
        self.warned: bool = False
        _ALL.add(self)
        watch_equal_units(self.renew(root))

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()

    def renew(self, root: Module) -> list[tuple[str, Module]]:
        """Walk the modules below the outermost one, return them, and name its parameters after their paths.

        Names given by users are kept, and so are longer paths from an earlier call as part of a larger model.
        """
        self.alive = [module for module in self.alive if module() is not None]
        modules = list(root.named_modules())
        for path, inner in modules:
            self.put(inner, path)
        self.sample = None
        try:
            parameters = list(root.named_parameters())
        except UninitializedParameterError:  # lazy layers, at whose first call these paths are made anew
            return []
        for name, parameter in parameters:
            if self.sample is None and parameter.dtype.kind == "f":
                self.sample = ref(parameter)
            old = parameter.name
            if old is None or (type(old) is Place and old != name and not old.endswith("." + name)):
                parameter.name = Place(name)
        return modules

    def put(self, module: Module, path: str | None) -> None:
        """Record the place of a module, which is removed with the module, since ids are reused."""
        key, places, hooked = id(module), self.places, self.hooked
        if key not in places and key not in hooked:
            self.alive.append(ref(module, lambda _: (places.pop(key, None), hooked.pop(key, None))))
        (places if module._hooks is None else hooked)[key] = type(module).__name__, path

    def find(self, module: Module) -> tuple[str, str | None]:
        """The place of a module with hooks, or of a new one after a new walk; without a path if none leads there."""
        key, root = id(module), self.root()
        if key not in self.hooked and root is not None:
            self.renew(root)
        if key not in self.hooked and key not in self.places:
            for _, inner in module.named_modules():
                self.put(inner, None)
        return self.hooked[key] if key in self.hooked else self.places[key]


_ALL: WeakSet[ModulePaths] = WeakSet()


def divert(module: Any) -> None:
    """Move a module with hooks from ``places`` to ``hooked``, or back, so that modules without hooks need no check."""
    for paths in list(_ALL):
        here, there = (paths.hooked, paths.places) if module._hooks is None else (paths.places, paths.hooked)
        if id(module) in here:
            there[id(module)] = here.pop(id(module))


class Call(Frame):
    """The frame of a module call, with the paths of the outermost module."""

    __slots__ = ("paths",)

    paths: ModulePaths
