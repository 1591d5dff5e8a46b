"""The table of all modules and losses: how to make each, what to feed it, and what plain NumPy makes of that.

One file per family, each with its own list ``CASES``; a new file here is found by itself. `test_every_module.py` sends
every case through one suite, and fails for a module of `nn` that has no case.
"""

from importlib import import_module
from pkgutil import iter_modules

import nn

CASES = [
    case for file in iter_modules(__path__) for case in getattr(import_module(f"{__name__}.{file.name}"), "CASES", [])
]


def modules_of_nn(base=nn.Module):
    """Every public module class that `nn` defines, imported or not, that can be called and stays what it is."""
    assert all(hasattr(nn, name) for name in nn.__all__)
    for cls in base.__subclasses__():
        is_public = cls.__module__.partition(".")[0] == "nn" and not cls.__name__.startswith("_")
        if is_public and cls.forward is not nn.Module.forward and not hasattr(cls, "_plain"):
            yield cls
        yield from modules_of_nn(cls)


def without_case(found, cases):
    """The names of module classes that no case makes."""
    made = {type(case.make()) for case in cases}
    return sorted(cls.__name__ for cls in set(found) - made)
