"""The names that a program gives to Tensors, read when a picture is made: ops know nothing of variables."""

import inspect
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from autograd.callers import is_ours
from autograd.engine.graph import Vertex
from autograd.engine.tensor import Tensor


def variables() -> dict[Any, str]:
    """The variables of the frame that called the library, and the attributes of modules among them."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_ours(frame):
        frame = frame.f_back
    scope = frame.f_locals
    known = {n: x for n, x in (frame.f_globals | scope).items() if n.isidentifier() and not n.startswith("_")}
    if type(scope) is dict and frame.f_code.co_flags & inspect.CO_OPTIMIZED and sys.getrefcount(scope) <= 3:
        scope.clear()  # Python up to 3.12 keeps this copy, with all values in it, until the frame ends
    return named([*known.items(), *(pair for value in known.values() for pair in attributes(value))])


def attributes(module: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of a module and of those inside it, by their paths; none for any other object."""
    for path, inner in module.named_modules() if hasattr(type(module), "named_modules") else ():
        yield from ((f"{path}.{name}" if path else name, x) for name, x in vars(inner).items())


def named(pairs: Iterable[tuple[str, Any]]) -> dict[Any, str]:
    """The first name of each Tensor, by its vertex, and by its id, since a leaf gets a new vertex after each change."""
    found: dict[Any, str] = {}
    for name, x in pairs:
        if isinstance(x, Tensor):
            found.setdefault(id(x), name)
            found.setdefault(x._node, name)
    return found


def name_of(vertex: Vertex, names: dict[Any, str]) -> str | None:
    """The name that a vertex was given, else that of a variable."""
    tensor = None if vertex.tensor is None else vertex.tensor()
    return vertex.name or names.get(vertex) or (None if tensor is None else names.get(id(tensor)))
