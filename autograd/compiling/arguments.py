"""The arguments of a call as a signature and leaves: the facts that must be equal for a program to fit, and its inputs.

Arrays, Tensors and floating-point numbers are leaves; lists, tuples and dicts are structure; integers, booleans and
strings are part of the signature, as are all other objects, by identity.
"""

import inspect
from typing import Any

import numpy as np

from autograd.compiling.calls import leaves_in
from autograd.engine.graph import Leaf
from autograd.engine.tensor import Tensor

ndarray = np.ndarray


class Arguments:
    """One call's arguments, taken apart."""

    __slots__ = ("containers", "key", "leaves", "objects", "tensors", "tree")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.leaves: list[Any] = []
        self.objects: list[Any] = []  # that the key knows by id
        self.containers: list[Any] = []  # lists and dicts
        self.tensors: bool = False  # whether some of the leaves are
        self.tree: tuple[tuple[Any, ...], dict[str, Any]] = (args, kwargs)
        parts = [self._key(x) for x in args]
        if kwargs:
            parts += [(name, self._key(x)) for name, x in kwargs.items()]
        leaves = self.leaves
        if len(leaves) > 1 and (self.tensors or len(set(map(id, leaves))) < len(leaves)):
            ids = [id(x) for x in leaves if x.__class__ is not float]
            ids += [id(x._data) for x in leaves if isinstance(x, Tensor)]
            if len(set(ids)) < len(ids):
                parts.append(("the same", tuple([ids.index(i) for i in ids])))
        self.key: tuple[Any, ...] = tuple(parts)

    def named(self, function: Any) -> list[tuple[Any, str]]:
        """Objects and leaves, with the names of their parameters if these are known."""
        args, kwargs = self.tree
        try:
            bound: dict[str, Any] = dict(inspect.signature(function).bind(*args, **kwargs).arguments)
        except (TypeError, ValueError):
            bound = {f"argument {i}": x for i, x in enumerate(args)} | kwargs
        names: dict[int, str] = {}
        for name, x in bound.items():
            parts = leaves_in(x)
            for i, part in enumerate(parts):
                names.setdefault(id(part), name if len(parts) == 1 else f"{name}[{i}]")
        return [(x, names.get(id(x), f"argument {i}")) for i, x in enumerate([*self.objects, *self.leaves])]

    def _key(self, x: Any) -> Any:
        kind = type(x)
        if kind is ndarray:
            self.leaves.append(x)
            return x.shape, x.dtype, x.strides, x.flags.num
        if kind is float or isinstance(x, np.generic):
            if isinstance(x, str | bytes | np.void):
                raise TypeError(f"an argument is a {kind.__name__} of NumPy, which is not a number")
            self.leaves.append(x)
            return kind if kind is float else (kind, x.dtype)  # of a time, its unit
        if isinstance(x, Tensor):
            self.leaves.append(x)
            self.tensors = True
            data, info = x._data, getattr(x, "_info", None)
            return (
                kind,
                x._requires_grad,
                type(data),
                data.shape,
                data.dtype,
                getattr(data, "strides", ()),
                getattr(x, "_grad", None) is None,
                x._node is None or isinstance(x._node, Leaf),
                info is not None and (bool(info.hooks), info.name),
            )
        if kind is int or kind is bool or kind is str or x is None or kind is bytes:
            return kind, x
        if kind is complex:
            return kind, repr(x)  # which tells zeros of either sign apart
        if kind is list or kind is dict:
            self.containers.append(x)
        if kind is list or kind is tuple or (isinstance(x, tuple) and hasattr(x, "_fields")):
            return kind, tuple([self._key(part) for part in x])
        if kind is dict:
            exact = [key if type(key) is str else (type(key), repr(key), key) for key in x]  # 1, 1.0 and True are equal
            return kind, tuple(zip(exact, map(self._key, x.values()), strict=True))
        if isinstance(x, ndarray):
            raise TypeError(f"an argument is a {kind.__name__}, which is not a plain array")
        self.objects.append(x)
        return kind, id(x)
