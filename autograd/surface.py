"""Operators and differentiable methods of a Tensor; surface.pyi declares them to editors and type checkers."""

Flags = Rows = object  # types that the stub has


class Surface:
    """Empty until `autograd.methods` attaches them to Tensor."""

    __slots__ = ()
