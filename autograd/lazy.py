"""Names of a package that are imported on first use, so that importing the package stays fast."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from opcode import opname
from types import FrameType, ModuleType
from typing import Any

from autograd.words import hint_for


def on_use(package: str, names: Mapping[str, str], modules: Sequence[str] = (), unlisted: Sequence[str] = ()) -> None:
    """Give a package a ``__getattr__`` and a ``__dir__`` (PEP 562) that import some of its names on first use.

    ``names`` maps each name to the module that defines it; ``modules`` are modules of the package itself, and
    ``unlisted`` those that ``dir`` and ``import *`` leave out, because they need an extra. A package without
    ``__all__`` gets one, hidden from `help`, which would print every class. Type checkers do not run this: import the
    same names in a block ``if TYPE_CHECKING``. If they saw a ``__getattr__``, they would accept any name.
    """
    content = vars(sys.modules[package])

    def get(name: str) -> Any:
        if name == "__all__" and sys._getframe(1).f_globals.get("__name__") != "pydoc":
            public = (key for key, value in content.items() if key[0] != "_" and not isinstance(value, ModuleType))
            return sorted({*public, *names, *modules})
        if name in modules or name in unlisted:
            return import_module(f"{package}.{name}")
        if name not in names:
            raise _not_found(package, name, sys._getframe(1))
        value = content[name] = getattr(import_module(names[name]), name)
        return value

    def listed() -> list[str]:
        return sorted({*content, *names, *modules})

    content["__getattr__"], content["__dir__"] = get, listed


def _not_found(package: str, name: str, frame: FrameType) -> AttributeError | ImportError:
    """The error for a missing name, with a hint if it is a name of another library.

    ``from package import name`` replaces the message of an AttributeError, so there it is an ImportError at once.
    """
    hint = hint_for(package, name)
    if hint and frame.f_lasti >= 0 and opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM":
        return ImportError(f"cannot import name {name!r} from {package!r}. {hint}", name=package)
    message = f"module {package!r} has no attribute {name!r}"
    return AttributeError(f"{message}. {hint}", name=name, obj=None) if hint else AttributeError(message)
