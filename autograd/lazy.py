"""Names of a package that are imported at their first use, so that importing the package stays fast."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def on_use(
    package: str, names: Mapping[str, str], modules: Sequence[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a package (PEP 562) some of whose names are imported at their first use.

    ``names`` maps each name to the module that defines it; ``modules`` are modules of the package itself. Type
    checkers do not run this: say the same in a block ``if TYPE_CHECKING``.

    >>> import nn
    >>> nn.fit.__module__
    'nn.training.fit'
    """
    content = vars(sys.modules[package])

    def get(name: str) -> Any:
        if name in modules:
            return import_module(f"{package}.{name}")
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = content[name] = getattr(import_module(names[name]), name)
        return value

    def listed() -> list[str]:
        return sorted({*content, *names, *modules})

    return get, listed
