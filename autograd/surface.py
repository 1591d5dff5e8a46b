"""Operators and differentiable methods of a Tensor; surface.pyi declares them to editors and type checkers."""


class Surface:
    """Empty until `autograd.methods` attaches them to Tensor."""

    __slots__ = ()
