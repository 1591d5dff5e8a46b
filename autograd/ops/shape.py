"""Shapes: ops that move numbers without changing them, join arrays and split them."""

from __future__ import annotations  # docs/make_surface.py writes them as they stand

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.arrays import Array, Axis, Shape, shifted
from autograd.engine.op import OpFunction, defop, joint, unchanged
from autograd.facts import Example
from autograd.ops.index import scatter


def transpose_rule(g: Array, axes: Sequence[int] | None) -> Array:
    if axes is None:
        return g.transpose()
    inverse = sorted(range(len(axes)), key=lambda i: axes[i] % len(axes))
    return g.transpose(inverse)


def _transposed_stack(n: int, axes: Sequence[int] | None) -> Any:
    return None if axes is None else ((0, *[a % len(axes) + 1 for a in axes]),)


def _shaped_stack(n: int, x_shape: Shape) -> Any:
    return ((n, *x_shape),)


def transpose_kernel(x: Array, *, axes: Sequence[int] | None = None) -> Array:
    try:
        return np.transpose(x, axes)
    except ValueError as error:
        if axes is None or len(axes) != 2 or x.ndim < 3:
            raise
        i, j = axes
        raise ValueError(f"{error}: NumPy takes all axes, in their new order. Write t.swapaxes({i}, {j})") from None


def swapaxes_kernel(x: Array, *, axis1: int, axis2: int) -> Array:
    return x.swapaxes(axis1, axis2)


def squeeze_kernel(x: Array, *, axis: Axis = None) -> Array:
    try:
        return np.squeeze(x, axis)
    except np.exceptions.AxisError:
        raise
    except ValueError as error:
        raise ValueError(f"{error}. t.squeeze(dim={axis}) keeps such an axis, as PyTorch does") from None


_IN_SHAPE, _PUT_BACK = "G, in the shape of x", "G, with the axes put back"

reshape: OpFunction = defop(
    "reshape", lambda x, *, shape: x.reshape(shape), lambda g, x_shape: g.reshape(x_shape), stacked=_shaped_stack,
    kind="reshapes", matrix=_IN_SHAPE, example=Example((2, 3), shape=(3, 2)),
    doc="The same entries in another shape.",
    doctest="tensor([1.0, 2.0, 3.0, 4.0]).reshape(2, 2) -> tensor([[1., 2.], [3., 4.]])",
)  # fmt: skip
ravel: OpFunction = defop(
    "ravel", lambda x: x.ravel(),  # contiguous, which reshape(-1) is not always
    lambda g, x_shape: g.reshape(x_shape), stacked=_shaped_stack,
    kind="reshapes", matrix=_IN_SHAPE,
    doc="All entries along one axis.", doctest="tensor([[1.0, 2.0], [3.0, 4.0]]).ravel() -> tensor([1., 2., 3., 4.])",
)  # fmt: skip
transpose: OpFunction = defop(
    "transpose", transpose_kernel, transpose_rule,
    numpy=np.transpose, stacked=_transposed_stack, kind="reshapes", matrix=_PUT_BACK,
    doc="x with its axes in another order, by default reversed.",
    doctest="tensor([[1.0, 2.0], [3.0, 4.0]]).transpose() -> tensor([[1., 3.], [2., 4.]])",
)  # fmt: skip
swapaxes: OpFunction = defop(
    "swapaxes", swapaxes_kernel, lambda g, axis1, axis2: g.swapaxes(axis1, axis2), numpy=np.swapaxes,
    stacked=lambda n, axis1, axis2: (shifted(axis1, 0), shifted(axis2, 0)),
    kind="reshapes", matrix=_PUT_BACK, method="swapaxes", example=Example((2, 3), axis1=0, axis2=1),
    doc="x with two axes exchanged.", doctest="tensor([[1.0, 2.0]]).swapaxes(0, 1).shape -> (2, 1)",
)  # fmt: skip
moveaxis: OpFunction = defop(
    "moveaxis", lambda x, *, source, destination: np.moveaxis(x, source, destination),
    lambda g, source, destination: np.moveaxis(g, destination, source), numpy=np.moveaxis,
    kind="reshapes", matrix=_PUT_BACK, example=Example((2, 3, 2), source=0, destination=-1),
    doc="x with some axes moved to other places; the others keep their order.",
    doctest="np.moveaxis(tensor([[[1.0, 2.0]]]), -1, 0).shape -> (2, 1, 1)",
)  # fmt: skip
expand_dims: OpFunction = defop(
    "expand_dims", lambda x, *, axis: np.expand_dims(x, axis), lambda g, x_shape: g.reshape(x_shape),
    numpy=np.expand_dims,
    stacked=_shaped_stack, kind="reshapes", matrix=_IN_SHAPE, example=Example((2, 3), axis=1),
    doc="x with new axes of length 1.", doctest="np.expand_dims(tensor([1.0, 2.0]), 0).shape -> (1, 2)",
)  # fmt: skip
squeeze: OpFunction = defop(
    "squeeze", squeeze_kernel, lambda g, x_shape: g.reshape(x_shape), numpy=np.squeeze,
    stacked=_shaped_stack, kind="reshapes", matrix=_IN_SHAPE, method="squeeze",
    options={"axis": None, "dim": None}, example=Example((1, 3)),
    doc="x without its axes of length 1, or without the given ones.",
    doctest="tensor([[1.0, 2.0]]).squeeze() -> tensor([1., 2.])",
)  # fmt: skip
broadcast_to: OpFunction = defop(
    "broadcast_to", lambda x, *, shape: np.broadcast_to(x, shape), unchanged, stacked=True,  # the edge adds up
    kind="moves", matrix="G, summed over the repeated entries", example=Example((3,), shape=(2, 3)),
    doc="The entries repeated to a larger shape; their gradients add up.",
    doctest="np.broadcast_to(tensor([1.0, 2.0]), (2, 2)) -> tensor([[1., 2.], [1., 2.]])",
)  # fmt: skip


def concatenate_rule(g: Array, need: tuple[bool, ...], xs_shape: tuple[Shape, ...], axis: int | None) -> Any:
    along = 0 if axis is None else axis % g.ndim
    gradients, start = [], 0
    for needed, shape in zip(need, xs_shape, strict=True):
        length = int(np.prod(shape)) if axis is None else shape[along]
        part = (slice(None),) * along + (slice(start, start + length),)
        gradients.append(g[part].reshape(shape) if needed else None)
        start += length
    return tuple(gradients)


def _stacked_parts(n: int, xs_shape: tuple[Shape, ...], axis: int | None) -> Any:
    return None if axis is None else (tuple([(n, *shape) for shape in xs_shape]), shifted(axis, 0))


def stack_rule(g: Array, need: tuple[bool, ...], axis: int) -> Any:
    before = (slice(None),) * (axis % g.ndim)
    return tuple(g[(*before, i)] if needed else None for i, needed in enumerate(need))


def split_rule(g: Any, x_shape: Shape, indices_or_sections: Any, axis: int) -> Any:
    if sum(piece.shape[axis] for piece in g) == x_shape[axis]:
        return (np.concatenate(g, axis=axis),)
    # Indices that go backwards, which NumPy allows: the pieces overlap, and what they share adds up.
    before = (slice(None),) * (axis % len(x_shape))
    starts = [0, *indices_or_sections]
    pieces = zip(g, starts, [*starts[1:], None], strict=True)
    return (sum(scatter(d, index=(*before, slice(i, j)), shape=x_shape) for d, i, j in pieces),)


_PART = "the part of G that belongs to this operand"

concatenate: OpFunction = defop(
    "concatenate", lambda *xs, axis=0: np.concatenate(xs, axis=axis), joint(concatenate_rule), stacked=_stacked_parts,
    kind="joins", matrix=_PART, example=Example((2, 3), (2, 2), axis=1),
    doc="Arrays joined along an existing axis.",
    doctest="np.concatenate([tensor([1.0]), [2.0, 3.0]]) -> tensor([1., 2., 3.])",
)  # fmt: skip
stack: OpFunction = defop(
    "stack", lambda *xs, axis=0: np.stack(xs, axis=axis), joint(stack_rule),
    stacked=lambda n, axis: (shifted(axis, 0),), kind="joins", matrix=_PART, example=Example((2, 3), (2, 3), axis=1),
    doc="Arrays of the same shape joined along a new axis.",
    doctest="np.stack([tensor([1.0, 2.0]), [3.0, 4.0]]) -> tensor([[1., 2.], [3., 4.]])",
)  # fmt: skip
split: OpFunction = defop(
    "split", lambda x, *, indices_or_sections, axis=0: tuple(np.split(x, indices_or_sections, axis=axis)),
    joint(split_rule), outputs=True,
    kind="moves", matrix="the parts of G, joined", example=Example((4,), indices_or_sections=2),
    doc="The pieces of an array along an axis: of equal length, or cut at given positions.",
    doctest="np.split(tensor([1.0, 2.0, 3.0]), [1]) -> [tensor([1.]), tensor([2., 3.])]",
)  # fmt: skip
