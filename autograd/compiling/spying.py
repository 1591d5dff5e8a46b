"""Notices when the user's code reads or sets attributes of an optimizer: a replay would not see it."""

import sys
from contextlib import contextmanager
from typing import Any

from autograd.compiling.frames import is_ours
from autograd.compiling.recorder import Recorder


@contextmanager
def spied(hosts: list[Any], recorder: Recorder) -> Any:
    """Notice when the user's code reads or sets attributes of a host: a replay would not see it."""
    classes = [type(host) for host in hosts]
    for host, cls in zip(hosts, classes, strict=True):
        host.__class__ = _spy_of(cls, recorder)
    try:
        yield
    finally:
        for host, cls in zip(hosts, classes, strict=True):
            host.__class__ = cls


def _spy_of(cls: type, recorder: Recorder) -> type:
    allowed = getattr(cls, "_replayed", ())

    def by_user(name: str) -> bool:
        code = sys._getframe(2).f_code
        return not is_ours(code) and not (name.startswith("__") or name in allowed)

    def get(self: Any, name: str) -> Any:
        if name == "__class__":
            return cls
        if by_user(name):
            recorder.refuse(f"it reads .{name} of {cls.__name__}")
        return cls.__getattribute__(self, name)  # type: ignore[call-arg]

    def put(self: Any, name: str, value: Any) -> None:
        if by_user(name):
            recorder.refuse(f"it sets .{name} of {cls.__name__}")
        cls.__setattr__(self, name, value)  # type: ignore[call-arg]

    spy = type(cls.__name__, (cls,), {"__slots__": (), "_spied": cls, "__getattribute__": get, "__setattr__": put})
    spy.__module__, spy.__qualname__ = cls.__module__, cls.__qualname__
    return spy
