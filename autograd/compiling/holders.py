"""Holders: objects with named entries that a function can read and change."""

from collections.abc import Collection
from operator import is_
from typing import Any

from autograd.compiling.errors import Refused

MISSING = object()
CONTENT = "cell_contents"  # the name of a closure cell's only field


class Holder:
    """An object, class or module with its ``__dict__``, a dict, list or set, or "fields", which are in none of these:
    slots, the parts of a function, the content of a closure cell. ``names`` are those that matter, None for all."""

    __slots__ = ("kind", "label", "names", "thing")

    def __init__(self, kind: str, thing: Any, label: str, names: tuple[str, ...] | None = None) -> None:
        self.kind, self.thing, self.label, self.names = kind, thing, label, names

    def mapping(self) -> Any:
        """The dict that contains the entries."""
        return self.thing if self.kind == "dict" else vars(self.thing)

    def keys(self) -> list[Any]:
        """The keys, indices or names of the entries, in order."""
        if self.kind in ("list", "set"):
            return list(range(len(self.thing)))
        return list(self.mapping()) if self.names is None else list(self.names)

    def values(self) -> list[Any]:
        """The entries as they are now; `MISSING` for one that is not there."""
        if self.kind in ("list", "set"):
            return list(self.thing)
        if self.kind == "fields":
            return [field_of(self.thing, name) for name in self.names or ()]
        mapping = self.mapping()
        return list(mapping.values()) if self.names is None else [mapping.get(name, MISSING) for name in self.names]

    def value_of(self, key: Any) -> Any:
        """The present value of an entry."""
        if self.kind in ("list", "dict"):
            return self.thing[key]
        return getattr(self.thing, key) if self.kind == "fields" else vars(self.thing)[key]

    def put(self, key: Any, value: Any) -> None:
        """Change an entry."""
        if self.kind == "set":
            raise Refused(f"{self.label} is a set of traced values, which cannot be changed")
        if self.kind in ("list", "dict"):
            self.thing[key] = value
        elif self.kind == "fields":
            object.__setattr__(self.thing, key, value)  # of a frozen class too
        elif self.kind == "class":
            setattr(self.thing, key, value)
        else:
            vars(self.thing)[key] = value

    def put_back(self, keys: list[Any], values: list[Any]) -> None:
        """Restore the entries."""
        now, thing = dict(zip(self.keys(), self.values(), strict=True)), self.thing
        if self.kind == "set" or (self.kind == "list" and len(now) != len(values)):
            if not _same(thing, values):
                thing.clear()
                (thing.update if self.kind == "set" else thing.extend)(values)
            return
        if self.names is None and self.kind in ("dict", "object") and not _same(now, keys):  # the order counts
            self.mapping().clear()
            self.mapping().update(zip(keys, values, strict=True))
            return
        for key, value in zip(keys, values, strict=True):
            if value is not MISSING and now.get(key, MISSING) is not value:
                self.put(key, value)

    def name_of(self, key: Any) -> str:
        """An entry in words."""
        if not self.label:
            return str(key)
        if self.kind in ("list", "dict", "set"):
            words = repr(key) if isinstance(key, str | int) else f"{type(key).__name__} {id(key)}"
            return f"{self.label}[{words}]"
        return self.label if key == CONTENT else f"{self.label}.{key}"


def _same(present: Collection[Any], saved: Collection[Any]) -> bool:
    """Whether both have the same objects in the same order; Tensors cannot be compared by ``==``."""
    return len(present) == len(saved) and all(map(is_, present, saved))


def field_of(thing: Any, name: str) -> Any:
    """The present value of a field; `MISSING` where there is none, as in an empty cell."""
    try:
        return getattr(thing, name, MISSING)
    except ValueError:
        return MISSING
